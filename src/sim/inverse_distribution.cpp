#include "sim/inverse_distribution.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

/// s[b] = Σ_{b' <= b} p[b'] / Σ p.
std::vector<double> cumulative(const std::vector<double>& probabilities) {
  if (probabilities.size() < 2 || !std::has_single_bit(probabilities.size()))
    throw InputError("probabilities", "",
                     fmt::format("{} entries are not 2^n for n >= 1", probabilities.size()));
  std::vector<double> sums(probabilities.size());
  double sum = 0.0;
  for (std::size_t b = 0; b < probabilities.size(); ++b) {
    if (!(probabilities[b] >= -1e-9))
      throw InputError("probabilities", fmt::format("entry {}", b),
                       fmt::format("{} is negative", probabilities[b]));
    sum += std::max(probabilities[b], 0.0);
    sums[b] = sum;
  }
  if (std::abs(sum - 1.0) > 1e-6)
    throw InputError("probabilities", "", fmt::format("sum to {}, not 1", sum));
  for (double& s : sums) s /= sum;
  return sums;
}

}  // namespace

InverseDistribution::InverseDistribution(const std::vector<double>& probabilities)
    : sums_(cumulative(probabilities)), guide_(sums_.size()) {
  const auto n_cells = static_cast<double>(sums_.size());  // a power of 2: products are exact
  std::size_t b = 0;
  for (std::size_t cell = 0; cell < guide_.size(); ++cell) {
    while (sums_[b] * n_cells <= static_cast<double>(cell)) ++b;
    guide_[cell] = b;
  }
}

void InverseDistribution::invert(std::span<const double> numbers,
                                 std::span<Bitstring> outcomes) const {
  const auto n_cells = static_cast<double>(sums_.size());
  // Two loops, so that the look-ups of the first, which no branch waits for, miss the cache
  // together.
  for (std::size_t k = 0; k < numbers.size(); ++k)
    outcomes[k] = guide_[static_cast<std::size_t>(numbers[k] * n_cells)];
  for (std::size_t k = 0; k < numbers.size(); ++k)
    while (sums_[outcomes[k]] <= numbers[k]) ++outcomes[k];
}

}  // namespace rhodrift
