#pragma once

#include <armadillo>
#include <cstdint>
#include <vector>

#include <rhodrift/core/outcomes.hpp>

#include "mitigation/readout/hamming_tree.hpp"
#include "mitigation/readout/misreading.hpp"

namespace rhodrift {

/// T (see Misreading) on the seen outcomes, those pairs left out that differ in more than
/// `distance` bits. The columns of A divided by their sums are, with n = Tᵀ1,
///   Ã = T diag(n)^-1:
/// what a column of T was divided by does not matter once it sums to 1.
class SubspaceMatrix {
 public:
  /// Of what does not fit in `bytes`, the entries or else even the pairs are found anew in every
  /// product.
  SubspaceMatrix(const Outcomes& outcomes, const Misreading& misreading, int distance,
                 std::size_t bytes);

  arma::uword size() const { return outcomes_.size(); }
  /// T x. The sums are the same for any number of threads, and whatever is kept.
  arma::vec times(const arma::vec& x) const;
  /// Tᵀ x.
  arma::vec transposed_times(const arma::vec& x) const;
  arma::mat dense() const;
  /// The derivative of xᵀ T y - Σ_c z_c y_c n_c, n = Tᵀ1, which is Σ (x_r - z_c) y_c dT(r,c), in
  /// the ratios ρ_g(m,p) of T's factors: see Misreading::add_derivative. Sums as those of `times`.
  std::vector<arma::mat> derivative(const arma::vec& x, const arma::vec& z,
                                    const arma::vec& y) const;

 private:
  /// The pairs c < r of some consecutive rows r, row after row.
  struct Rows {
    std::size_t first = 0, last = 0;
    std::vector<std::uint32_t> end;  // of each row, in the two below; none: nothing is kept
    std::vector<std::uint32_t> column;
    std::vector<Misreading::Pair> pair;
  };
  template <bool Transposed>
  arma::vec product(const arma::vec& x) const;
  template <bool Transposed>
  static void add_product(const Rows& rows, const arma::vec& x, arma::vec& y);
  void add_derivative(const Rows& rows, const arma::vec& x, const arma::vec& z, const arma::vec& y,
                      std::vector<arma::mat>& derivative) const;
  std::size_t section_end(std::size_t section) const;
  void find_columns(Rows& rows) const;
  void find_pairs(Rows& rows) const;
  void keep_what_fits(std::int64_t bytes);
  /// Calls body(rows) for the blocks of one section, whole whether they are kept or not.
  template <typename Body>
  void for_each_block(std::size_t section, Body body) const;

  Outcomes outcomes_;
  Misreading misreading_;
  int distance_;
  HammingTree tree_;
  /// Products are sums over sections, each of which is one thread's work.
  std::vector<std::vector<Rows>> sections_;
};

}  // namespace rhodrift
