#pragma once

#include <armadillo>
#include <cstdint>
#include <vector>

#include <rhodrift/core/outcomes.hpp>

#include "mitigation/readout/hamming_tree.hpp"
#include "mitigation/readout/misreading.hpp"

namespace rhodrift {

/// T (see Misreading) on the seen outcomes, those pairs left out that differ in more than
/// `distance` bits. Ã = T diag(n)^-1 diag(A(c,c)) diag(…)^-1, that is, with n = Tᵀ1,
///   Ã = T diag(n)^-1:
/// what a column was divided by does not matter once it sums to 1.
class SubspaceMatrix {
 public:
  /// Keeps at most `bytes` of entries and computes the others anew in every product.
  SubspaceMatrix(const Outcomes& outcomes, const Misreading& misreading, int distance,
                 std::size_t bytes);

  arma::uword size() const { return outcomes_.size(); }
  /// T x. The sums are the same for any number of threads, and whatever is kept.
  arma::vec times(const arma::vec& x) const { return product<false>(x); }
  /// Tᵀ x.
  arma::vec transposed_times(const arma::vec& x) const { return product<true>(x); }
  arma::mat dense() const;

 private:
  /// The pairs c < r of some consecutive rows r, row after row.
  struct Rows {
    std::size_t first = 0, last = 0;
    std::vector<std::size_t> end;  // of each row, in the two below; empty: not kept
    std::vector<std::uint32_t> column;
    std::vector<Misreading::Pair> pair;

    std::size_t bytes() const;
  };
  template <bool Transposed>
  arma::vec product(const arma::vec& x) const;
  template <bool Transposed>
  static void add_product(const Rows& rows, const arma::vec& x, arma::vec& y);
  void fill(Rows& rows) const;
  /// Calls body(rows) with the entries there, for the blocks of one section.
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
