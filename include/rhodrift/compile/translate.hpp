#pragma once

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// The circuit in gates the device has, its qubit i on device qubit layout[i]; qubit numbers stay
/// the circuit's own, angles stay symbolic. Equal to the original up to a global phase.
/// Gates the device lists on their operands stay as they are. Other 1-qubit gates become rz and sx,
///   u3(θ, φ, λ) = rz(φ + π) · sx · rz(θ + π) · sx · rz(λ),
/// where the device has those, or u3, u2 and p (OpenQASM 2's u1), or rz and rx. Other 2-qubit gates
/// go through cx, which becomes cx, ecr, cz, rzz or rxx, or two sqrt_iswap, xy or iswap, the first
/// of these that the pair has, in the direction it has. A faulty gate (a reported error >= 1) is
/// taken where no other works: whether it may run is for the noise policy to say. Nothing is merged
/// or cancelled, so folded circuits stay folded; compile() does that. Throws InputError that names
/// the gate and the qubits when what it becomes is not there. Routing is not done here: operands
/// must be coupled.
Circuit translate(const Circuit& circuit, const Calibration& device, const Layout& layout);

}  // namespace rhodrift
