#pragma once

#include <optional>

#include <rhodrift/calibration/layout.hpp>

namespace rhodrift {

/// The chain of n coupled qubits with the smallest
///   Σ_edges -log(1 - ε) + Σ_qubits [-log(1 - ε_sx) - log(1 - (p10 + p01)/2)],
/// ε the lowest reported error of a native 2-qubit gate on the edge. Edges and qubits with a figure
/// missing or an error >= 1 are left out. The end with the lower number comes first; of equal
/// chains the lexicographically first. Searches all chains: n up to about 12. nullopt when the
/// device has no such chain. Throws InputError when n < 1.
std::optional<Layout> find_path(const Calibration& device, int n_qubits);
/// The same, or an InputError.
Layout best_path(const Calibration& device, int n_qubits);

}  // namespace rhodrift
