#pragma once

#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

enum class Channels { in, left_out };

/// What the instructions make of the state of `qubits`, qubits[0] being the lowest digit. All of
/// their operands are among these; barriers and delays do nothing.
TransferMatrix transfer_matrix_of(std::span<const Instruction> instructions,
                                  const std::vector<int>& qubits, const Binding& binding,
                                  Channels channels);

/// ρ -> Σ_m K_m ρ K_m†
TransferMatrix kraus_transfer_matrix(const std::vector<arma::cx_mat>& kraus);

}  // namespace rhodrift
