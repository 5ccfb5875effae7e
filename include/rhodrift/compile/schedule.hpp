#pragma once

#include <string_view>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// A circuit in time.
struct ScheduledCircuit {
  Circuit circuit;               ///< with a `delay` in every stretch in which a qubit idles
  std::vector<double> start_s;   ///< by instruction, from the start of the first one
  std::vector<double> length_s;  ///< by instruction
  double duration_s = 0.0;       ///< until the end of the last one
};

/// Starts every instruction of a native circuit as late as those after it allow, so that qubits
/// leave |0> late, by the calibration's durations: those of gates, readout_duration_s for
/// measurements, a delay's own; barriers and post-selections take none. Instructions stand in the
/// order of their start, and where a qubit idles between two of its instructions a `delay` right
/// before the second. Before its first one, in |0>, and after its last one there is none.
/// Throws InputError that names the gate or qubit whose duration the calibration does not tell.
ScheduledCircuit schedule_alap(const Circuit& native, const Calibration& device,
                               const Layout& layout);

/// What fills idle time against slow noise.
enum class DecouplingSequence {
  none,
  xx,   ///< ¼ X ½ X ¼
  xy4,  ///< ⅛ X ¼ Y ¼ X ¼ Y ⅛ (Maudsley, J. Magn. Reson. 69, 488 (1986))
};

/// Throws InputError that lists the known names: "none", "xx", "xy4".
DecouplingSequence parse_decoupling_sequence(std::string_view name);

/// Puts the sequence into every delay that is at least twice as long as its pulses are together,
/// the fractions being those of the time that pulses leave. Delays after a reset stay: the qubit is
/// in |0>. Equal to the original up to a global phase. Throws InputError when a qubit with such a
/// delay has no x gate (or rx) with a duration.
ScheduledCircuit with_decoupling(const ScheduledCircuit& scheduled, DecouplingSequence sequence,
                                 const Calibration& device, const Layout& layout);

}  // namespace rhodrift
