#pragma once

#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/routed_circuit.hpp>
#include <rhodrift/device/device.hpp>

namespace rhodrift {

/// The qubits of the device that do the circuit best: where all its pairs are neighbours in the
/// order of its qubits, the best chain (best_path), if there is one; else compile's own choice.
/// Throws InputError as compile does, as when working gates connect too few qubits.
Layout choose_layout(const Circuit& circuit, const Calibration& device);

/// Whether the device lists a 2-qubit gate for every pair that a gate joins, at this layout. Faulty
/// gates count: whether they may run is for the noise policy to say.
/// Throws InputError as require_valid_layout does.
bool fits(const Circuit& circuit, const Calibration& device, const Layout& layout);

/// The circuit at this layout. Where it fits it stays as it is, in its own gates. Else compile()
/// routes it, in native gates without a schedule, in few swaps, which may go through qubits that
/// are not in the layout. Angles stay affine in weights and features, and nothing is measured: a
/// circuit is routed once, for all states of a device and all noise. Throws InputError when the
/// circuit measures, as compile does, and where routing would lose the last weight or feature, as
/// it does when its gates cancel whatever its value.
RoutedCircuit route(const Circuit& circuit, const std::vector<Observable>& observables,
                    const Calibration& device, const Layout& layout);

/// on_device of a circuit that may measure, routed by compile() where it does not fit the device's
/// layout: what is read into a bit stays in it. Throws InputError as on_device and compile do.
Circuit routed_on_device(const Circuit& circuit, const Device& device, double noise_scale = 1.0);

}  // namespace rhodrift
