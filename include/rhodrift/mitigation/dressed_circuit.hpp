#pragma once

#include <armadillo>
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/core/pauli.hpp>

/// Circuits that random Paulis go into without a gate more: the basis of Pauli twirling, of
/// probabilistic error cancellation and of probabilistic error amplification.
/// J. J. Wallman, J. Emerson, Phys. Rev. A 94, 052325 (2016).
namespace rhodrift {

/// The 1-qubit gates between two entanglers, maybe none, as one u3 whose angles are weights.
struct Slot {
  int qubit;
  arma::cx_mat22 unitary;  ///< of the gates that were there
  /// θ, φ and λ with Pauli b before them and a after them, at 4 a + b.
  std::array<std::array<double, 3>, 16> angles_rad;
};

/// A 2-qubit gate between slots. Paulis on its operands have base-4 indices, operand 0 the lower
/// digit.
struct Entangler {
  std::size_t instruction;          ///< in DressedCircuit::circuit
  std::vector<std::size_t> before;  ///< the slot before it, by operand
  std::vector<std::size_t> after;   ///< the slot after it, by operand

  /// U P U† = ± image.
  struct Twirl {
    std::size_t pauli;
    std::size_t image;
  };
  /// Every P that has one, ascending: all 16 of a Clifford gate, those that commute with rzz(θ).
  std::vector<Twirl> twirls;
  bool is_clifford() const { return twirls.size() == 16; }
};

/// Paulis to be merged into the slots of a dressed circuit. Signs do not matter: they are global
/// phases.
struct PauliFrame {
  std::vector<Pauli> before;  ///< by slot
  std::vector<Pauli> after;   ///< by slot

  /// Nothing but I.
  explicit PauliFrame(std::size_t n_slots) : before(n_slots), after(n_slots) {}
  /// Multiplies those before or after `slots` by the Pauli with this base-4 index, slots[0] taking
  /// the lowest digit.
  void insert_before(const std::vector<std::size_t>& slots, std::size_t pauli);
  void insert_after(const std::vector<std::size_t>& slots, std::size_t pauli);
};

/// A circuit whose weights 3s, 3s+1 and 3s+2 are θ, φ and λ of the u3 in slot s. Whatever the
/// frame, its gates are the same; what the device makes of a slot is two pulses always. So all
/// frames have the same noise (as far as pulses go), and their jobs share one circuit, compiled
/// once.
struct DressedCircuit {
  std::shared_ptr<const Circuit> circuit;
  std::vector<Slot> slots;  ///< those of one qubit in the order of time
  std::vector<Entangler> entanglers;

  /// With these Paulis in the slots. A frame of I is the original circuit.
  std::vector<double> weights(const PauliFrame& frame) const;
  Job job(const PauliFrame& frame, std::uint64_t shots) const;
};

/// The circuit at the given parameters, dressed: a slot on either side of every 2-qubit gate, and
/// wherever 1-qubit gates stand. Measurements, readout error, delays and barriers stay; no gate
/// moves across a delay or barrier, which Paulis do. Dress a circuit in native gates (translate),
/// so that the device adds none between a slot and its entangler, and before it is scheduled:
/// slots take longer than some of the gates that they replace.
/// Throws InputError on parameters that are missing or left over, on resets, post-selections,
/// channels and mid-circuit measurements, which Paulis cannot be carried through, and on a 2-qubit
/// gate that turns no Pauli but I into a Pauli.
DressedCircuit dress(const Circuit& circuit, const Binding& binding = {});

}  // namespace rhodrift
