#include "sim/pass_runner.hpp"

#include <algorithm>
#include <cstring>

#include <omp.h>

namespace rhodrift {

namespace {

// Environments of a pass are summed in so many pieces, whatever the number of threads.
constexpr std::size_t max_pieces = 16;

}  // namespace

template <typename T>
PassRunner<T>::PassRunner(const StepTable<T>& steps, PassPlan plan, int n_low, std::size_t lanes)
    : steps_(steps), kernels_(kernels::table<T>()), plan_(std::move(plan)), lanes_(lanes) {
  const int n_digits = plan_.n_digits;
  tile_digits_ =
      plan_.passes.empty() ? n_digits : static_cast<int>(plan_.passes.front().positions.size());
  n_low_ = std::min(n_low, tile_digits_);
  tile_size_ = lanes_ << (2 * tile_digits_);
  run_ = lanes_ << (2 * n_low_);
  for (const PassPlan::Pass& pass : plan_.passes) {
    Tiling tiling;
    for (int position = 0; position < n_digits; ++position)
      if (std::ranges::find(pass.positions, position) == pass.positions.end())
        tiling.outer.push_back(position);
    for (std::size_t r = 0; r < tile_size_ / run_; ++r) {
      std::size_t offset = 0;
      for (int d = n_low_; d < tile_digits_; ++d)
        offset += ((r >> (2 * (d - n_low_))) & 3)
                  << (2 * pass.positions[static_cast<std::size_t>(d)]);
      tiling.runs.push_back(offset * lanes_);
    }
    for (const PassPlan::Action& planned : pass.actions) {
      Action action{planned.step, std::size_t{1} << (2 * planned.digits[0])};
      if (planned.step >= 0) {
        const auto& row = steps_.rows()[static_cast<std::size_t>(planned.step)];
        action.forward = loops(*row.forward, planned.digits);
        action.adjoint = loops(*row.adjoint, planned.digits);
        action.differentiable = row.differentiable;
        if (action.differentiable) {
          action.environment = tiling.n_environment;
          tiling.n_environment += row.forward->entries.size() * kernels_.lanes;
          ++tiling.n_saved;
        }
      }
      tiling.actions.push_back(action);
    }
    tilings_.push_back(std::move(tiling));
  }
}

// The numbers of a tile in which the digits of the given strides are 0. `high` = tile size: there
// is one digit only.
template <typename T>
kernels::BlockLoop PassRunner<T>::loop_over_others(std::size_t a, std::size_t b) const {
  const std::size_t low = std::min(a, b), high = std::max(a, b);
  const std::size_t width = std::min(kernels_.lanes, std::max<std::size_t>(low, lanes_));
  kernels::BlockLoop loop{
      {tile_size_ / std::min(tile_size_, 4 * high), high / (4 * low), low / width},
      {4 * high, 4 * low, width},
      width < kernels_.lanes,
      0,
      {},
      {}};
  // The innermost loop is the one over neighbours, unless it is short and another one is longer.
  for (const std::size_t other : {1, 0})
    if (loop.count[2] < 4 && loop.count[other] > loop.count[2]) {
      std::swap(loop.count[2], loop.count[other]);
      std::swap(loop.step[2], loop.step[other]);
    }
  return loop;
}

template <typename T>
const typename PassRunner<T>::Loops* PassRunner<T>::loops(const BlockStructure& structure,
                                                          const std::vector<int>& digits) {
  const auto [found, fresh] = known_loops_.try_emplace({&structure, digits});
  if (!fresh) return &found->second;
  const auto stride = [&](std::size_t k) { return lanes_ << (2 * digits[k]); };
  const bool two = structure.n_digits == 2;
  const auto offset = [&](int index) {
    const std::size_t second = two ? static_cast<std::size_t>(index >> 2) * stride(1) : 0;
    return static_cast<std::uint32_t>(static_cast<std::size_t>(index & 3) * stride(0) + second);
  };
  kernels::BlockLoop loop =
      two ? loop_over_others(stride(0), stride(1)) : loop_over_others(stride(0), tile_size_);
  for (const BlockStructure::Block& block : structure.blocks) {
    loop.n = static_cast<int>(block.rows.size());
    for (std::size_t i = 0; i < block.rows.size(); ++i) {
      loop.to[i] = offset(block.rows[i]);
      loop.from[i] = offset(block.columns[i]);
    }
    found->second.blocks.push_back(loop);
  }
  loop.n = 1;
  for (const int index : structure.fixed) {
    loop.from[0] = loop.to[0] = offset(index);
    found->second.fixed.push_back(loop);
  }
  return &found->second;
}

template <typename T>
std::size_t PassRunner<T>::base_of(const Tiling& tiling, std::size_t tile) const {
  std::size_t result = 0;
  for (std::size_t d = 0; d < tiling.outer.size(); ++d)
    result += ((tile >> (2 * d)) & 3) << (2 * tiling.outer[d]);
  return result * lanes_;
}

template <typename T>
void PassRunner<T>::gather(const Tiling& tiling, std::size_t base, const T* state, T* tile) const {
  for (const std::size_t run : tiling.runs) {
    std::memcpy(tile, state + base + run, run_ * sizeof(T));
    tile += run_;
  }
}

template <typename T>
void PassRunner<T>::scatter(const Tiling& tiling, std::size_t base, const T* tile, T* state) const {
  for (const std::size_t run : tiling.runs) {
    std::memcpy(state + base + run, tile, run_ * sizeof(T));
    tile += run_;
  }
}

template <typename T>
void PassRunner<T>::apply(const BlockStructure& structure, const Loops& loops,
                          const T* coefficients, const T* in, T* out) const {
  for (std::size_t b = 0; b < structure.blocks.size(); ++b) {
    const BlockStructure::Block& block = structure.blocks[b];
    const auto kernel = block.shape < 0 ? kernels_.apply_large
                                        : kernels_.apply[static_cast<std::size_t>(block.shape)];
    kernel(in, out, loops.blocks[b],
           coefficients + static_cast<std::size_t>(block.first_entry) * kernels_.lanes);
  }
  if (in == out) return;
  for (const kernels::BlockLoop& loop : loops.fixed) kernels_.copy(in, out, loop);
}

template <typename T>
void PassRunner<T>::add_environment(const Action& action, const T* lambda, const T* r,
                                    T* environment) const {
  const BlockStructure& structure = *row_of(action).forward;
  for (std::size_t b = 0; b < structure.blocks.size(); ++b) {
    const BlockStructure::Block& block = structure.blocks[b];
    const auto kernel = block.shape < 0
                            ? kernels_.environment_large
                            : kernels_.environment[static_cast<std::size_t>(block.shape)];
    kernel(lambda, r, action.forward->blocks[b],
           environment + action.environment +
               static_cast<std::size_t>(block.first_entry) * kernels_.lanes);
  }
}

template <typename T>
void PassRunner<T>::set_ground_state(T* state) const {
  // |0><0| = (I + Z)/2 on every qubit: 1 for every string of I and Z.
  std::fill_n(state, state_size(), T{0});
  for (std::size_t string = 0; string < std::size_t{1} << plan_.n_digits; ++string) {
    std::size_t index = 0;
    for (int q = 0; q < plan_.n_digits; ++q) index |= (3 * ((string >> q) & 1)) << (2 * q);
    std::fill_n(state + index * lanes_, lanes_, T{1});
  }
}

template <typename T>
void PassRunner<T>::forward_tile(const Tiling& tiling, const Bound& bound, T* tile) const {
  for (const Action& action : tiling.actions)
    if (action.step < 0)
      kernels_.swap_lane_digit(tile, tile_size_, action.stride);
    else
      apply(*row_of(action).forward, *action.forward, bound.forward(row_of(action)), tile, tile);
}

template <typename T>
typename PassRunner<T>::Workspace PassRunner<T>::workspace() const {
  return {static_cast<std::size_t>(omp_get_max_threads()), tile_size_};
}

template <typename T>
T* PassRunner<T>::Workspace::tile(std::size_t k) {
  std::vector<AlignedVector<T>>& mine = tiles_[static_cast<std::size_t>(omp_get_thread_num())];
  while (mine.size() <= k) mine.emplace_back(tile_size_);
  return mine[k].data();
}

template <typename T>
void PassRunner<T>::forward(std::size_t pass, const Bound& bound, const T* in, T* out,
                            Workspace& work) const {
  const Tiling& tiling = tilings_[pass];
  if (tiling.outer.empty()) {
    if (in != out) std::memcpy(out, in, state_size() * sizeof(T));
    return forward_tile(tiling, bound, out);
  }
  const std::size_t n_tiles = std::size_t{1} << (2 * tiling.outer.size());
#pragma omp parallel for schedule(static)
  for (std::size_t t = 0; t < n_tiles; ++t) {
    const std::size_t base = base_of(tiling, t);
    T* tile = work.tile(0);
    gather(tiling, base, in, tile);
    forward_tile(tiling, bound, tile);
    scatter(tiling, base, tile, out);
  }
}

// Replays the pass on saved[0], a copy of what the tile was, keeping the tile before every step
// that holds a parameter; then walks back.
template <typename T>
void PassRunner<T>::backward_tile(const Tiling& tiling, const Bound& bound, std::vector<T*>& saved,
                                  T* lambda, T* environment) const {
  std::size_t current = 0;
  for (const Action& action : tiling.actions) {
    T* r = saved[current];
    if (action.step < 0)
      kernels_.swap_lane_digit(r, tile_size_, action.stride);
    else
      apply(*row_of(action).forward, *action.forward, bound.forward(row_of(action)), r,
            action.differentiable ? saved[++current] : r);
  }
  for (auto action = tiling.actions.rbegin(); action != tiling.actions.rend(); ++action) {
    if (action->step < 0) {
      kernels_.swap_lane_digit(lambda, tile_size_, action->stride);
      continue;
    }
    if (action->differentiable) add_environment(*action, lambda, saved[--current], environment);
    apply(*row_of(*action).adjoint, *action->adjoint, bound.adjoint(row_of(*action)), lambda,
          lambda);
  }
}

template <typename T>
void PassRunner<T>::backward(std::size_t pass, const Bound& bound, const T* before, T* lambda,
                             std::vector<AlignedVector<double>>& environments,
                             Workspace& work) const {
  const Tiling& tiling = tilings_[pass];
  const std::size_t n_tiles = std::size_t{1} << (2 * tiling.outer.size());
  const std::size_t n_pieces = std::min(n_tiles, max_pieces);
  AlignedVector<T> pieces(n_pieces * tiling.n_environment, T{0});
#pragma omp parallel for schedule(static) if (n_pieces > 1)
  for (std::size_t piece = 0; piece < n_pieces; ++piece) {
    std::vector<T*> saved(tiling.n_saved + 1);
    for (std::size_t k = 0; k < saved.size(); ++k) saved[k] = work.tile(k);
    T* environment = pieces.data() + piece * tiling.n_environment;
    for (std::size_t t = piece * n_tiles / n_pieces; t < (piece + 1) * n_tiles / n_pieces; ++t) {
      const std::size_t base = base_of(tiling, t);
      gather(tiling, base, before, saved[0]);
      T* tile = n_tiles == 1 ? lambda : work.tile(saved.size());
      if (tile != lambda) gather(tiling, base, lambda, tile);
      backward_tile(tiling, bound, saved, tile, environment);
      if (tile != lambda) scatter(tiling, base, tile, lambda);
    }
  }
  for (const Action& action : tiling.actions)
    if (action.differentiable)
      for (std::size_t piece = 0; piece < n_pieces; ++piece)
        unpack(action, pieces.data() + piece * tiling.n_environment,
               environments[static_cast<std::size_t>(action.step)]);
}

// Adds a step's environment to the dense one; at a single binding the register's lanes are summed.
template <typename T>
void PassRunner<T>::unpack(const Action& action, const T* environment,
                           AlignedVector<double>& dense) const {
  const BlockStructure& structure = *row_of(action).forward;
  const std::size_t dim = structure.n_digits == 1 ? 4 : 16;
  const T* value = environment + action.environment;
  for (const BlockStructure::Entry& entry : structure.entries) {
    double* target = &dense[(static_cast<std::size_t>(entry.row) * dim +
                             static_cast<std::size_t>(entry.column)) *
                            lanes_];
    for (std::size_t l = 0; l < kernels_.lanes; ++l)
      target[l % lanes_] += static_cast<double>(*value++);
  }
}

template class PassRunner<double>;
template class PassRunner<float>;

}  // namespace rhodrift
