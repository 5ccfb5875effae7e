#pragma once

#include <armadillo>
#include <span>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// A constant gate on one or both of two qubits as a 4 x 4 matrix in which `low` is the least
/// significant bit. The gate's operands are not checked.
arma::cx_mat pair_unitary(const Instruction& gate, int low);

/// The product of constant gates and barriers on qubits 0 and 1, of which 0 is the least
/// significant bit.
arma::cx_mat pair_unitary(std::span<const Instruction> instructions);

}  // namespace rhodrift
