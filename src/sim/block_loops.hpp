#pragma once

#include <vector>

#include "sim/block_structure.hpp"

namespace rhodrift {

/// Where the blocks of a matrix stand when it acts on certain digits of a tile.
template <typename T>
class BlockLoops {
 public:
  /// `strides` are those of all digits of the tile, ascending. In a batch the lowest is the number
  /// of bindings, as many as a register has; otherwise it is 1, and that digit cannot be acted on.
  BlockLoops(const BlockStructure& structure, const std::vector<int>& digits,
             const std::vector<std::size_t>& strides);

  /// out <- M in; the same tile, or two. `coefficients` as StepTable::Bound has them.
  void apply(const T* coefficients, const T* in, T* out) const;
  /// environment[entry] += Σ λ_i r_j for the entries of the structure, a register each.
  void add_environment(const T* lambda, const T* r, T* environment) const;

 private:
  const BlockStructure& structure_;
  const kernels::Table<T>& kernels_;
  std::size_t chunks_ = 0;  // mask: all blocks are run on one chunk, then on the next
  std::vector<kernels::BlockLoop> blocks_, fixed_;
};

}  // namespace rhodrift
