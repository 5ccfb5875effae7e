#pragma once

#include <armadillo>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/readout_error.hpp>

namespace rhodrift {

/// A 2^n x 2^n matrix over outcomes that is a product of small ones, each on a group of bits of its
/// own, and the identity on bits in no group. Never built as a whole.
class ProductMatrix {
 public:
  struct Factor {
    std::vector<int> bits;  ///< bits[0] is the least significant of the matrix's indices
    arma::mat matrix;       ///< 2^k x 2^k
  };

  /// ⊗_g map(A_g) for the confusion matrices A_g.
  ProductMatrix(const ReadoutError& error, const std::function<arma::mat(const arma::mat&)>& map);

  const std::vector<Factor>& factors() const { return factors_; }
  /// 2^n entries, n above the highest bit of a group.
  arma::vec operator*(arma::vec vector) const;
  /// The rows and columns of these outcomes.
  arma::mat submatrix(const Outcomes& outcomes) const;

 private:
  std::vector<Factor> factors_;
};

/// D(m, p) = Σ_rest x(m, rest) y(p, rest) for the values m, p of the given bits and everything
/// else: the derivative of xᵀ (B ⊗ C) y in the entries of B, when C y is given for y. Both vectors
/// have 2^n entries.
arma::mat outer_on_bits(const std::vector<int>& bits, const arma::vec& x, const arma::vec& y);

/// The outcomes with these numbers, as of 64 bits, all of frequency 0.
Outcomes numbered_outcomes(const arma::uvec& numbers);

/// The bits of a group gathered from an outcome: the index into the group's matrix.
arma::uword group_index(const std::vector<int>& bits, std::span<const std::uint64_t> outcome);

}  // namespace rhodrift
