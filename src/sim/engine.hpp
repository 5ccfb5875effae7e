#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <rhodrift/circuit/angle.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/sim/program.hpp>

#include "core/parallel.hpp"
#include "sim/pass_runner.hpp"

namespace rhodrift {

/// A compiled circuit, for numbers of type T: its steps, and the plans to run them for one binding
/// and for many.
template <typename T>
class Engine {
 public:
  using Bound = typename StepTable<T>::Bound;
  using State = AlignedVector<T>;
  /// C(i, j) = Σ λ_i r_j of the steps that have derivatives (StepTable::Row::environment), dense,
  /// dim x dim x lanes of the binding.
  using Environments = std::vector<AlignedVector<double>>;

  /// Throws InputError when not even a run fits into the memory.
  Engine(const FusedCircuit& circuit, int n_qubits, const ProgramOptions& options,
         std::size_t batch_lanes = kernels::table<T>().lanes);

  const StepTable<T>& steps() const { return steps_; }
  const MemoryPlan& memory() const { return memory_; }
  /// The qubits, and idle ones up to the smallest number that can be run.
  int n_digits() const { return n_digits_; }
  const PassRunner<T>& single() const { return single_; }
  /// Of small circuits, in doubles, with batch_lanes.
  const std::optional<PassRunner<T>>& batch() const { return batch_; }

  /// As many bindings as the runner has lanes, or one for all of them.
  Bound bind(std::span<const Binding> bindings, Direction direction) const;

  State run(const PassRunner<T>& runner, const Bound& bound, State start) const;

  /// What a run leaves behind for the way back: states where passes begin, as the memory plan says,
  /// and the state at the end.
  struct Tape {
    std::vector<State> kept;
    State last;
  };
  Tape record(const PassRunner<T>& runner, const Bound& bound, State start) const;
  /// Carries λ back to the start.
  Environments back(const PassRunner<T>& runner, const Bound& bound, Tape tape, State lambda) const;

  /// The derivatives that the environments, which are overwritten, make: calls add(lane, angle,
  /// slope) for every angle of every step, and gives those in the numbers of the calibration,
  /// n_numbers x lanes, lanes innermost.
  AlignedVector<double> differentiate(
      const Bound& bound, Environments& environments,
      const std::function<void(std::size_t, const Angle&, double)>& add) const;

 private:
  Environments no_environments(const Bound& bound) const;

  int n_digits_;
  std::size_t n_numbers_;
  PassPlan plan_;
  MemoryPlan memory_;
  StepTable<T> steps_;
  PassRunner<T> single_;
  std::optional<PassRunner<T>> batch_;
};

/// Calls body(k) for n runs: threads share them if each has one tile, else the tiles of each.
template <typename T, typename Body>
void for_each_run(const PassRunner<T>& runner, std::size_t n, Body body) {
  if (runner.n_tiles() == 1) return parallel_for(n, body);
  for (std::size_t k = 0; k < n; ++k) body(k);
}

/// Throws InputError when a loss has not one derivative an observable.
void require_slopes(const arma::vec& slopes, std::size_t n_observables);

/// <O> from a state of `lanes` bindings.
template <typename T>
double expectation(const Observable& observable, const AlignedVector<T>& state, std::size_t lanes,
                   std::size_t lane);
/// λ += factor O
template <typename T>
void add_observable(const Observable& observable, double factor, AlignedVector<T>& lambda,
                    std::size_t lanes, std::size_t lane);

}  // namespace rhodrift
