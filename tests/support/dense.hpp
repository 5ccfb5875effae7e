#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/core/random.hpp>

/// Dense operators by their definitions, the part of the oracle that knows no circuits. Qubit 0 is
/// the least significant bit of every index.
namespace oracle {

/// A real matrix as a complex one.
arma::cx_mat complex(const arma::mat& real);

/// P_0 ⊗ … with the base-4 digits of `index`, digit 0 rightmost; from the Kronecker definition.
arma::cx_mat pauli(std::size_t index, int n_qubits);

/// A k-qubit operator on the given qubits of n: identities to its left, then a permutation matrix
/// that brings operand i to qubit qubits[i].
arma::cx_mat embed(const arma::cx_mat& local, const std::vector<int>& qubits, int n_qubits);

using Kraus = std::vector<arma::cx_mat>;

/// Σ_m K_m X K_m†
arma::cx_mat apply_kraus(const Kraus& kraus, const arma::cx_mat& x);

/// R(i, j) = 2^-k tr(P_i E(P_j)) by that definition.
arma::mat transfer_matrix(const Kraus& kraus);

/// Kraus operators of a transfer matrix, from the eigenvectors of its Choi matrix.
Kraus kraus_of(const arma::mat& transfer_matrix);

// --- Random material -------------------------------------------------------------------------

/// A random channel: the `n_kraus` square blocks of a random isometry. Not unital in general.
Kraus random_kraus(int n_qubits, int n_kraus, rhodrift::RandomStream& random);
arma::cx_mat random_unitary(int n_qubits, rhodrift::RandomStream& random);
/// A random full-rank density matrix.
arma::cx_mat random_density(int n_qubits, rhodrift::RandomStream& random);
/// `count` different qubits of n in random order.
std::vector<int> random_operands(int count, int n_qubits, rhodrift::RandomStream& random);
std::vector<double> random_angles(int count, rhodrift::RandomStream& random);

}  // namespace oracle
