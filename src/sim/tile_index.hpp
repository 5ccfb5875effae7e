#pragma once

#include <cstddef>
#include <vector>

namespace rhodrift {

/// Calls body(x) for every x whose set bits are among those of `mask`, in ascending order: they
/// follow each other by (x - mask) & mask, which ends where it began.
template <typename Body>
void for_each_subset(std::size_t mask, Body body) {
  std::size_t x = 0;
  do {
    body(x);
    x = (x - mask) & mask;
  } while (x != 0);
}

/// Where a matrix index stands in a tile: digit k of the index is digit digits[k] of the tile.
inline std::size_t tile_offset(std::size_t index, const std::vector<int>& digits,
                               const std::vector<std::size_t>& strides) {
  std::size_t sum = 0;
  for (std::size_t k = 0; k < digits.size(); ++k)
    sum += (index >> (2 * k) & 3) * strides[static_cast<std::size_t>(digits[k])];
  return sum;
}

}  // namespace rhodrift
