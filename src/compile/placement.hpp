#pragma once

#include <cstdint>
#include <optional>

#include "compile/embedding.hpp"
#include "compile/sabre.hpp"

namespace rhodrift {

/// Puts a circuit of 1- and 2-qubit gates on the device, by the cheapest of
///   - a layout on which every pair is coupled, if one is found (best_embedding),
///   - SABRE from `n_trials` connected layouts, each drawn back and forth through the circuit.
/// Throws InputError when no part of the device that is connected by working gates is large enough.
PlacedCircuit place_on_device(const Circuit& circuit, const Target& target, int n_trials,
                              std::uint64_t seed);

/// From this layout, by swaps where pairs are not coupled. Throws InputError when working gates do
/// not connect its qubits.
PlacedCircuit place_at_layout(const Circuit& circuit, const Target& target, const Layout& layout,
                              int n_trials, std::uint64_t seed);

/// The same circuit where the device does it best, if that is better than where it is.
void improve_layout(PlacedCircuit& placed, const Target& target);

}  // namespace rhodrift
