#pragma once

#include <span>
#include <vector>

#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// Inverts a distribution function by a guide table: [0, 1) is cut into as many cells as there are
/// outcomes, and guide[c] is where the search for a number in cell c begins. Whatever the
/// probabilities are, a cell holds one step of the function on average, so a draw looks at two sums
/// on average. H.-C. Chen and Y. Asau, AIIE Transactions 6, 163 (1974).
///
/// An alias table would look at one entry, but it rounds its thresholds, which can let an outcome
/// of probability zero through.
class InverseDistribution {
 public:
  /// 2^n probabilities, n >= 1; they are normalised. Throws InputError when there are not 2^n, one
  /// is negative by more than rounding (1e-9) or their sum is off by more than 1e-6.
  explicit InverseDistribution(const std::vector<double>& probabilities);

  /// For each number of [0, 1) the first outcome whose cumulative sum exceeds it; never one of
  /// probability zero.
  void invert(std::span<const double> numbers, std::span<Bitstring> outcomes) const;

 private:
  std::vector<double> sums_;
  std::vector<std::size_t> guide_;
};

}  // namespace rhodrift
