#pragma once

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// The circuit in gates the device has, its qubit i on device qubit layout[i]; qubit numbers stay
/// the circuit's own, angles stay symbolic. Equal to the original up to a global phase.
/// Gates the device lists on their operands stay as they are. Other 1-qubit gates become rz and sx,
///   u3(θ, φ, λ) = rz(φ + π) · sx · rz(θ + π) · sx · rz(λ),
/// other 2-qubit gates go through cx, which becomes cx, ecr or cz, whichever the pair has, in the
/// direction it has. Nothing is merged or cancelled, so folded circuits stay folded.
/// Throws InputError that names the gate and the pair when no native 2-qubit gate joins them, or
/// when the device lacks rz or sx. Routing is not done here: operands must be coupled.
Circuit translate(const Circuit& circuit, const Calibration& device, const Layout& layout);

}  // namespace rhodrift
