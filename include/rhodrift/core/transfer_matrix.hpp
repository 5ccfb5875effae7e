#pragma once

#include <armadillo>

namespace rhodrift {

/// The Pauli transfer matrix (PTM) of a linear map E on k qubits, a real 4^k x 4^k matrix
///   R(i, j) = 2^-k tr(P_i E(P_j)),
/// with P_i the tensor product whose base-4 digits are those of i; operand 0 is the least
/// significant digit (see core/pauli.hpp for the digits).
using TransferMatrix = arma::mat;

/// PTM of ρ -> U ρ U†. U is 2^k x 2^k, operand 0 the least significant bit.
TransferMatrix unitary_transfer_matrix(const arma::cx_mat& unitary);

/// Derivative of unitary_transfer_matrix along dU:
///   dR(i, j) = 2^-k · 2 Re tr(P_i dU P_j U†).
TransferMatrix unitary_transfer_derivative(const arma::cx_mat& unitary,
                                           const arma::cx_mat& derivative);

/// The dense 2^k x 2^k matrix of the Pauli with the given base-4 index.
arma::cx_mat pauli_matrix(std::size_t index, int n_qubits);

}  // namespace rhodrift
