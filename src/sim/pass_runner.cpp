#include "sim/pass_runner.hpp"

#include <algorithm>
#include <cstring>

#include <omp.h>

#include "sim/z_strings.hpp"

namespace rhodrift {

namespace {

// Environments of a pass are summed in so many pieces, whatever the number of threads.
constexpr std::size_t max_pieces = 16;

}  // namespace

template <typename T>
PassRunner<T>::PassRunner(const StepTable<T>& steps, PassPlan plan, int n_low, std::size_t lanes)
    : steps_(steps), kernels_(kernels::table<T>()), plan_(std::move(plan)), lanes_(lanes) {
  tile_digits_ = plan_.passes.empty() ? plan_.n_digits
                                      : static_cast<int>(plan_.passes.front().positions.size());
  n_low_ = std::min(n_low, tile_digits_);
  tile_size_ = lanes_ << (2 * tile_digits_);
  run_ = lanes_ << (2 * n_low_);
  for (const PassPlan::Pass& pass : plan_.passes) tilings_.push_back(tiling(pass));
}

template <typename T>
typename PassRunner<T>::Tiling PassRunner<T>::tiling(const PassPlan::Pass& pass) {
  Tiling tiling;
  for (int position = 0; position < plan_.n_digits; ++position)
    if (std::ranges::find(pass.positions, position) == pass.positions.end())
      tiling.outer.push_back(position);
  std::vector<std::size_t> in_tile, in_state;  // strides
  for (const int position : pass.positions) {
    in_tile.push_back(lanes_ << (2 * in_tile.size()));
    in_state.push_back(lanes_ << (2 * position));
  }
  for (std::size_t r = 0; r < tile_size_ / run_; ++r) {
    std::size_t offset = 0;
    for (std::size_t d = static_cast<std::size_t>(n_low_); d < in_state.size(); ++d)
      offset += ((r * run_ / in_tile[d]) & 3) * in_state[d];
    tiling.runs.push_back(offset);
  }
  for (const PassPlan::Action& planned : pass.actions) {
    Action action{planned.step, in_tile[static_cast<std::size_t>(planned.digits[0])]};
    if (planned.step >= 0) {
      const auto& row = steps_.rows()[static_cast<std::size_t>(planned.step)];
      if (row.wide.is_empty()) {
        action.forward = loops(*row.forward, planned.digits, in_tile);
        action.adjoint = loops(*row.adjoint, planned.digits, in_tile);
        if (row.inverse != nullptr) action.inverse = loops(*row.inverse, planned.digits, in_tile);
      } else {
        action.wide =
            &known_wide_.try_emplace(planned.digits, planned.digits, in_tile).first->second;
      }
      action.differentiable = row.environment >= 0;
      if (action.differentiable) {
        action.environment = environment_start(row, tiling);
        ++tiling.n_saved;
      }
    }
    tiling.actions.push_back(action);
  }
  return tiling;
}

template <typename T>
std::size_t PassRunner<T>::environment_start(const typename StepTable<T>::Row& row,
                                             Tiling& tiling) const {
  const auto found = std::ranges::find_if(tiling.environments, [&](const Environment& other) {
    return other.row->environment == row.environment;
  });
  if (found != tiling.environments.end()) return found->start;
  tiling.environments.push_back({&row, tiling.n_environment});
  tiling.n_environment += row.forward->entries.size() * kernels_.lanes;
  return tiling.environments.back().start;
}

template <typename T>
const BlockLoops<T>* PassRunner<T>::loops(const BlockStructure& structure,
                                          const std::vector<int>& digits,
                                          const std::vector<std::size_t>& strides) {
  const auto [found, fresh] =
      known_loops_.try_emplace({&structure, digits}, structure, digits, strides);
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
std::size_t PassRunner<T>::start_place(std::size_t string) const {
  std::size_t place = 0;
  for (std::size_t q = 0; q < plan_.qubit_positions.size(); ++q)
    place |= ((string >> (2 * q)) & 3) << (2 * plan_.qubit_positions[q]);
  return place;
}

// |0><0| = (I + Z)/2 on every qubit: 1 for every string of I and Z, whatever their order.
template <typename T>
AlignedVector<T> PassRunner<T>::ground_state() const {
  AlignedVector<T> state(state_size());
  // A tile's worth by every thread: the system then hands out the memory to all of them.
#pragma omp parallel for schedule(static) if (n_tiles() > 1)
  for (std::size_t t = 0; t < n_tiles(); ++t)
    std::fill_n(state.data() + t * tile_size_, tile_size_, T{0});
  for (std::uint64_t string = 0; string < std::uint64_t{1} << plan_.n_digits; ++string)
    std::fill_n(state.data() + z_index(string) * lanes_, lanes_, T{1});
  return state;
}

template <typename T>
void PassRunner<T>::apply(const Action& action, const Bound& bound, const T* in, T* out) const {
  if (action.wide != nullptr)
    action.wide->apply(row_of(action).wide, in, out);
  else
    action.forward->apply(bound.forward(row_of(action)), in, out);
}

template <typename T>
void PassRunner<T>::apply_adjoint(const Action& action, const Bound& bound, T* lambda) const {
  if (action.wide != nullptr)
    action.wide->apply_transposed(row_of(action).wide, lambda, lambda);
  else
    action.adjoint->apply(bound.adjoint(row_of(action)), lambda, lambda);
}

template <typename T>
void PassRunner<T>::apply_inverse(const Action& action, const Bound& bound, T* r) const {
  if (action.wide != nullptr)
    action.wide->apply(row_of(action).wide_inverse, r, r);
  else
    action.inverse->apply(bound.inverse(row_of(action)), r, r);
}

template <typename T>
void PassRunner<T>::forward_tile(const Tiling& tiling, const Bound& bound, T* tile) const {
  for (const Action& action : tiling.actions)
    if (action.step < 0)
      kernels_.swap_lane_digit(tile, tile_size_, action.stride);
    else
      apply(action, bound, tile, tile);
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
  // Whoever is free takes the next: a core that is held up for a moment does not hold up the pass.
#pragma omp parallel for schedule(dynamic, 2)
  for (std::size_t t = 0; t < n_tiles; ++t) {
    const std::size_t base = base_of(tiling, t);
    T* tile = work.tile(0);
    kernels_.gather(in + base, tiling.runs, run_, tile);
    forward_tile(tiling, bound, tile);
    kernels_.scatter(tile, tiling.runs, run_, out + base);
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
      apply(action, bound, r, action.differentiable ? saved[++current] : r);
  }
  for (auto action = tiling.actions.rbegin(); action != tiling.actions.rend(); ++action) {
    if (action->step < 0) {
      kernels_.swap_lane_digit(lambda, tile_size_, action->stride);
      continue;
    }
    if (action->differentiable)
      action->forward->add_environment(lambda, saved[--current], environment + action->environment);
    apply_adjoint(*action, bound, lambda);
  }
}

template <typename T>
void PassRunner<T>::backward_tile_inverting(const Tiling& tiling, const Bound& bound, T* r,
                                            T* lambda, T* environment) const {
  for (auto action = tiling.actions.rbegin(); action != tiling.actions.rend(); ++action) {
    if (action->step < 0) {
      kernels_.swap_lane_digit(r, tile_size_, action->stride);
      kernels_.swap_lane_digit(lambda, tile_size_, action->stride);
      continue;
    }
    apply_inverse(*action, bound, r);
    if (action->differentiable)
      action->forward->add_environment(lambda, r, environment + action->environment);
    apply_adjoint(*action, bound, lambda);
  }
}

template <typename T>
template <typename Run>
void PassRunner<T>::for_each_tile(const Tiling& tiling, std::size_t lanes,
                                  std::vector<AlignedVector<double>>& environments, Run run) const {
  const std::size_t n_tiles = std::size_t{1} << (2 * tiling.outer.size());
  const std::size_t n_pieces = std::min(n_tiles, max_pieces);
  AlignedVector<T> pieces(n_pieces * tiling.n_environment, T{0});
#pragma omp parallel for schedule(dynamic) if (n_pieces > 1)
  for (std::size_t piece = 0; piece < n_pieces; ++piece)
    for (std::size_t t = piece * n_tiles / n_pieces; t < (piece + 1) * n_tiles / n_pieces; ++t)
      run(base_of(tiling, t), pieces.data() + piece * tiling.n_environment);
  for (const Environment& environment : tiling.environments)
    for (std::size_t piece = 0; piece < n_pieces; ++piece)
      unpack(*environment.row->forward,
             pieces.data() + piece * tiling.n_environment + environment.start, lanes,
             environments[static_cast<std::size_t>(environment.row->environment)]);
}

template <typename T>
void PassRunner<T>::backward(std::size_t pass, const Bound& bound, const T* before, T* lambda,
                             std::vector<AlignedVector<double>>& environments,
                             Workspace& work) const {
  const Tiling& tiling = tilings_[pass];
  for_each_tile(tiling, bound.lanes(), environments, [&](std::size_t base, T* environment) {
    std::vector<T*> saved(tiling.n_saved + 1);
    for (std::size_t k = 0; k < saved.size(); ++k) saved[k] = work.tile(k);
    kernels_.gather(before + base, tiling.runs, run_, saved[0]);
    if (tiling.outer.empty()) return backward_tile(tiling, bound, saved, lambda, environment);
    T* tile = work.tile(saved.size());
    kernels_.gather(lambda + base, tiling.runs, run_, tile);
    backward_tile(tiling, bound, saved, tile, environment);
    kernels_.scatter(tile, tiling.runs, run_, lambda + base);
  });
}

template <typename T>
void PassRunner<T>::backward_inverting(std::size_t pass, const Bound& bound, T* r, T* lambda,
                                       std::vector<AlignedVector<double>>& environments,
                                       Workspace& work) const {
  const Tiling& tiling = tilings_[pass];
  for_each_tile(tiling, bound.lanes(), environments, [&](std::size_t base, T* environment) {
    if (tiling.outer.empty()) return backward_tile_inverting(tiling, bound, r, lambda, environment);
    T* r_tile = work.tile(0);
    T* lambda_tile = work.tile(1);
    kernels_.gather(r + base, tiling.runs, run_, r_tile);
    kernels_.gather(lambda + base, tiling.runs, run_, lambda_tile);
    backward_tile_inverting(tiling, bound, r_tile, lambda_tile, environment);
    kernels_.scatter(r_tile, tiling.runs, run_, r + base);
    kernels_.scatter(lambda_tile, tiling.runs, run_, lambda + base);
  });
}

// Adds a step's environment to the dense one, of `lanes` bindings: a register holds as many sums of
// each as it has room for.
template <typename T>
void PassRunner<T>::unpack(const BlockStructure& structure, const T* environment, std::size_t lanes,
                           AlignedVector<double>& dense) const {
  const std::size_t dim = structure.n_digits == 1 ? 4 : 16;
  const T* value = environment;
  for (const BlockStructure::Entry& entry : structure.entries) {
    double* target = &dense[(static_cast<std::size_t>(entry.row) * dim +
                             static_cast<std::size_t>(entry.column)) *
                            lanes];
    for (std::size_t b = 0; b < lanes; ++b) {
      T sum{0};
      for (std::size_t l = b; l < kernels_.lanes; l += lanes) sum += value[l];
      target[b] += static_cast<double>(sum);
    }
    value += kernels_.lanes;
  }
}

template class PassRunner<double>;
template class PassRunner<float>;

}  // namespace rhodrift
