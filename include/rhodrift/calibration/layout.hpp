#pragma once

#include <vector>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// Device qubit layout[i] carries circuit qubit i.
using Layout = std::vector<int>;

/// Circuit qubit i on device qubit i.
Layout trivial_layout(int n_qubits);

/// Throws InputError when a layout has the wrong length, repeats a qubit or leaves the device.
void require_valid_layout(const Layout& layout, int n_circuit_qubits, const Calibration& device);

/// The device qubits that circuit qubits sit on.
std::vector<int> device_qubits(const Layout& layout, const std::vector<int>& circuit_qubits);

}  // namespace rhodrift
