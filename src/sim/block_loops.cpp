#include "sim/block_loops.hpp"

#include <algorithm>
#include <bit>

#include "sim/tile_index.hpp"

namespace rhodrift {

namespace {

constexpr std::size_t cache_line_bytes = 64;
// Half of a first-level cache.
constexpr std::size_t chunk_bytes = 16 * 1024;

/// All set bits but the lowest n.
std::size_t without_lowest_bits(std::size_t mask, int n) {
  for (; n > 0 && mask != 0; --n) mask &= mask - 1;
  return mask;
}

}  // namespace

template <typename T>
BlockLoops<T>::BlockLoops(const BlockStructure& structure, const std::vector<int>& digits,
                          const std::vector<std::size_t>& strides)
    : structure_(structure), kernels_(kernels::table<T>()) {
  const auto stride_of = [&](int digit) { return strides[static_cast<std::size_t>(digit)]; };
  const std::size_t run = stride_of(std::ranges::min(digits));
  const std::size_t width = std::min(kernels_.lanes, run);
  std::size_t spectators = (4 * strides.back() - 1) & ~(width - 1);
  for (const int digit : digits) spectators &= ~(3 * stride_of(digit));
  // Where the numbers of several blocks stand in one cache line, they are all worked on while it is
  // in the first-level cache.
  if (structure.blocks.size() > 1 && run * sizeof(T) < cache_line_bytes) {
    const std::size_t vectors = chunk_bytes / ((width * sizeof(T)) << (2 * digits.size()));
    chunks_ = without_lowest_bits(spectators, static_cast<int>(std::bit_width(vectors)) - 1);
  }

  const auto offset = [&](int index) {
    return static_cast<std::uint32_t>(
        tile_offset(static_cast<std::size_t>(index), digits, strides));
  };
  kernels::BlockLoop loop{spectators & ~chunks_, width < kernels_.lanes, 0, {}, {}};
  for (const BlockStructure::Block& block : structure.blocks) {
    loop.n = static_cast<int>(block.rows.size());
    std::ranges::transform(block.rows, loop.to.begin(), offset);
    std::ranges::transform(block.columns, loop.from.begin(), offset);
    blocks_.push_back(loop);
  }
  loop.n = 1;
  for (const int index : structure.fixed) {
    loop.from[0] = loop.to[0] = offset(index);
    fixed_.push_back(loop);
  }
}

template <typename T>
void BlockLoops<T>::apply(const T* coefficients, const T* in, T* out) const {
  for_each_subset(chunks_, [&](std::size_t x) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const BlockStructure::Block& block = structure_.blocks[b];
      const auto kernel = block.shape < 0 ? kernels_.apply_large
                                          : kernels_.apply[static_cast<std::size_t>(block.shape)];
      kernel(in + x, out + x, blocks_[b],
             coefficients + static_cast<std::size_t>(block.first_entry) * kernels_.lanes);
    }
    if (in != out)
      for (const kernels::BlockLoop& loop : fixed_) kernels_.copy(in + x, out + x, loop);
  });
}

template <typename T>
void BlockLoops<T>::add_environment(const T* lambda, const T* r, T* environment) const {
  for_each_subset(chunks_, [&](std::size_t x) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const BlockStructure::Block& block = structure_.blocks[b];
      const auto kernel = block.shape < 0
                              ? kernels_.environment_large
                              : kernels_.environment[static_cast<std::size_t>(block.shape)];
      kernel(lambda + x, r + x, blocks_[b],
             environment + static_cast<std::size_t>(block.first_entry) * kernels_.lanes);
    }
  });
}

template class BlockLoops<double>;
template class BlockLoops<float>;

}  // namespace rhodrift
