#include "sim/amplitude_kernels.hpp"

#include <algorithm>

// The same choice of targets as in kernels.cpp.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/amplitude_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rhodrift::amplitude_kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A register holds whole amplitudes: real, imaginary, real, … Without vectors it holds none.
constexpr std::size_t max_amplitudes = hn::MaxLanes(hn::ScalableTag<double>()) / 2;

// Calls body(D()) with the widest register that does not hold more than a run of amplitudes.
template <typename Body>
HWY_INLINE void with_register(std::size_t run, Body body) {
  if constexpr (max_amplitudes > 1) {
    if (run == 1) return body(hn::CappedTag<double, 2>());
  }
  if constexpr (max_amplitudes > 2) {
    if (run == 2) return body(hn::CappedTag<double, 4>());
  }
  body(hn::ScalableTag<double>());
}

// A constant in the form in which it multiplies a register of amplitudes z = x + iy:
// c z = (Re c, Re c) (x, y) + (-Im c, Im c) (y, x).
template <class D>
struct Factor {
  HWY_ALIGN double straight[hn::MaxLanes(D())], crossed[hn::MaxLanes(D())];

  void set(std::complex<double> c) {
    for (std::size_t l = 0; l < hn::MaxLanes(D()); ++l) {
      straight[l] = c.real();
      crossed[l] = l % 2 == 0 ? -c.imag() : c.imag();
    }
  }
};

// Calls body(first number of the run) for the runs of consecutive groups.
template <typename Body>
HWY_INLINE void for_each_run(const GroupMatrix& matrix, std::complex<double>* state,
                             std::size_t first, std::size_t last, std::size_t run, Body body) {
  for (std::size_t group = first; group < last; group += run)
    body(reinterpret_cast<double*>(state + base_of(group, matrix)));
}

template <int N, class D>
HWY_INLINE void multiply_dense(D d, const GroupMatrix& matrix, std::complex<double>* state,
                               std::size_t first, std::size_t last, std::size_t run) {
  Factor<D> factors[N * N];
  for (std::size_t k = 0; k < N * N; ++k) factors[k].set(matrix.entries[k]);
  for_each_run(matrix, state, first, last, run, [&](double* begin) HWY_ATTR {
    for (double* at = begin; at < begin + 2 * run; at += hn::Lanes(d)) {
      hn::Vec<D> value[N], swapped[N];
      for (int m = 0; m < N; ++m) {
        value[m] = hn::Load(d, at + 2 * matrix.offset[m]);
        swapped[m] = hn::Reverse2(d, value[m]);
      }
      for (int r = 0; r < N; ++r) {
        const Factor<D>* row = factors + r * N;
        hn::Vec<D> sum = hn::Mul(hn::Load(d, row->straight), value[0]);
        sum = hn::MulAdd(hn::Load(d, row->crossed), swapped[0], sum);
        for (int m = 1; m < N; ++m) {
          sum = hn::MulAdd(hn::Load(d, row[m].straight), value[m], sum);
          sum = hn::MulAdd(hn::Load(d, row[m].crossed), swapped[m], sum);
        }
        hn::Store(sum, d, at + 2 * matrix.offset[r]);
      }
    }
  });
}

template <int N, class D>
HWY_INLINE void multiply_one_a_row(D d, const GroupMatrix& matrix, std::complex<double>* state,
                                   std::size_t first, std::size_t last, std::size_t run) {
  Factor<D> factors[N];
  std::size_t from[N];
  for (std::size_t r = 0; r < N; ++r) {
    factors[r].set(matrix.entries[r * N + matrix.column[r]]);
    from[r] = matrix.offset[matrix.column[r]];
  }
  for_each_run(matrix, state, first, last, run, [&](double* begin) HWY_ATTR {
    for (double* at = begin; at < begin + 2 * run; at += hn::Lanes(d)) {
      hn::Vec<D> value[N];
      for (int r = 0; r < N; ++r) value[r] = hn::Load(d, at + 2 * from[r]);
      for (int r = 0; r < N; ++r) {
        const hn::Vec<D> crossed =
            hn::Mul(hn::Load(d, factors[r].crossed), hn::Reverse2(d, value[r]));
        hn::Store(hn::MulAdd(hn::Load(d, factors[r].straight), value[r], crossed), d,
                  at + 2 * matrix.offset[r]);
      }
    }
  });
}

// Without vectors.
template <int N>
HWY_INLINE void multiply_one_by_one(const GroupMatrix& matrix, std::complex<double>* state,
                                    std::size_t first, std::size_t last) {
  for (std::size_t group = first; group < last; ++group) {
    std::complex<double>* const at = state + base_of(group, matrix);
    std::complex<double> value[N];
    for (int m = 0; m < N; ++m) value[m] = at[matrix.offset[m]];
    for (int r = 0; r < N; ++r) {
      std::complex<double> sum = 0.0;
      for (int m = 0; m < N; ++m) sum += matrix.entries[r * N + m] * value[m];
      at[matrix.offset[r]] = sum;
    }
  }
}

void multiply(const GroupMatrix& matrix, std::complex<double>* state, std::size_t first,
              std::size_t last) {
  if constexpr (max_amplitudes == 0)
    return matrix.n_qubits == 1 ? multiply_one_by_one<2>(matrix, state, first, last)
                                : multiply_one_by_one<4>(matrix, state, first, last);
  const std::size_t run = std::min(std::size_t{1} << matrix.qubits[0], last - first);
  with_register(run, [&](auto d) HWY_ATTR {
    if (matrix.n_qubits == 1)
      matrix.one_a_row ? multiply_one_a_row<2>(d, matrix, state, first, last, run)
                       : multiply_dense<2>(d, matrix, state, first, last, run);
    else
      matrix.one_a_row ? multiply_one_a_row<4>(d, matrix, state, first, last, run)
                       : multiply_dense<4>(d, matrix, state, first, last, run);
  });
}

}  // namespace rhodrift::amplitude_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rhodrift::amplitude_kernels {

HWY_EXPORT(multiply);

void multiply(const GroupMatrix& matrix, std::complex<double>* state, std::size_t first,
              std::size_t last) {
  HWY_DYNAMIC_DISPATCH(multiply)(matrix, state, first, last);
}

}  // namespace rhodrift::amplitude_kernels
#endif
