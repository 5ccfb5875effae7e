#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <rhodrift/core/transfer_matrix.hpp>

#include "sim/kernels.hpp"

namespace rhodrift {

/// Which entries of a transfer matrix on 1 or 2 digits may differ from zero, whatever the
/// parameters.
struct NonZeros {
  int dim = 4;                           ///< 4 or 16
  std::array<std::uint16_t, 16> rows{};  ///< rows[i] has bit j for entry (i, j)
  std::uint16_t fixed = 0;  ///< bit i: row and column i are those of the identity, exactly

  static NonZeros of(const TransferMatrix& matrix);
  bool has(int i, int j) const { return ((rows[static_cast<std::size_t>(i)] >> j) & 1) != 0; }
  NonZeros transposed() const;
  NonZeros exchanged() const;              ///< of the same map with its two operands exchanged
  NonZeros on_operand(int operand) const;  ///< of one digit's map as one of two digits
  /// Of the product: `*this` applied after `first`.
  NonZeros after(const NonZeros& first) const;
  auto operator<=>(const NonZeros&) const = default;
};

/// A matrix up to a permutation of its indices: blocks that are multiplied one after the other, in
/// place. What is chosen is chosen by where the zeros are, never by the name of a gate.
struct BlockStructure {
  struct Block {
    int shape;                 ///< in kernels::block_shapes; -1: all entries of a larger block
    std::vector<int> rows;     ///< matrix index of the block's row i
    std::vector<int> columns;  ///< matrix index of its column j
    int first_entry;           ///< where its coefficients start, counted in entries
  };
  struct Entry {
    int row, column;  ///< in the matrix
  };

  int n_digits = 1;
  std::vector<Block> blocks;   ///< of all indices that are not fixed
  std::vector<int> fixed;      ///< indices that keep their number
  std::vector<Entry> entries;  ///< where coefficient k comes from
  /// Issue slots per number of the state, on a core with two multiply-adds and one store a cycle.
  double cost = 0.0;
};

/// The structure of matrices with these zeros; made once and kept.
const BlockStructure& block_structure(const NonZeros& non_zeros);

}  // namespace rhodrift
