#pragma once

#include <armadillo>
#include <span>
#include <unordered_map>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/mitigation/readout/ctmp.hpp>

namespace rhodrift::readout {

/// The Z-strings that a few turn into under exp(-Gᵀ), and Gᵀ among them. A string is the set of its
/// bits.
///
/// With d the bits of generator i and u the state it acts in, (G_iᵀ Z_S)(x) = 0 where |S ∩ d| is
/// even, else -2 [x_d = u] Z_S(x), and [x_d = u] = Π_(b in d) (1 + (-1)^(u_b) Z_b)/2.
class StringSpace {
 public:
  /// `reach`: rates, one a generator, by which strings are found: those from `strings` on whose
  /// coefficient in exp(Σ reach |G_iᵀ|) is not below ctmp_coefficient_cutoff.
  /// Throws RunError when there are more than max_ctmp_strings.
  StringSpace(const CtmpModel& model, const arma::vec& reach, std::span<const Bitstring> strings);

  const std::vector<Bitstring>& strings() const { return strings_; }
  arma::uword index(Bitstring string) const { return index_.at(string); }
  /// exp(-t Gᵀ) in this basis, or its transpose, on every column.
  arma::mat evolve(arma::mat columns, double t, bool transposed) const;
  /// By generator: bᵀ G_iᵀ a.
  arma::vec between(const arma::vec& b, const arma::vec& a) const;

 private:
  void find(std::span<const Bitstring> strings, const arma::vec& reach);
  void fill_matrix();

  const CtmpModel& model_;
  std::vector<Bitstring> strings_;
  std::unordered_map<Bitstring, arma::uword> index_;
  arma::sp_mat matrix_;  // (T, S): the coefficient of T in Gᵀ Z_S
};

}  // namespace rhodrift::readout
