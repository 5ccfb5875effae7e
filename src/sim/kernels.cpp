#include "sim/kernels.hpp"

#include <bit>
#include <utility>

// SSE4, AVX2, AVX-512 and scalar code. SSSE3 and the later levels of AVX-512 have nothing more for
// these loops, and vectors of unknown length do not go into arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/kernels.cpp"
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace rhodrift::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
constexpr std::size_t full_lanes = hn::MaxLanes(hn::ScalableTag<T>());

// f(0), …, f(N-1) with the numbers as compile-time constants.
template <int N, typename F>
HWY_INLINE void unroll(F f) {
  [&]<int... I>(std::integer_sequence<int, I...>) HWY_ATTR {
    (f(std::integral_constant<int, I>()), ...);
  }
  (std::make_integer_sequence<int, N>());
}

// Calls body(x) for every vector. The subsets of a mask, in ascending order, follow each other by
// (subset - mask) & mask, which ends where it began.
template <typename Body>
HWY_INLINE void for_each_vector(const BlockLoop& loop, Body body) {
  const std::size_t mask = loop.mask;
  std::size_t x = 0;
  do {
    body(x);
    x = (x - mask) & mask;
  } while (x != 0);
}

// Calls body(D()) with the vector that the loop is made for.
template <typename T, typename Body>
HWY_INLINE void with_vector(const BlockLoop& loop, Body body) {
  if constexpr (full_lanes < T >> 4) {
    if (loop.narrow) return body(hn::CappedTag<T, 4>());
  }
  body(hn::ScalableTag<T>());
}

// --- Blocks of up to 4 indices -----------------------------------------------------------------

// Load the block's numbers, combine them, store them. What is not in the shape is not in the code,
// and the coefficients stay in registers as far as there are any. With two multiply-adds, two
// 256-bit loads and one store a cycle, blocks of 1, 2 and the sparse ones of 4 are bound by the
// stores, blocks of 3 and the full ones of 4 by the multiply-adds.
template <int Shape, class D, typename T>
HWY_INLINE void apply_block(D d, const T* in, T* out, const BlockLoop& loop,
                            const T* coefficients) {
  constexpr BlockShape shape = block_shapes[Shape];
  constexpr int n = shape.size;
  using V = hn::Vec<D>;
  V m[n * n];
  unroll<n>([&](auto i) HWY_ATTR {
    unroll<n>([&](auto j) HWY_ATTR {
      if constexpr (shape.has(i, j))
        m[i * n + j] = hn::Load(d, coefficients + shape.rank(i, j) * full_lanes<T>);
    });
  });
  const T* from[n];
  T* to[n];
  unroll<n>([&](auto i) HWY_ATTR {
    from[i] = in + loop.from[i];
    to[i] = out + loop.to[i];
  });
  for_each_vector(loop, [&](std::size_t x) HWY_ATTR {
    V value[n];
    unroll<n>([&](auto j) HWY_ATTR { value[j] = hn::Load(d, from[j] + x); });
    unroll<n>([&](auto i) HWY_ATTR {
      constexpr int first = std::countr_zero(shape.rows[i]);
      V sum = hn::Mul(m[i * n + first], value[first]);
      unroll<n>([&](auto j) HWY_ATTR {
        if constexpr (j > first && shape.has(i, j)) sum = hn::MulAdd(m[i * n + j], value[j], sum);
      });
      hn::Store(sum, d, to[i] + x);
    });
  });
}

template <int Shape, class D, typename T>
HWY_INLINE void block_environment(D d, const T* lambda, const T* r, const BlockLoop& loop,
                                  T* environment) {
  constexpr BlockShape shape = block_shapes[Shape];
  constexpr int n = shape.size;
  using V = hn::Vec<D>;
  V sum[n * n];
  unroll<n * n>([&](auto k) HWY_ATTR { sum[k] = hn::Zero(d); });
  const T* left[n];
  const T* right[n];
  unroll<n>([&](auto i) HWY_ATTR {
    left[i] = lambda + loop.to[i];
    right[i] = r + loop.from[i];
  });
  for_each_vector(loop, [&](std::size_t x) HWY_ATTR {
    V value[n];
    unroll<n>([&](auto j) HWY_ATTR { value[j] = hn::Load(d, right[j] + x); });
    unroll<n>([&](auto i) HWY_ATTR {
      const V l = hn::Load(d, left[i] + x);
      unroll<n>([&](auto j) HWY_ATTR {
        if constexpr (shape.has(i, j)) sum[i * n + j] = hn::MulAdd(l, value[j], sum[i * n + j]);
      });
    });
  });
  unroll<n>([&](auto i) HWY_ATTR {
    unroll<n>([&](auto j) HWY_ATTR {
      if constexpr (shape.has(i, j)) {
        T* entry = environment + shape.rank(i, j) * full_lanes<T>;
        hn::Store(hn::Add(hn::Load(d, entry), sum[i * n + j]), d, entry);
      }
    });
  });
}

