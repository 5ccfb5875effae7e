#pragma once

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>

#include "compile/target.hpp"

namespace rhodrift {

/// What rhodrift/compile/translate.hpp promises, on a target; the layout fits the circuit.
Circuit in_native_gates(const Circuit& circuit, const Target& target, const Layout& layout);

/// Every run of 1-qubit gates of a native circuit in as few pulses as there are, equal up to a
/// global phase:
///   rz · sx · rz · sx · rz with fewer sx where that does, one x or one rx where the device has it.
/// Symbolic z rotations stay where they stand in the run, but for those that meet or have only
/// turns by π about x or y between them, which are added up: angles stay affine.
Circuit merge_one_qubit_runs(const Circuit& native, const Target& target, const Layout& layout);

}  // namespace rhodrift
