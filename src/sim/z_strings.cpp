#include "sim/z_strings.hpp"

#include <bit>
#include <cmath>

namespace rhodrift {

std::uint64_t z_index(std::uint64_t mask) {
  std::uint64_t index = 0;
  for (; mask != 0; mask &= mask - 1) index |= std::uint64_t{3} << (2 * std::countr_zero(mask));
  return index;
}

std::vector<double> outcome_probabilities(std::vector<double> z) {
  for (std::size_t half = 1; half < z.size(); half *= 2)
    for (std::size_t block = 0; block < z.size(); block += 2 * half)
      for (std::size_t i = block; i < block + half; ++i) {
        const double a = z[i], b = z[i + half];
        z[i] = a + b;
        z[i + half] = a - b;
      }
  const double scale = 1.0 / static_cast<double>(z.size());
  for (double& p : z) p *= scale;
  return z;
}

}  // namespace rhodrift
