#include "sim/z_strings.hpp"

#include <bit>

namespace rhodrift {

std::uint64_t z_index(std::uint64_t mask) {
  std::uint64_t index = 0;
  for (; mask != 0; mask &= mask - 1) index |= std::uint64_t{3} << (2 * std::countr_zero(mask));
  return index;
}

std::vector<double> outcome_probabilities(std::vector<double> z) {
  walsh_hadamard(z);
  const double scale = 1.0 / static_cast<double>(z.size());
  for (double& p : z) p *= scale;
  return z;
}

}  // namespace rhodrift
