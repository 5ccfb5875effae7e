#pragma once

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

// Passes that make circuits shorter before they are native gates: equal to what they are given up
// to a global phase, on the same qubits. Barriers, delays, measurements and resets stand still.

/// Adds up the angles of like rotations that commute past what lies between them, and takes out
/// like involutions (cx, cy, cz) in pairs, rotations by nothing, and `id`. Commutation is read off
/// the axes: a gate that is a polynomial in one Pauli of each of its qubits commutes with those
/// that have the same Pauli on every qubit that they share.
Circuit merge_commuting(const Circuit& circuit);

/// 2-qubit gates as cx, cz and 1-qubit gates; with `keep_rzz`, also as rzz.
Circuit in_cx_gates(const Circuit& circuit, bool keep_rzz);

/// Replaces runs of constant gates on two qubits by at most three cx with 1-qubit gates, where that
/// has fewer cx, cz and rzz. Takes circuits whose 2-qubit gates are those.
Circuit resynthesise_pairs(const Circuit& circuit);

/// All of them, until the number of 2-qubit gates stays.
Circuit simplify(const Circuit& circuit, bool keep_rzz);

}  // namespace rhodrift
