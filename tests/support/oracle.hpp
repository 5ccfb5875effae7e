#pragma once

#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/random.hpp>

#include "support/dense.hpp"

/// A slow, plain reference for everything the simulator does: density matrices as dense matrices,
/// Kraus operators written out over all qubits, gates from their definitions in qelib1.inc. It
/// shares no numerical code with the library. Qubit 0 is the least significant bit of every index.
namespace oracle {

/// A gate as OpenQASM 2 defines it: a product of U(θ, φ, λ) and CX. Equal to the operation's
/// unitary up to a global phase. Operand 0 is the least significant bit.
arma::cx_mat gate_matrix(rhodrift::Op op, const std::vector<double>& angles_rad);

/// The unitary of a circuit's gates, by explicit Kronecker products of the operation table's
/// matrices, whose phases gate_matrix has not. Barriers and measurements are passed over.
arma::cx_mat unitary_of(const rhodrift::Circuit& circuit, const rhodrift::Binding& binding = {});

/// ρ after the circuit, from |0…0>, before its final measurements, given its post-selections.
arma::cx_mat evolve(const rhodrift::Circuit& circuit, const std::vector<double>& weights = {},
                    const std::vector<double>& features = {});

/// The probability that all post-selections succeed.
double postselection_probability(const rhodrift::Circuit& circuit,
                                 const std::vector<double>& weights = {},
                                 const std::vector<double>& features = {});

/// Σ_k coefficient tr(P ρ) with the Pauli strings as dense matrices.
double expectation(const rhodrift::Observable& observable, const arma::cx_mat& density);

/// The confusion of all n bits as one 2^n x 2^n matrix, column = prepared.
arma::mat confusion(const rhodrift::ReadoutError& error, int n_bits);

/// What is read into the circuit's classical bits, given ρ and that nothing is read mid-circuit.
arma::vec reported_probabilities(const rhodrift::Circuit& circuit, const arma::cx_mat& density);

/// What is read into the classical bits of a circuit that has measurements, a state being followed
/// for every record of outcomes.
arma::vec recorded_probabilities(const rhodrift::Circuit& circuit,
                                 const std::vector<double>& weights = {},
                                 const std::vector<double>& features = {});

// --- Random material -------------------------------------------------------------------------

/// A column-stochastic 2^k x 2^k matrix on the given bits, mostly right.
rhodrift::ConfusionMatrix random_confusion(std::vector<int> bits, rhodrift::RandomStream& random);

struct RandomCircuit {
  int n_qubits = 3;
  int n_instructions = 30;
  int n_weights = 0;   ///< angles are affine in that many weights …
  int n_features = 0;  ///< … and features
  bool noisy = true;   ///< channels and resets among the gates
};
rhodrift::Circuit random_circuit(const RandomCircuit& shape, rhodrift::RandomStream& random);

/// `n_bits` parts of that shape, after each of which some qubit is read into the next bit; qubits
/// are read repeatedly or never. With post-selections some qubit is found as wanted after every
/// second part.
rhodrift::Circuit random_measured_circuit(const RandomCircuit& part, int n_bits,
                                          bool postselections, rhodrift::RandomStream& random);

}  // namespace oracle
