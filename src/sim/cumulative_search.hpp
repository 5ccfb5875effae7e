#pragma once

#include <cstddef>
#include <span>

namespace rhodrift {

/// The first index at which the cumulative sum of the weights (>= 0, not all 0) exceeds `target`,
/// from which the sum before it is taken off. Where rounding leaves none it is the last index with
/// a weight; it never is one without.
inline std::size_t cumulative_search(std::span<const double> weights, double& target) {
  std::size_t place = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k] == 0.0) continue;
    place = k;
    if (target < weights[k]) break;
    target -= weights[k];
  }
  return place;
}

}  // namespace rhodrift
