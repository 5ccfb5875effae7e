#include "mitigation/readout/orthogonal_array.hpp"

#include <bit>

namespace rhodrift {

std::uint64_t min_balanced_patterns(int n_bits) {
  return 2 * std::bit_ceil(static_cast<std::uint64_t>(n_bits));
}

std::vector<std::vector<std::uint64_t>> balanced_patterns(int n_bits, std::uint64_t n_rows) {
  const std::size_t n_words = (static_cast<std::size_t>(n_bits) + 63) / 64;
  std::vector<std::vector<std::uint64_t>> patterns(n_rows, std::vector<std::uint64_t>(n_words, 0));
  for (std::uint64_t row = 0; row < n_rows; ++row)
    for (std::size_t i = 0; i < static_cast<std::size_t>(n_bits); ++i) {
      const bool one = std::popcount(row & (n_rows / 2 + i)) % 2 != 0;
      patterns[row][i / 64] |= std::uint64_t{one} << (i % 64);
    }
  return patterns;
}

}  // namespace rhodrift
