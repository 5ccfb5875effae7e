#pragma once

#include <armadillo>
#include <span>
#include <string>
#include <vector>

namespace rhodrift {

/// How a set of bits is misread together.
struct ConfusionMatrix {
  /// Which bits; bits[0] is the least significant of the matrix's indices.
  std::vector<int> bits;
  /// 2^k x 2^k, column = prepared, row = measured: matrix(m, p) = P(measured m | prepared p).
  /// Columns sum to 1, entries in [0, 1].
  arma::mat matrix;

  /// One bit: p10 = P(1|0), p01 = P(0|1). Throws InputError when one is outside [0, 1].
  static ConfusionMatrix single(int bit, double p10, double p01);
  /// Throws InputError naming `source` when the shape, an entry or a column sum (to 1e-9) is off.
  void validate(const std::string& source) const;
};

/// Readout error of several bits: independent groups. Bits in no group are read perfectly; a bit is
/// in at most one group.
using ReadoutError = std::vector<ConfusionMatrix>;

/// Throws InputError naming `source` when a group is invalid or a bit is in two groups.
void validate_readout_error(const ReadoutError& error, const std::string& source);

/// The matrix on the given bits and the identity on the others, in place: `vector` has 2^n entries
/// with n above the highest bit, `matrix` is 2^k x 2^k, bits[0] the least significant of its
/// indices.
void apply_to_bits(const std::vector<int>& bits, const arma::mat& matrix, std::span<double> vector);

/// Applies the error to a probability vector over n bits, in place (2^n entries).
/// Throws InputError when the error is invalid or speaks of a bit that is not there.
void apply_readout_error(const ReadoutError& error, std::vector<double>& probabilities);

}  // namespace rhodrift
