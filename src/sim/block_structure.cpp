#include "sim/block_structure.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <numeric>

namespace rhodrift {

namespace {

using kernels::block_shapes;
using kernels::BlockShape;

std::uint16_t bit(int i) {
  return static_cast<std::uint16_t>(1U << i);
}

/// The index sets that the matrix maps into themselves, in order of their smallest index.
std::vector<std::vector<int>> invariant_sets(const NonZeros& non_zeros) {
  std::vector<int> label(static_cast<std::size_t>(non_zeros.dim));
  std::iota(label.begin(), label.end(), 0);
  const auto at = [&](int i) -> int& { return label[static_cast<std::size_t>(i)]; };
  for (int i = 0; i < non_zeros.dim; ++i)
    for (int j = 0; j < non_zeros.dim; ++j)
      if (non_zeros.has(i, j)) {
        const auto [low, high] = std::minmax(at(i), at(j));
        std::ranges::replace(label, int{high}, int{low});
      }
  std::vector<std::vector<int>> sets;
  for (int l = 0; l < non_zeros.dim; ++l) {
    std::vector<int> set;
    for (int i = 0; i < non_zeros.dim; ++i)
      if (at(i) == l) set.push_back(i);
    if (!set.empty()) sets.push_back(std::move(set));
  }
  return sets;
}

bool fits(const NonZeros& non_zeros, const BlockShape& shape, const std::vector<int>& rows,
          const std::vector<int>& columns) {
  for (int i = 0; i < shape.size; ++i)
    for (int j = 0; j < shape.size; ++j)
      if (non_zeros.has(rows[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(j)]) &&
          !shape.has(i, j))
        return false;
  return true;
}

double cost_of(int stores, int multiplications) {
  return std::max(static_cast<double>(stores), 0.5 * multiplications);
}

/// The shape with the fewest entries that holds the block, rows and columns in any order.
BlockStructure::Block fit(const NonZeros& non_zeros, const std::vector<int>& set) {
  const auto n = static_cast<int>(set.size());
  BlockStructure::Block best{-1, set, set, 0};
  int fewest = n * n + 1;
  for (std::size_t s = 0; s < block_shapes.size(); ++s) {
    const BlockShape& shape = block_shapes[s];
    if (shape.size != n || shape.n_entries() >= fewest) continue;
    std::vector<int> rows = set;
    bool found = false;
    do {
      std::vector<int> columns = set;
      do {
        found = fits(non_zeros, shape, rows, columns);
        if (found) best = {static_cast<int>(s), rows, columns, 0};
      } while (!found && std::ranges::next_permutation(columns).found);
    } while (!found && std::ranges::next_permutation(rows).found);
    if (found) fewest = shape.n_entries();
  }
  return best;
}

BlockStructure analyse(const NonZeros& non_zeros) {
  BlockStructure structure;
  structure.n_digits = non_zeros.dim == 4 ? 1 : 2;
  for (const std::vector<int>& set : invariant_sets(non_zeros)) {
    if (set.size() == 1 && (non_zeros.fixed & bit(set[0])) != 0) {
      structure.fixed.push_back(set[0]);
      continue;
    }
    BlockStructure::Block block = fit(non_zeros, set);
    block.first_entry = static_cast<int>(structure.entries.size());
    const auto n = static_cast<int>(set.size());
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        if (block.shape < 0 || block_shapes[static_cast<std::size_t>(block.shape)].has(i, j))
          structure.entries.push_back({block.rows[static_cast<std::size_t>(i)],
                                       block.columns[static_cast<std::size_t>(j)]});
    structure.cost +=
        cost_of(n, static_cast<int>(structure.entries.size()) - block.first_entry) / non_zeros.dim;
    structure.blocks.push_back(std::move(block));
  }
  return structure;
}

}  // namespace

NonZeros NonZeros::of(const TransferMatrix& matrix) {
  NonZeros result{static_cast<int>(matrix.n_rows), {}, 0};
  const auto dim = static_cast<std::size_t>(result.dim);
  std::array<unsigned, 16> rows{}, columns{};
  for (std::size_t j = 0; j < dim; ++j) {
    const double* column = matrix.colptr(j);
    for (std::size_t i = 0; i < dim; ++i) {
      const unsigned here = column[i] != 0.0 ? 1U : 0U;
      rows[i] |= here << j;
      columns[j] |= here << i;
    }
  }
  for (std::size_t i = 0; i < dim; ++i) {
    result.rows[i] = static_cast<std::uint16_t>(rows[i]);
    if (rows[i] == 1U << i && columns[i] == 1U << i && matrix(i, i) == 1.0)
      result.fixed |= bit(static_cast<int>(i));
  }
  return result;
}

NonZeros NonZeros::transposed() const {
  NonZeros result{dim, {}, fixed};
  for (int i = 0; i < dim; ++i)
    for (int j = 0; j < dim; ++j)
      if (has(i, j)) result.rows[static_cast<std::size_t>(j)] |= bit(i);
  return result;
}

NonZeros NonZeros::exchanged() const {
  const auto swapped = [](int i) { return (i >> 2) | ((i & 3) << 2); };
  NonZeros result{dim, {}, 0};
  for (int i = 0; i < dim; ++i) {
    if ((fixed & bit(i)) != 0) result.fixed |= bit(swapped(i));
    for (int j = 0; j < dim; ++j)
      if (has(i, j)) result.rows[static_cast<std::size_t>(swapped(i))] |= bit(swapped(j));
  }
  return result;
}

NonZeros NonZeros::on_operand(int operand) const {
  const int own = 2 * operand, other = 2 - own;  // where the digits stand
  NonZeros result{16, {}, 0};
  for (int rest = 0; rest < 4; ++rest)
    for (int i = 0; i < 4; ++i) {
      const int row = i << own | rest << other;
      if ((fixed & bit(i)) != 0) result.fixed |= bit(row);
      for (int j = 0; j < 4; ++j)
        if (has(i, j)) result.rows[static_cast<std::size_t>(row)] |= bit(j << own | rest << other);
    }
  return result;
}

NonZeros NonZeros::after(const NonZeros& first) const {
  NonZeros result{dim, {}, static_cast<std::uint16_t>(fixed & first.fixed)};
  for (std::size_t i = 0; i < static_cast<std::size_t>(dim); ++i)
    for (unsigned left = rows[i]; left != 0; left &= left - 1)
      result.rows[i] |= first.rows[static_cast<std::size_t>(std::countr_zero(left))];
  return result;
}

const BlockStructure& block_structure(const NonZeros& non_zeros) {
  static std::map<NonZeros, BlockStructure> known;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  auto found = known.find(non_zeros);
  if (found == known.end()) found = known.emplace(non_zeros, analyse(non_zeros)).first;
  return found->second;
}

}  // namespace rhodrift
