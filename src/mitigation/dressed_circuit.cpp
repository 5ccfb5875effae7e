#include <cmath>
#include <optional>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/transfer_matrix.hpp>
#include <rhodrift/mitigation/dressed_circuit.hpp>

#include "core/euler_angles.hpp"

namespace rhodrift {

namespace {

std::vector<double> values_of(const std::vector<Angle>& constants) {
  std::vector<double> values;
  for (const Angle& angle : constants) values.push_back(angle.offset_rad());
  return values;
}

// A column of the transfer matrix with a single entry, ±1, is a Pauli that becomes a Pauli.
std::vector<Entangler::Twirl> twirls_of(const arma::cx_mat& unitary) {
  constexpr double rounding = 1e-9;
  const arma::mat sizes = arma::abs(unitary_transfer_matrix(unitary));
  std::vector<Entangler::Twirl> twirls;
  for (arma::uword p = 0; p < sizes.n_cols; ++p)
    if (const arma::uword image = sizes.col(p).index_max(); sizes(image, p) > 1.0 - rounding)
      twirls.push_back({p, image});
  return twirls;
}

Slot slot_with(int qubit, const arma::cx_mat22& unitary) {
  Slot slot{qubit, unitary, {}};
  for (std::size_t after = 0; after < 4; ++after)
    for (std::size_t before = 0; before < 4; ++before) {
      const auto [theta, phi, lambda] =
          EulerAngles::of(pauli_matrix(after, 1) * unitary * pauli_matrix(before, 1));
      slot.angles_rad[4 * after + before] = {theta, phi, lambda};
    }
  return slot;
}

class Dressing {
 public:
  explicit Dressing(const Circuit& bound)
      : bound_(bound),
        circuit_(bound.n_qubits()),
        wires_(static_cast<std::size_t>(bound.n_qubits())) {
    for (std::size_t i = 0; i < bound.instructions().size(); ++i) add(i);
    for (int q = 0; q < bound.n_qubits(); ++q) close(q);
    circuit_.set_readout_error(bound.readout_error());
  }

  DressedCircuit take() {
    return {std::make_shared<const Circuit>(std::move(circuit_)), std::move(slots_),
            std::move(entanglers_)};
  }

 private:
  struct Wire {
    std::optional<arma::cx_mat22> run;  // 1-qubit gates that are in no slot yet
    // Which entangler awaits its slot after it, and as which operand of it.
    std::optional<std::pair<std::size_t, std::size_t>> awaiting;
  };

  Wire& wire(int qubit) { return wires_[static_cast<std::size_t>(qubit)]; }

  void add(std::size_t i) {
    const Instruction& instruction = bound_.instructions()[i];
    const Op op = instruction.op;
    const auto refuse = [&](const std::string& why) {
      throw InputError("circuit", bound_.place_of(i), why);
    };
    if (op == Op::delay || op == Op::barrier) {
      for (const int q : instruction.qubits)
        if (wire(q).run) close(q);
      circuit_.append(instruction);
    } else if (op == Op::measure && !bound_.is_mid_circuit(instruction.bit)) {
      close(instruction.qubits[0]);
      circuit_.append(instruction);
    } else if (info(op).unitary == nullptr) {
      refuse("random Paulis cannot be carried through it");
    } else if (info(op).n_qubits == 1) {
      std::optional<arma::cx_mat22>& run = wire(instruction.qubits[0]).run;
      const arma::cx_mat22 gate = info(op).unitary(values_of(instruction.angles));
      run = run ? arma::cx_mat22(gate * *run) : gate;
    } else {
      const auto twirls = twirls_of(info(op).unitary(values_of(instruction.angles)));
      if (twirls.size() == 1) refuse("turns no Pauli but the identity into a Pauli");
      add_entangler(instruction, twirls);
    }
  }

  void add_entangler(const Instruction& instruction, const std::vector<Entangler::Twirl>& twirls) {
    Entangler entangler;
    for (const int q : instruction.qubits) entangler.before.push_back(add_slot(q));
    entangler.instruction = circuit_.instructions().size();
    entangler.after.resize(instruction.qubits.size());
    entangler.twirls = twirls;
    circuit_.append(instruction);
    for (std::size_t k = 0; k < instruction.qubits.size(); ++k)
      wire(instruction.qubits[k]).awaiting = {entanglers_.size(), k};
    entanglers_.push_back(std::move(entangler));
  }

  // Where something has to be in a slot, it is.
  void close(int qubit) {
    if (wire(qubit).run || wire(qubit).awaiting) add_slot(qubit);
  }

  std::size_t add_slot(int qubit) {
    const std::size_t slot = slots_.size();
    Wire& w = wire(qubit);
    slots_.push_back(slot_with(qubit, w.run.value_or(arma::cx_mat22(arma::fill::eye))));
    if (w.awaiting) entanglers_[w.awaiting->first].after[w.awaiting->second] = slot;
    w = {};
    const int first = 3 * static_cast<int>(slot);
    circuit_.append(Op::u3, {qubit},
                    {Angle::weight(first), Angle::weight(first + 1), Angle::weight(first + 2)});
    return slot;
  }

  const Circuit& bound_;
  Circuit circuit_;
  std::vector<Wire> wires_;
  std::vector<Slot> slots_;
  std::vector<Entangler> entanglers_;
};

// The product of two Paulis but for its phase: I=0 X=1 Y=2 Z=3 multiply as bits add.
void multiply(Pauli& pauli, std::size_t digit) {
  pauli = static_cast<Pauli>(static_cast<std::size_t>(pauli) ^ digit);
}

void insert(std::vector<Pauli>& paulis, const std::vector<std::size_t>& slots, std::size_t pauli) {
  for (std::size_t k = 0; k < slots.size(); ++k) multiply(paulis[slots[k]], pauli >> (2 * k) & 3);
}

}  // namespace

void PauliFrame::insert_before(const std::vector<std::size_t>& slots, std::size_t pauli) {
  insert(before, slots, pauli);
}

void PauliFrame::insert_after(const std::vector<std::size_t>& slots, std::size_t pauli) {
  insert(after, slots, pauli);
}

std::vector<double> DressedCircuit::weights(const PauliFrame& frame) const {
  std::vector<double> angles;
  angles.reserve(3 * slots.size());
  for (std::size_t s = 0; s < slots.size(); ++s) {
    const std::size_t entry =
        4 * static_cast<std::size_t>(frame.after[s]) + static_cast<std::size_t>(frame.before[s]);
    angles.insert(angles.end(), slots[s].angles_rad[entry].begin(),
                  slots[s].angles_rad[entry].end());
  }
  return angles;
}

Job DressedCircuit::job(const PauliFrame& frame, std::uint64_t shots) const {
  Job result;
  result.circuit = circuit;
  result.weights = weights(frame);
  result.shots = shots;
  return result;
}

DressedCircuit dress(const Circuit& circuit, const Binding& binding) {
  return Dressing(circuit.bound(binding)).take();
}

}  // namespace rhodrift
