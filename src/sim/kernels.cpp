#include "sim/kernels.hpp"

#include <array>
#include <utility>

namespace rhodrift::kernels {

namespace {

// Where the 4^K coefficients of one group sit relative to its base.
template <std::size_t Size>
using Offsets = std::array<std::size_t, Size>;

Offsets<4> offsets(int q) {
  const std::size_t stride = std::size_t{1} << (2 * q);
  return {0, stride, 2 * stride, 3 * stride};
}

Offsets<16> offsets(int q0, int q1) {
  Offsets<16> result{};
  for (std::size_t i = 0; i < 16; ++i) result[i] = ((i & 3) << (2 * q0)) + ((i >> 2) << (2 * q1));
  return result;
}

// Calls body(base) for every index whose digit q is 0.
template <typename Body>
void for_each_group(std::size_t size, int q, Body body) {
  const std::size_t stride = std::size_t{1} << (2 * q);
  for (std::size_t high = 0; high < size; high += 4 * stride)
    for (std::size_t base = high; base < high + stride; ++base) body(base);
}

// Calls body(base) for every index whose digits q0 and q1 are 0.
template <typename Body>
void for_each_group(std::size_t size, int q0, int q1, Body body) {
  const std::size_t low = std::size_t{1} << (2 * std::min(q0, q1));
  const std::size_t high = std::size_t{1} << (2 * std::max(q0, q1));
  for (std::size_t a = 0; a < size; a += 4 * high)
    for (std::size_t b = a; b < a + high; b += 4 * low)
      for (std::size_t base = b; base < b + low; ++base) body(base);
}

template <std::size_t Size>
void multiply_group(double* r, const Offsets<Size>& offset, const double* column_major) {
  std::array<double, Size> out{};
  for (std::size_t j = 0; j < Size; ++j) {
    const double in = r[offset[j]];
    for (std::size_t i = 0; i < Size; ++i) out[i] += column_major[j * Size + i] * in;
  }
  for (std::size_t i = 0; i < Size; ++i) r[offset[i]] = out[i];
}

template <std::size_t Size>
void accumulate_group(const double* lambda, const double* r, const Offsets<Size>& offset,
                      double* column_major) {
  std::array<double, Size> left;
  for (std::size_t i = 0; i < Size; ++i) left[i] = lambda[offset[i]];
  for (std::size_t j = 0; j < Size; ++j) {
    const double right = r[offset[j]];
    for (std::size_t i = 0; i < Size; ++i) column_major[j * Size + i] += left[i] * right;
  }
}

}  // namespace

void apply(std::span<double> r, int q, const TransferMatrix& matrix) {
  const auto offset = offsets(q);
  for_each_group(r.size(), q,
                 [&](std::size_t base) { multiply_group(&r[base], offset, matrix.memptr()); });
}

void apply(std::span<double> r, int q0, int q1, const TransferMatrix& matrix) {
  const auto offset = offsets(q0, q1);
  for_each_group(r.size(), q0, q1,
                 [&](std::size_t base) { multiply_group(&r[base], offset, matrix.memptr()); });
}

void add_environment(std::span<const double> lambda, std::span<const double> r, int q,
                     arma::mat& environment) {
  const auto offset = offsets(q);
  for_each_group(r.size(), q, [&](std::size_t base) {
    accumulate_group(&lambda[base], &r[base], offset, environment.memptr());
  });
}

void add_environment(std::span<const double> lambda, std::span<const double> r, int q0, int q1,
                     arma::mat& environment) {
  const auto offset = offsets(q0, q1);
  for_each_group(r.size(), q0, q1, [&](std::size_t base) {
    accumulate_group(&lambda[base], &r[base], offset, environment.memptr());
  });
}

}  // namespace rhodrift::kernels