// --- Blocks of up to 16 indices ----------------------------------------------------------------

// Rows in fours over n_vectors: 16 sums, in registers where there are 32 of them, and each
// coefficient is loaded once for 4 multiply-adds, which are the limit. A dense 16 x 16 matrix on 2
// digits reaches 80 to 95 % of it with AVX-512, and 60 % with the 16 registers of AVX2.
template <int n_vectors, class D, typename T>
HWY_INLINE void apply_large_block(D d, const T* in, T* out, const BlockLoop& loop,
                                  const T* coefficients) {
  using V = hn::Vec<D>;
  const std::size_t n = static_cast<std::size_t>(loop.n);
  // The vectors come in groups: the lowest bits of the mask are taken out.
  BlockLoop groups = loop;
  std::size_t offset[n_vectors] = {};
  for (std::size_t v = 1; v < n_vectors; v *= 2) {
    const std::size_t lowest = groups.mask & (~groups.mask + 1);
    for (std::size_t k = 0; k < v; ++k) offset[v + k] = offset[k] + lowest;
    groups.mask -= lowest;
  }
  for_each_vector(groups, [&](std::size_t x) HWY_ATTR {
    V value[16 * n_vectors];
    for (std::size_t j = 0; j < n; ++j)
      unroll<n_vectors>([&](auto v) HWY_ATTR {
        value[j * n_vectors + v] = hn::Load(d, in + loop.from[j] + x + offset[v]);
      });
    for (std::size_t i = 0; i < n; i += 4) {
      // The last four rows may overlap the ones before: computed twice, stored the same.
      const std::size_t first = i + 4 <= n ? i : n - 4;
      const T* row = coefficients + first * n * full_lanes<T>;
      V sum[4 * n_vectors];
      unroll<4 * n_vectors>([&](auto k) HWY_ATTR { sum[k] = hn::Zero(d); });
      for (std::size_t j = 0; j < n; ++j)
        unroll<4>([&](auto k) HWY_ATTR {
          const V m = hn::Load(d, row + (k * n + j) * full_lanes<T>);
          unroll<n_vectors>([&](auto v) HWY_ATTR {
            V& s = sum[k * n_vectors + v];
            s = hn::MulAdd(m, value[j * n_vectors + v], s);
          });
        });
      unroll<4>([&](auto k) HWY_ATTR {
        T* to = out + loop.to[first + k] + x;
        unroll<n_vectors>([&](auto v)
                              HWY_ATTR { hn::Store(sum[k * n_vectors + v], d, to + offset[v]); });
      });
    }
  });
}

// One row and up to 8 columns at a time, each a sweep over the state.
template <class D, typename T>
HWY_INLINE void large_block_environment(D d, const T* lambda, const T* r, const BlockLoop& loop,
                                        T* environment) {
  using V = hn::Vec<D>;
  const std::size_t n = static_cast<std::size_t>(loop.n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t first = 0; first < n; first += 8) {
      const std::size_t columns = first + 8 <= n ? 8 : n - first;
      V sum[8];
      unroll<8>([&](auto k) HWY_ATTR { sum[k] = hn::Zero(d); });
      for_each_vector(loop, [&](std::size_t x) HWY_ATTR {
        const V l = hn::Load(d, lambda + loop.to[i] + x);
        unroll<8>([&](auto k) HWY_ATTR {
          if (k < columns)
            sum[k] = hn::MulAdd(l, hn::Load(d, r + loop.from[first + k] + x), sum[k]);
        });
      });
      unroll<8>([&](auto k) HWY_ATTR {
        if (k < columns) {
          T* entry = environment + (i * n + first + k) * full_lanes<T>;
          hn::Store(hn::Add(hn::Load(d, entry), sum[k]), d, entry);
        }
      });
    }
}

// --- The table ---------------------------------------------------------------------------------

template <int Shape, typename T>
void apply(const T* in, T* out, const BlockLoop& loop, const T* coefficients) {
  with_vector<T>(loop,
                 [&](auto d) HWY_ATTR { apply_block<Shape>(d, in, out, loop, coefficients); });
}

template <int Shape, typename T>
void environment(const T* lambda, const T* r, const BlockLoop& loop, T* result) {
  with_vector<T>(loop,
                 [&](auto d) HWY_ATTR { block_environment<Shape>(d, lambda, r, loop, result); });
}

