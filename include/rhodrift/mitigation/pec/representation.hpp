#pragma once

#include <armadillo>
#include <functional>
#include <string>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/transfer_matrix.hpp>

/// Probabilistic error cancellation: what noise did is undone by a mixture, with negative
/// probabilities, of operations that a device can do.
/// K. Temme, S. Bravyi, J. M. Gambetta, Phys. Rev. Lett. 119, 180509 (2017);
/// S. Endo, S. C. Benjamin, Y. Li, Phys. Rev. X 8, 031027 (2018).
namespace rhodrift::pec {

/// Something a device can do to one or two qubits.
struct Operation {
  std::string name;
  Circuit circuit;     ///< how
  TransferMatrix ptm;  ///< what it does
};
using Basis = std::vector<Operation>;

/// The 4 or 16 Paulis on 1 or 2 qubits, in the order of their base-4 index. They span the Pauli
/// channels. Every basis throws InputError on another number of qubits, and has products as its
/// 2-qubit operations: operation a of qubit 0 and b of qubit 1 is number a + n b, n being those of
/// one qubit.
Basis pauli_basis(int n_qubits);
/// 10 Clifford gates (1, X, Y, Z, √ of each, and half turns about the y-z, z-x and x-y diagonals)
/// and resets to |0>, |+> and |+i>: 13 channels that span the trace preserving maps of a qubit.
/// Their 169 products span the maps that keep the trace of each of two qubits: what relaxation,
/// depolarizing and local errors make, but not a coherent ZZ.
Basis channel_basis(int n_qubits);
/// The 10 gates and, in place of resets, 6 projections: Endo, Benjamin and Li's table I. 16 and 256
/// maps that span all. What loses trace cannot be an instance of a plan (see pec.hpp).
Basis endo_basis(int n_qubits);

/// The same operations with the noise that `apply` puts into their circuits: what a device really
/// can do. With a gate at the start of every circuit, representations are those of the gate.
Basis with_noise(const Basis& basis, const std::function<Circuit(const Circuit&)>& apply);

/// A linear map as Σ_i quasi(i) × operation i of a basis.
struct Representation {
  arma::vec quasi;
  double error = 0.0;  ///< largest |entry| of Σ quasi(i) R_i - R

  /// Σ|quasi|: by how much cancellation stretches the standard error.
  double gamma() const { return arma::accu(arma::abs(quasi)); }
};

/// How far a representation may be from its map by rounding.
inline constexpr double representation_rounding = 1e-9;

/// By linear equations: unique for pauli_basis and endo_basis, for others the one of least Σ
/// quasi². Throws InputError when the basis does not span the map, with the error that is left, and
/// when their dimensions differ.
Representation expand(const TransferMatrix& map, const Basis& basis);

/// The representation of smallest γ, by linear programming. With a `tolerance` above 0 it is that
/// among all maps which have no entry further than the tolerance from that of `map`, and the same
/// first row (the trace): a bias that is bounded in exchange for less variance.
/// Throws InputError as `expand` does, on a tolerance that is negative or not finite, and RunError
/// when the solver finds no optimum.
Representation optimal(const TransferMatrix& map, const Basis& basis, double tolerance = 0.0);

/// What undoes a channel. Throws InputError when its condition number is above 1e6.
TransferMatrix inverse_of(const TransferMatrix& channel);

/// Σ_i quasi(i) R_i
TransferMatrix map_of(const arma::vec& quasi, const Basis& basis);

}  // namespace rhodrift::pec
