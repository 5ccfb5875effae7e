#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/compile/schedule.hpp>

namespace rhodrift {

struct CompileOptions {
  /// Where the circuit's qubits start; without it, where the device does the circuit best.
  std::optional<Layout> layout = {};
  /// Routing starts from that many layouts and keeps the one with the fewest swaps; >= 1.
  int n_trials = 40;
  std::uint64_t seed = 1;
  /// Delays in idle stretches, which takes a duration of every gate.
  bool schedule = true;
  DecouplingSequence decoupling = DecouplingSequence::none;  ///< takes a schedule
};

/// A circuit as the device runs it. Its angles are affine in the parameters of the source, so it is
/// compiled once and bound as often as one likes.
struct CompiledCircuit {
  /// Native gates on as many qubits as are used: those of the source, then the others that swaps
  /// went through. All that is read has its `measure`.
  Circuit circuit;
  Layout layout;  ///< the device qubit of each of its qubits
  /// The source's qubit i starts on qubit i of `circuit` and ends on final_qubit[i].
  std::vector<int> final_qubit;
  /// By instruction, from the start of the first one; empty without a schedule.
  std::vector<double> start_s;
  double duration_s = 0.0;  ///< 0 without a schedule
  /// Π (1 - ε) over gates with the errors that the calibration reports, a measurement's being
  /// (p10 + p01)/2; what has no figure counts as perfect. Idle time is not in it.
  double expected_fidelity = 1.0;

  /// An observable of the source's qubits, of the qubits they end on.
  Observable at_the_end(const Observable& of_source) const;
};

/// Translates to the device's native gates, chooses its qubits, routes and schedules. Equal to the
/// source up to a global phase and to where its qubits are. Deterministic by the seed.
///   - Swaps of the source are relabellings; gates that cancel, merge or have a shorter form on
///     their two qubits are replaced before and after routing. Barriers, delays, measurements,
///     resets and post-selections stand still.
///   - Gates with an error >= 1, and pairs and qubits without a reported error, are not used.
///   - A source without measurements reads qubit i into bit i, if it has at most 64 of them.
/// Throws InputError naming the instruction when the source holds noise; the gate and the qubits
/// when the device lacks a native gate for them or, with a schedule, its duration; the device and
/// what is left of it when working gates connect too few qubits; the option that is out of range.
CompiledCircuit compile(const Circuit& source, const Calibration& device,
                        const CompileOptions& options = {});

/// compile() with a memory: what was compiled before, for a source, calibration and options of the
/// same content, is not compiled again as long as someone holds it. Safe from several threads.
std::shared_ptr<const CompiledCircuit> compile_once(const Circuit& source,
                                                    const Calibration& device,
                                                    const CompileOptions& options = {});

}  // namespace rhodrift
