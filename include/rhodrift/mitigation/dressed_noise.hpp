#pragma once

#include <armadillo>
#include <span>
#include <vector>

#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/core/transfer_matrix.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/dressed_circuit.hpp>

namespace rhodrift {

/// A place on one qubit: right before or right after a slot.
struct SlotSide {
  std::size_t slot;
  bool before;
};

/// Noise that joins two qubits which no entangler joins there, such as the coupling of neighbours
/// that wait.
struct JointNoise {
  std::vector<SlotSide> places;  ///< one a qubit, the first the lowest digit
  TransferMatrix ptm;
};

/// What a device adds to a dressed circuit: a channel after every slot and every entangler, and
/// those that join other qubits.
struct DressedNoise {
  std::vector<TransferMatrix> slots;       ///< 4 x 4
  std::vector<TransferMatrix> entanglers;  ///< 16 x 16, operand 0 the lower digit
  std::vector<JointNoise> joint;
  ReadoutError readout_error;
};

/// `noisy` is the dressed circuit as it is run: `dressed.circuit` in native gates and with channels
/// in it, its weights left open. Noise between two slots goes with the entangler there (that of
/// waits too), else with the slot before it; what happens before an entangler is carried through
/// it, exactly. A slot's noise depends on the Paulis in it when the noise of its pulses does not
/// commute with turns: here it is the mean over twirls of what stands around it, Paulis taken off
/// again, which is exact in first order of the noise, and in all orders for depolarizing pulses.
/// Joint noise is twirled by what stands around it on either qubit.
/// Throws InputError when `noisy` is not of this circuit, or joint noise stands within a slot,
/// before an entangler, or at a qubit without slots.
DressedNoise noise_of(const DressedCircuit& dressed, const Circuit& noisy);
/// Of on_device(*dressed.circuit, device).
DressedNoise noise_of(const DressedCircuit& dressed, const Device& device);

/// A Pauli channel that joins two qubits.
struct JointPauliNoise {
  std::vector<SlotSide> places;
  arma::vec fidelities;  ///< 16
};

/// Pauli channels after every slot and every entangler and joint ones, as fidelities: entry P, a
/// base-4 index, is what the channel multiplies the expectation of P by. 4 entries a slot, 16 an
/// entangler, the first 1.
struct PauliNoise {
  std::vector<arma::vec> slots;
  std::vector<arma::vec> entanglers;
  std::vector<JointPauliNoise> joint;

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