template <typename T>
void apply_large(const T* in, T* out, const BlockLoop& loop, const T* coefficients) {
  with_vector<T>(loop, [&](auto d) HWY_ATTR {
    // Small states have fewer vectors.
    if (std::popcount(loop.mask) >= 2)
      apply_large_block<4>(d, in, out, loop, coefficients);
    else
      apply_large_block<1>(d, in, out, loop, coefficients);
  });
}

template <typename T>
void environment_large(const T* lambda, const T* r, const BlockLoop& loop, T* result) {
  with_vector<T>(loop,
                 [&](auto d) HWY_ATTR { large_block_environment(d, lambda, r, loop, result); });
}

template <typename T>
void copy(const T* in, T* out, const BlockLoop& loop) {
  with_vector<T>(loop, [&](auto d) HWY_ATTR {
    for_each_vector(loop, [&](std::size_t x) HWY_ATTR {
      hn::Store(hn::Load(d, in + loop.from[0] + x), d, out + loop.to[0] + x);
    });
  });
}

// Runs are too short for memcpy: its call costs as much as the copy.
template <typename T>
HWY_INLINE void copy_run(const T* in, T* out, std::size_t length) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t width = full_lanes<T>;
  for (std::size_t x = 0; x < length; x += 4 * width) {
    const auto v0 = hn::Load(d, in + x), v1 = hn::Load(d, in + x + width),
               v2 = hn::Load(d, in + x + 2 * width), v3 = hn::Load(d, in + x + 3 * width);
    hn::Store(v0, d, out + x);
    hn::Store(v1, d, out + x + width);
    hn::Store(v2, d, out + x + 2 * width);
    hn::Store(v3, d, out + x + 3 * width);
  }
}

template <typename T>
void gather(const T* state, std::span<const std::size_t> runs, std::size_t length, T* tile) {
  for (std::size_t k = 0; k < runs.size(); ++k)
    copy_run(state + runs[k], tile + k * length, length);
}

template <typename T>
void scatter(const T* tile, std::span<const std::size_t> runs, std::size_t length, T* state) {
  for (std::size_t k = 0; k < runs.size(); ++k)
    copy_run(tile + k * length, state + runs[k], length);
}

#if HWY_TARGET <= HWY_AVX2
HWY_INLINE void transpose_4x4(double* block, std::size_t stride) {
  const hn::CappedTag<double, 4> d;
  const auto r0 = hn::Load(d, block), r1 = hn::Load(d, block + stride),
             r2 = hn::Load(d, block + 2 * stride), r3 = hn::Load(d, block + 3 * stride);
  const auto low01 = hn::InterleaveLower(d, r0, r1), high01 = hn::InterleaveUpper(d, r0, r1),
             low23 = hn::InterleaveLower(d, r2, r3), high23 = hn::InterleaveUpper(d, r2, r3);
  hn::Store(hn::ConcatLowerLower(d, low23, low01), d, block);
  hn::Store(hn::ConcatLowerLower(d, high23, high01), d, block + stride);
  hn::Store(hn::ConcatUpperUpper(d, low23, low01), d, block + 2 * stride);
  hn::Store(hn::ConcatUpperUpper(d, high23, high01), d, block + 3 * stride);
}
#endif

template <typename T>
HWY_INLINE void transpose_4x4(T* block, std::size_t stride) {
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < i; ++j) std::swap(block[i * stride + j], block[j * stride + i]);
}

// new[d][l] = old[l][d] for the 4 numbers l of a lane block and the 4 values d of the other digit.
template <typename T>
void swap_lane_digit(T* data, std::size_t size, std::size_t stride) {
  for (std::size_t outer = 0; outer < size; outer += 4 * stride)
    for (T* block = data + outer; block < data + outer + stride; block += 4)
      transpose_4x4(block, stride);
}

template <typename T>
const Table<T>* make_table() {
  static const Table<T> result = [] {
    Table<T> table{full_lanes<T>,         {},       {},         &apply_large<T>,
                   &environment_large<T>, &copy<T>, &gather<T>, &scatter<T>,
                   &swap_lane_digit<T>};
    unroll<static_cast<int>(block_shapes.size())>([&](auto shape) {
      table.apply[shape] = &apply<shape, T>;
      table.environment[shape] = &environment<shape, T>;
    });
    return table;
  }();
  return &result;
}

const Table<double>* table_double() {
  return make_table<double>();
}
const Table<float>* table_float() {
  return make_table<float>();
}

// --- Matrices of trigonometric entries ---------------------------------------------------------

