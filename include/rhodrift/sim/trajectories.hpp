#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// A circuit that is run on pure states, 16·2^n bytes instead of the 8·4^n of a density matrix: at
/// every channel one of its Kraus operators is drawn, and what was random is averaged over many
/// such trajectories. docs/architecture.md ("Trajectories") explains the engine.
/// Program is exact, has gradients, and is the faster one as long as its state fits in the cache.
///
/// Trajectory t draws from a random stream of its own, a function of (seed, stream, t): results do
/// not depend on the number of threads, and different bindings can be compared on the same noise.
/// Cheap to copy.
class TrajectoryProgram {
 public:
  /// Throws InputError on channels of more than 2 qubits, on matrices that are not those of a
  /// channel (completely positive and trace preserving, see Channel), and on states that do not fit
  /// in memory.
  explicit TrajectoryProgram(const Circuit& circuit);

  int n_qubits() const;
  int n_weights() const;
  int n_features() const;

  /// tr(O_k ρ) from the given number of trajectories, at least 2. Like Program::expectations it
  /// does not know of the readout error; reported_observable() puts that into an observable.
  ///
  /// The trajectory that takes the most probable branch at every channel is computed once, with its
  /// probability, and the others are drawn on condition that they deviate from it:
  ///   value = p v_reference + (1 - p) mean,  std_error = (1 - p) s/√trajectories,
  /// s² the sample variance. The interval is Student's with trajectories - 1 degrees of freedom,
  /// its level 0.95. Estimates of one call come from the same trajectories and are correlated.
  ///
  /// With post-selection a trajectory has as its weight the probability of passing, and the value
  /// is a ratio of two such means, its std_error that of the ratio to first order.
  ///
  /// method "trajectories"; `shots` are the trajectories, `circuits` 1; a circuit without noise has
  /// std_error 0 and no shots. Diagnostics: "reference_probability", p, and with post-selection
  /// "postselection_probability".
  ///
  /// Throws InputError when a number of the binding is missing, left over or not finite, an
  /// observable reaches beyond the qubits, there are fewer than 2 trajectories, the states that are
  /// held at once and the values of all trajectories do not fit in memory, or no trajectory passes
  /// a post-selection.
  std::vector<Estimate> expectations(const Binding& binding,
                                     std::span<const Observable> observables,
                                     std::uint64_t trajectories, std::uint64_t seed,
                                     std::uint64_t stream = 0) const;

  /// The probability that all post-selections succeed, from the trajectories that expectations()
  /// uses for the same seed and stream. Throws as expectations(), but not when none passes.
  Estimate postselection_probability(const Binding& binding, std::uint64_t trajectories,
                                     std::uint64_t seed, std::uint64_t stream = 0) const;

  /// What a device reports: the circuit's classical bits, mid-circuit ones included, with its
  /// readout error. Each shot is a trajectory of its own, so shots are independent; several from
  /// one would share its errors, and frequencies would scatter more than their number says. Shots
  /// are those that pass the post-selections: trajectories are tried until one does.
  /// Throws InputError as above, on a readout error of a bit that is not there, and when none of
  /// 100000 trajectories passes.
  ShotTable sample(const Binding& binding, std::uint64_t shots, std::uint64_t seed,
                   std::uint64_t stream = 0) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace rhodrift
