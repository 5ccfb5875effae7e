#include "sim/wide_product.hpp"

#include <algorithm>

#include <rhodrift/sim/aligned_vector.hpp>

#include "core/one_blas_thread.hpp"
#include "sim/tile_index.hpp"

namespace rhodrift {

template <typename T>
WideProduct<T>::WideProduct(const std::vector<int>& digits,
                            const std::vector<std::size_t>& strides) {
  const auto stride_of = [&](int digit) { return strides[static_cast<std::size_t>(digit)]; };
  run_length_ = stride_of(std::ranges::min(digits));
  std::size_t spectators = 4 * strides.back() - run_length_;
  for (const int digit : digits) spectators -= 3 * stride_of(digit);
  for_each_subset(spectators, [&](std::size_t run) { runs_.push_back(run); });
  for (std::size_t i = 0; i < std::size_t{1} << (2 * digits.size()); ++i)
    index_.push_back(tile_offset(i, digits, strides));
}

template <typename T>
template <typename Multiply>
void WideProduct<T>::in_order(const T* in, T* out, Multiply multiply) const {
  const std::size_t n_spectators = runs_.size() * run_length_, size = n_spectators * index_.size();
  AlignedVector<T> memory(2 * size);
  arma::Mat<T> before(memory.data(), n_spectators, index_.size(), false, true);
  arma::Mat<T> after(memory.data() + size, n_spectators, index_.size(), false, true);
  T* next = before.memptr();
  for (const std::size_t index : index_)
    for (const std::size_t run : runs_) next = std::copy_n(in + index + run, run_length_, next);
  {
    const OneBlasThread one_thread;
    multiply(before, after);
  }
  const T* result = after.memptr();
  for (const std::size_t index : index_)
    for (const std::size_t run : runs_) {
      std::copy_n(result, run_length_, out + index + run);
      result += run_length_;
    }
}

template <typename T>
void WideProduct<T>::apply(const arma::Mat<T>& matrix, const T* in, T* out) const {
  in_order(in, out,
           [&](const arma::Mat<T>& before, arma::Mat<T>& after) { after = before * matrix.t(); });
}

template <typename T>
void WideProduct<T>::apply_transposed(const arma::Mat<T>& matrix, const T* in, T* out) const {
  in_order(in, out,
           [&](const arma::Mat<T>& before, arma::Mat<T>& after) { after = before * matrix; });
}

template class WideProduct<double>;
template class WideProduct<float>;

}  // namespace rhodrift
