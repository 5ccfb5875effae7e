#pragma once

#include <armadillo>
#include <span>
#include <vector>

#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/core/transfer_matrix.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/dressed_circuit.hpp>

namespace rhodrift {

/// What a device adds to a dressed circuit: a channel after every slot and every entangler.
struct DressedNoise {
  std::vector<TransferMatrix> slots;       ///< 4 x 4
  std::vector<TransferMatrix> entanglers;  ///< 16 x 16, operand 0 the lower digit
  ReadoutError readout_error;
};

/// `noisy` is the dressed circuit as it is run: `dressed.circuit` in native gates and with channels
/// in it, its weights left open. Noise between two slots goes with the entangler there (that of
/// waits too), else with the slot before it; what happens before an entangler is carried through
/// it, exactly. A slot's noise depends on the Paulis in it when the noise of its pulses does not
/// commute with turns: here it is the mean over twirls of what stands around it, Paulis taken off
/// again. That is exact in first order of the noise, and in all orders for depolarizing pulses.
/// Throws InputError when `noisy` is not of this circuit, or a channel joins qubits that no
/// entangler joins there.
DressedNoise noise_of(const DressedCircuit& dressed, const Circuit& noisy);
/// Of on_device(*dressed.circuit, device).
DressedNoise noise_of(const DressedCircuit& dressed, const Device& device);

/// Pauli channels after every slot and every entangler, as fidelities: entry P, a base-4 index, is
/// what the channel multiplies the expectation of P by. 4 entries a slot, 16 an entangler, the
/// first 1.
struct PauliNoise {
  std::vector<arma::vec> slots;
  std::vector<arma::vec> entanglers;

  /// No noise.
  static PauliNoise none(const DressedCircuit& dressed);
};

/// What twirling makes of the noise: the diagonals of its matrices. Throws InputError that names an
/// entangler that is no Clifford gate, whose noise cannot be twirled into a Pauli channel.
PauliNoise pauli_twirled(const DressedCircuit& dressed, const DressedNoise& noise);

/// One generator of a sparse Pauli-Lindblad model.
struct LindbladTerm {
  std::size_t pauli;  ///< base-4 index
  double rate;        ///< λ >= 0
};

/// The fidelities of exp(Σ λ_P (P·P - 1)) on n qubits: f_Q = exp(-2 Σ λ_P), over the P that
/// anticommute with Q. E. van den Berg et al., Nature Physics 19, 1116 (2023).
/// Throws InputError when a rate is negative or not finite or a Pauli is beyond n qubits.
arma::vec lindblad_fidelities(int n_qubits, std::span<const LindbladTerm> terms);

}  // namespace rhodrift
