#pragma once

#include <map>
#include <vector>

#include "sim/block_loops.hpp"
#include "sim/pass_plan.hpp"
#include "sim/step_table.hpp"
#include "sim/wide_product.hpp"

namespace rhodrift {

/// Runs the passes of a plan, forwards on states and backwards on observables. A state is 4^n
/// numbers, each `lanes` times in a batch; see PassPlan for where its qubits are.
template <typename T>
class PassRunner {
 public:
  using Bound = typename StepTable<T>::Bound;

  /// `lanes` > 1: every number stands for that many bindings, or for one binding of that many
  /// states, and the plan is one for a batch. As many as a register has lanes, or 4 where it has
  /// more.
  PassRunner(const StepTable<T>& steps, PassPlan plan, int n_low, std::size_t lanes);

  std::size_t n_passes() const { return plan_.passes.size(); }
  std::size_t lanes() const { return lanes_; }
  std::size_t state_size() const { return lanes_ << (2 * plan_.n_digits); }
  std::size_t n_tiles() const { return state_size() / tile_size_; }

  /// Room for tiles, for every thread that takes part; made once and used for all passes.
  class Workspace;
  Workspace workspace() const;

  /// Where a string stands in what the first pass begins with; the last one ends with all strings
  /// in order.
  std::size_t start_place(std::size_t string) const;
  /// |0…0> as the first pass expects it.
  AlignedVector<T> ground_state() const;
  /// Runs a pass on `in` and leaves the result in `out`, which may be `in`.
  void forward(std::size_t pass, const Bound& bound, const T* in, T* out, Workspace& work) const;
  /// λ <- Rᵀ λ through the pass, and environments[StepTable::Row::environment] += Σ λ_i r_j for
  /// each of its steps that has one, dense, dim x dim x lanes of the binding. `before` is the state
  /// that the pass began with.
  void backward(std::size_t pass, const Bound& bound, const T* before, T* lambda,
                std::vector<AlignedVector<double>>& environments, Workspace& work) const;
  /// The same from the state that the pass ended with, which becomes the one that it began with:
  /// r <- R⁻¹ r. Only if the steps have inverses.
  void backward_inverting(std::size_t pass, const Bound& bound, T* r, T* lambda,
                          std::vector<AlignedVector<double>>& environments, Workspace& work) const;

 private:
  struct Action {
    int step;
    std::size_t stride;  // exchange of the lane digit (step < 0)
    const BlockLoops<T>* forward = nullptr;
    const BlockLoops<T>* adjoint = nullptr;
    const BlockLoops<T>* inverse = nullptr;
    const WideProduct<T>* wide = nullptr;  // instead of the loops of a wide step
    bool differentiable = false;
    std::size_t environment = 0;  // where its environment starts among those of the pass
  };
  struct Environment {
    const typename StepTable<T>::Row* row;
    std::size_t start;
  };
  struct Tiling {
    std::vector<std::size_t> runs;  // of a tile, relative to its base
    std::vector<int> outer;         // positions that are not in the tile
    std::vector<Action> actions;
    std::vector<Environment> environments;
    std::size_t n_environment = 0;  // numbers of all of them
    std::size_t n_saved = 0;        // tile states to keep on the way back
  };

  Tiling tiling(const PassPlan::Pass& pass);
  /// Where a row's environment starts, made room for unless another row has the same.
  std::size_t environment_start(const typename StepTable<T>::Row& row, Tiling& tiling) const;
  const typename StepTable<T>::Row& row_of(const Action& action) const {
    return steps_.rows()[static_cast<std::size_t>(action.step)];
  }
  /// Made once for steps with the same structure and digits.
  const BlockLoops<T>* loops(const BlockStructure& structure, const std::vector<int>& digits,
                             const std::vector<std::size_t>& strides);
  std::size_t base_of(const Tiling& tiling, std::size_t tile) const;
  void apply(const Action& action, const Bound& bound, const T* in, T* out) const;
  void apply_adjoint(const Action& action, const Bound& bound, T* lambda) const;
  void apply_inverse(const Action& action, const Bound& bound, T* r) const;
  void forward_tile(const Tiling& tiling, const Bound& bound, T* tile) const;
  void backward_tile(const Tiling& tiling, const Bound& bound, std::vector<T*>& saved, T* lambda,
                     T* environment) const;
  void backward_tile_inverting(const Tiling& tiling, const Bound& bound, T* r, T* lambda,
                               T* environment) const;
  /// Calls run(base, environment) for every tile and sums the environments.
  template <typename Run>
  void for_each_tile(const Tiling& tiling, std::size_t lanes,
                     std::vector<AlignedVector<double>>& environments, Run run) const;
  void unpack(const BlockStructure& structure, const T* environment, std::size_t lanes,
              AlignedVector<double>& dense) const;

  const StepTable<T>& steps_;
  const kernels::Table<T>& kernels_;
  PassPlan plan_;
  std::size_t lanes_;
  int n_low_;
  int tile_digits_;
  std::size_t tile_size_, run_;
  std::map<std::pair<const BlockStructure*, std::vector<int>>, BlockLoops<T>> known_loops_;
  std::map<std::vector<int>, WideProduct<T>> known_wide_;
  std::vector<Tiling> tilings_;  // one a pass
};

template <typename T>
class PassRunner<T>::Workspace {
 public:
  Workspace(std::size_t n_threads, std::size_t tile_size)
      : tiles_(n_threads), tile_size_(tile_size) {}

  /// Tile k of the calling thread; of no particular content.
  T* tile(std::size_t k);

 private:
  std::vector<std::vector<AlignedVector<T>>> tiles_;  // by thread
  std::size_t tile_size_;
};

}  // namespace rhodrift
