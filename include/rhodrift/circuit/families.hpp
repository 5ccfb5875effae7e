#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>

/// Circuits of known kinds, to try methods and devices on. None has measurements: every qubit i is
/// read into bit i. Two-qubit gates are between neighbours q and q + 1, so that a circuit runs on a
/// path of coupled device qubits without routing; only qaoa takes whatever edges it is given.
/// What is random is a function of the seed. Everything throws InputError on fewer than 1 qubit or
/// a negative number of layers.
namespace rhodrift::families {

/// (|0…0> + |1…1>)/√2: h on qubit 0, then a chain of cx.
Circuit ghz(int n_qubits);

/// A circuit that ends in a computational basis state.
struct MirrorCircuit {
  Circuit circuit;
  std::vector<bool> outcome;  ///< what an error-free run reads, by bit
  /// The parity of all bits with the sign that makes it 1 in an error-free run.
  Observable parity() const;
};

/// T. Proctor et al., Nat. Phys. 18, 75 (2022): `n_layers` random layers, each a random 1-qubit
/// Clifford on every qubit and then cx on random disjoint pairs of neighbours, as many as fit in
/// with probability 1/2 each; a random Pauli on every qubit; the layers undone. Barriers stand on
/// both sides of the Paulis. n_layers >= 1.
MirrorCircuit mirror(int n_qubits, int n_layers, std::uint64_t seed);

using Edges = std::vector<std::pair<int, int>>;
/// 0-1, 1-2, …, those with an even first qubit before those with an odd one.
Edges chain_edges(int n_qubits);
/// The chain and, of more than 2 qubits, the edge that closes it.
Edges ring_edges(int n_qubits);

/// Angles of p QAOA layers.
struct QaoaAngles {
  std::vector<double> gamma_rad;
  std::vector<double> beta_rad;
};
/// The largest p that qaoa_angles knows.
inline constexpr int max_known_qaoa_layers = 4;
/// The best angles for MaxCut on a ring of at least 2p + 2 qubits, which cut a share of
/// (2p + 1)/(2p + 2) of its edges; good ones on a chain. p in 1..max_known_qaoa_layers. For p = 1:
/// E. Farhi, J. Goldstone, S. Gutmann, arXiv:1411.4028; for the others the optimum was found
/// numerically, to 8 digits.
QaoaAngles qaoa_angles(int n_layers);

/// MaxCut by QAOA: from |+…+> for each layer exp(-iγ C), then exp(-iβ Σ X_q), C being `cut(edges)`,
/// up to a global phase: h, rzz and rx.
/// Throws InputError when there is not a β for each γ or an edge leaves the qubits.
Circuit qaoa(int n_qubits, const Edges& edges, const QaoaAngles& angles);

/// Σ (1 - Z_a Z_b)/2 over the edges: how many of them are cut.
Observable cut(const Edges& edges);

/// `n_layers` layers in native gates, rz · sx on every qubit and cx between neighbours, in turn
/// those from even and from odd qubits; then rz · sx once more on every qubit. Angles are random
/// multiples of π/2, but for `n_non_clifford` of them at random places: those are uniform in
/// [0, 2π). Throws InputError when there are fewer rz than that, n_qubits (n_layers + 1).
Circuit random_clifford_rz(int n_qubits, int n_layers, std::uint64_t seed, int n_non_clifford);

}  // namespace rhodrift::families
