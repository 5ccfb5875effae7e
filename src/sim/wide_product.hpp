#pragma once

#include <armadillo>
#include <vector>

namespace rhodrift {

/// A matrix on 3 or 4 digits of a tile: a product of general matrices, for BLAS. It costs 64 or 256
/// multiply-adds a number, so that the copies which put the numbers in order for it hardly count.
template <typename T>
class WideProduct {
 public:
  /// `strides` are those of all digits of the tile, ascending; one of them is not acted on.
  WideProduct(const std::vector<int>& digits, const std::vector<std::size_t>& strides);

  /// out <- M in; the same tile, or two. M is 4^k x 4^k.
  void apply(const arma::Mat<T>& matrix, const T* in, T* out) const;
  /// out <- Mᵀ in
  void apply_transposed(const arma::Mat<T>& matrix, const T* in, T* out) const;

 private:
  /// out <- multiply(in), both as matrices spectators x matrix index.
  template <typename Multiply>
  void in_order(const T* in, T* out, Multiply multiply) const;

  std::size_t run_length_;          // of spectators that stand next to each other
  std::vector<std::size_t> runs_;   // where they start in the tile
  std::vector<std::size_t> index_;  // where matrix index i stands, relative to that
};

}  // namespace rhodrift