// body(d, dim) with one lane or a register's worth, and the dimension as a compile-time constant:
// the loops are short.
template <typename Body>
HWY_INLINE void with_lanes(std::size_t lanes, std::size_t dim, Body body) {
  const auto with_dim = [&](auto d) HWY_ATTR {
    if (dim == 4) return body(d, std::integral_constant<std::size_t, 4>());
    body(d, std::integral_constant<std::size_t, 16>());
  };
  if (lanes == 1) return with_dim(hn::CappedTag<double, 1>());
  with_dim(hn::ScalableTag<double>());
}

// cos θ, sin θ and, with halves, cos θ/2, sin θ/2, `stride` apart.
template <class D>
HWY_INLINE void store_trigonometry(D d, hn::Vec<D> angle, bool halves, double* out,
                                   std::size_t stride) {
  hn::Store(hn::Cos(d, angle), d, out);
  hn::Store(hn::Sin(d, angle), d, out + stride);
  if (!halves) return;
  const auto half = hn::Mul(angle, hn::Set(d, 0.5));
  hn::Store(hn::Cos(d, half), d, out + 2 * stride);
  hn::Store(hn::Sin(d, half), d, out + 3 * stride);
}

void trigonometry(const double* angles_rad, double* trig, std::size_t n, std::size_t lanes,
                  bool halves) {
  const hn::ScalableTag<double> d;
  constexpr std::size_t width = full_lanes<double>;
  if (lanes == width) {
    for (std::size_t k = 0; k < n; ++k)
      store_trigonometry(d, hn::LoadU(d, angles_rad + k * width), halves, trig + 4 * k * width,
                         width);
    return;
  }
  // One lane: vectors run over the angles.
  for (std::size_t k = 0; k < n; k += width) {
    HWY_ALIGN double angles[width] = {}, values[4 * width];
    const std::size_t count = n - k < width ? n - k : width;
    for (std::size_t l = 0; l < count; ++l) angles[l] = angles_rad[k + l];
    store_trigonometry(d, hn::Load(d, angles), halves, values, width);
    for (std::size_t l = 0; l < count; ++l)
      for (std::size_t t = 0; t < (halves ? 4 : 2); ++t)
        trig[4 * (k + l) + t] = values[t * width + l];
  }
}

// Σ_t terms[t] trig[t]
template <class D>
HWY_INLINE hn::Vec<D> entry_value(D d, const TrigEntry& entry, const double* trig) {
  const std::size_t lanes = hn::Lanes(d);
  auto sum = hn::Set(d, entry.terms[0]);
  for (std::size_t t = 1; t < 5; ++t)
    if (entry.terms[t] != 0.0)
      sum = hn::MulAdd(hn::Set(d, entry.terms[t]), hn::Load(d, trig + (t - 1) * lanes), sum);
  return sum;
}

// Its derivative in θ: cos -> -sin, sin -> cos, and half of that for the halves.
template <class D>
HWY_INLINE hn::Vec<D> entry_derivative(D d, const TrigEntry& entry, const double* trig) {
  const std::size_t lanes = hn::Lanes(d);
  auto sum = hn::Zero(d);
  const std::array<double, 4> factor{-entry.terms[1], entry.terms[2], -0.5 * entry.terms[3],
                                     0.5 * entry.terms[4]};
  constexpr std::array<std::size_t, 4> of{1, 0, 3, 2};
  for (std::size_t t = 0; t < 4; ++t)
    if (factor[t] != 0.0)
      sum = hn::MulAdd(hn::Set(d, factor[t]), hn::Load(d, trig + of[t] * lanes), sum);
  return sum;
}

void multiply(const TrigProduct& product, const double* trig, std::size_t n_lanes,
              double* partial) {
  with_lanes(n_lanes, product.dim, [&](auto d, auto dim) HWY_ATTR {
    constexpr std::size_t lanes = hn::MaxLanes(d), size = dim * dim * lanes;
    for (std::size_t f = 0; f < product.factors.size(); ++f) {
      double* result = partial + f * size;
      const double* before = f == 0 ? nullptr : result - size;
      for (std::size_t k = 0; k < size; k += lanes) hn::Store(hn::Zero(d), d, result + k);
      for (const TrigEntry& entry : product.factors[f].entries) {
        const auto value = entry_value(d, entry, trig + f * 4 * lanes);
        double* row = result + entry.row * dim * lanes;
        if (f == 0) {
          hn::Store(value, d, row + entry.column * lanes);
          continue;
        }
        const double* column = before + entry.column * dim * lanes;
        for (std::size_t j = 0; j < dim * lanes; j += lanes)
          hn::Store(hn::MulAdd(value, hn::Load(d, column + j), hn::Load(d, row + j)), d, row + j);
      }
    }
  });
}

void differentiate(const TrigProduct& product, const double* trig, std::size_t n_lanes,
                   const double* partial, double* environment, double* slopes,
                   double* sensitivities) {
  with_lanes(n_lanes, product.dim, [&](auto d, auto dim) HWY_ATTR {
    constexpr std::size_t lanes = hn::MaxLanes(d), size = dim * dim * lanes;
    HWY_ALIGN double next[16 * 16 * full_lanes<double>];
    for (std::size_t f = product.factors.size(); f-- > 0;) {
      // A factor F sees L Pᵀ, with L what the later factors made of E and P the earlier ones.
      const double* before = f == 0 ? nullptr : partial + (f - 1) * size;
      const auto seen = [&](std::size_t row, std::size_t column) HWY_ATTR {
        const double* left = environment + row * dim * lanes;
        if (f == 0) return hn::Load(d, left + column * lanes);
        const double* right = before + column * dim * lanes;
        auto sum = hn::Zero(d);
        for (std::size_t k = 0; k < dim * lanes; k += lanes)
          sum = hn::MulAdd(hn::Load(d, left + k), hn::Load(d, right + k), sum);
        return sum;
      };
      auto slope = hn::Zero(d);
      for (const TrigEntry& entry : product.factors[f].entries)
        slope = hn::MulAdd(entry_derivative(d, entry, trig + f * 4 * lanes),
                           seen(entry.row, entry.column), slope);
      hn::Store(slope, d, slopes + f * lanes);
      const NumberEntry* last = nullptr;
      auto of_entry = hn::Zero(d);
      for (const NumberEntry& entry : product.factors[f].derivatives) {
        if (last == nullptr || last->row != entry.row || last->column != entry.column)
          of_entry = seen(entry.row, entry.column);
        last = &entry;
        double* sum = sensitivities + entry.number * lanes;
        hn::Store(hn::MulAdd(hn::Set(d, entry.value), of_entry, hn::Load(d, sum)), d, sum);
      }
      if (f == 0) break;
      // L <- Fᵀ L
      for (std::size_t k = 0; k < size; k += lanes) hn::Store(hn::Zero(d), d, next + k);
      for (const TrigEntry& entry : product.factors[f].entries) {
        const auto value = entry_value(d, entry, trig + f * 4 * lanes);
        double* row = next + entry.column * dim * lanes;
        const double* left = environment + entry.row * dim * lanes;
        for (std::size_t k = 0; k < dim * lanes; k += lanes)
          hn::Store(hn::MulAdd(value, hn::Load(d, left + k), hn::Load(d, row + k)), d, row + k);
      }
      for (std::size_t k = 0; k < size; k += lanes)
        hn::Store(hn::Load(d, next + k), d, environment + k);
    }
  });
}

}  // namespace rhodrift::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rhodrift::kernels {

HWY_EXPORT(table_double);
HWY_EXPORT(table_float);
HWY_EXPORT(trigonometry);
HWY_EXPORT(multiply);
HWY_EXPORT(differentiate);

template <>
const Table<double>& table<double>() {
  return *HWY_DYNAMIC_DISPATCH(table_double)();
}
template <>
const Table<float>& table<float>() {
  return *HWY_DYNAMIC_DISPATCH(table_float)();
}

std::vector<std::int64_t> runnable_targets() {
  std::vector<std::int64_t> targets;
  for (std::int64_t rest = HWY_TARGETS; rest != 0; rest &= rest - 1) {
    const std::int64_t target = rest & -rest;
    if (target == HWY_BASELINE_SCALAR || (target & hwy::SupportedTargets()) != 0)
      targets.push_back(target);
  }
  return targets;
}

void trigonometry(const double* angles_rad, double* trig, std::size_t n, std::size_t lanes,
                  bool halves) {
  HWY_DYNAMIC_DISPATCH(trigonometry)(angles_rad, trig, n, lanes, halves);
}
void multiply(const TrigProduct& product, const double* trig, std::size_t n_lanes,
              double* partial) {
  HWY_DYNAMIC_DISPATCH(multiply)(product, trig, n_lanes, partial);
}
void differentiate(const TrigProduct& product, const double* trig, std::size_t n_lanes,
                   const double* partial, double* environment, double* slopes,
                   double* sensitivities) {
  HWY_DYNAMIC_DISPATCH(differentiate)
  (product, trig, n_lanes, partial, environment, slopes, sensitivities);
}

}  // namespace rhodrift::kernels
#endif
