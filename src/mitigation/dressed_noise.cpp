#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/dressed_noise.hpp>

#include "mitigation/local_map.hpp"
#include "mitigation/pauli_algebra.hpp"

namespace rhodrift {

namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// Which slots the weights of an instruction's angles are of; nullopt without weights.
std::optional<std::size_t> slot_of(const Instruction& instruction) {
  for (const Angle& angle : instruction.angles)
    for (const Angle::Term& term : angle.terms())
      if (term.source == Angle::Source::weight) return static_cast<std::size_t>(term.index) / 3;
  return std::nullopt;
}

/// The instructions of a noisy circuit, sorted by the slot or entangler that they are of.
class Sorted {
 public:
  Sorted(const DressedCircuit& dressed, const Circuit& noisy)
      : dressed_(dressed),
        noisy_(noisy),
        entangler_after_(dressed.slots.size(), nowhere),
        last_of_slot_(dressed.slots.size(), nowhere),
        by_slot_(dressed.slots.size()),
        by_entangler_(dressed.entanglers.size()),
        slot_on_(static_cast<std::size_t>(noisy.n_qubits()), nowhere),
        inside_(slot_on_.size(), true),
        has_joint_(slot_on_.size(), false) {
    if (noisy.n_qubits() != dressed.circuit->n_qubits() ||
        noisy.n_weights() != dressed.circuit->n_weights())
      refuse("is not the dressed circuit: it has other qubits or weights");
    for (std::size_t e = 0; e < dressed.entanglers.size(); ++e)
      for (const std::size_t s : dressed.entanglers[e].before) entangler_after_[s] = e;
    for (std::size_t s = dressed.slots.size(); s-- > 0;)
      slot_on_[at(dressed.slots[s].qubit)] = s;  // what comes before the first one is of it
    const auto& instructions = noisy.instructions();
    for (std::size_t i = 0; i < instructions.size(); ++i)
      if (const auto slot = slot_of(instructions[i])) last_of_slot_[*slot] = i;
    for (std::size_t i = 0; i < instructions.size(); ++i) add(i);
  }

  const std::vector<Instruction>& of_slot(std::size_t s) const { return by_slot_[s]; }
  const std::vector<Instruction>& of_entangler(std::size_t e) const { return by_entangler_[e]; }
  const std::vector<JointNoise>& joint() const { return joint_; }

 private:
  static std::size_t at(int qubit) { return static_cast<std::size_t>(qubit); }

  [[noreturn]] static void refuse(const std::string& problem) {
    throw InputError("noisy circuit", "", problem);
  }

  [[noreturn]] void refuse_at(std::size_t i, const std::string& problem) const {
    throw InputError("noisy circuit", noisy_.place_of(i), problem);
  }

  void add(std::size_t i) {
    const Instruction& instruction = noisy_.instructions()[i];
    const Op op = instruction.op;
    if (op == Op::barrier || op == Op::delay || op == Op::measure) return;
    if (instruction.qubits.size() > 1 && common_entangler(instruction) == nowhere)
      return add_joint(i);
    const auto slot = slot_of(instruction);
    if (slot) enter(instruction.qubits[0], *slot);
    if (op != Op::channel)
      for (const int q : instruction.qubits)
        if (has_joint_[at(q)] && !slot) refuse_at(i, "comes after joint noise, but before a slot");
    element_of(i).push_back(instruction);
    if (slot && last_of_slot_[*slot] == i) inside_[at(instruction.qubits[0])] = false;
  }

  // Noise between qubits that are at different entanglers, or at none.
  void add_joint(std::size_t i) {
    const Instruction& instruction = noisy_.instructions()[i];
    if (instruction.op != Op::channel) refuse_at(i, "no entangler of the dressed circuit is there");
    JointNoise joint{{}, instruction.channel->ptm};
    for (const int q : instruction.qubits) {
      if (slot_on_[at(q)] == nowhere || inside_[at(q)]) refuse_at(i, "is joint noise at no slot");
      const std::size_t e = entangler_on(q);
      joint.places.push_back(e == nowhere ? SlotSide{slot_on_[at(q)], false}
                                          : SlotSide{slot_after(e, q), true});
      has_joint_[at(q)] = true;
    }
    joint_.push_back(std::move(joint));
  }

  void enter(int qubit, std::size_t slot) {
    slot_on_[at(qubit)] = slot;
    inside_[at(qubit)] = true;
    has_joint_[at(qubit)] = false;
  }

  std::size_t slot_after(std::size_t entangler, int qubit) const {
    const std::vector<std::size_t>& after = dressed_.entanglers[entangler].after;
    return dressed_.slots[after[0]].qubit == qubit ? after[0] : after[1];
  }

  /// nowhere: its qubits are not at the same one.
  std::size_t common_entangler(const Instruction& instruction) const {
    const std::size_t entangler = entangler_on(instruction.qubits[0]);
    for (const int q : instruction.qubits)
      if (entangler_on(q) != entangler) return nowhere;
    return entangler;
  }

  // The entangler that a qubit is at, or has been at since its last slot.
  std::size_t entangler_on(int qubit) const {
    const std::size_t slot = slot_on_[at(qubit)];
    return slot == nowhere || inside_[at(qubit)] ? nowhere : entangler_after_[slot];
  }

  std::vector<Instruction>& element_of(std::size_t i) {
    const Instruction& instruction = noisy_.instructions()[i];
    const std::size_t entangler = entangler_on(instruction.qubits[0]);
    if (entangler != nowhere) return by_entangler_[entangler];
    const std::size_t slot = slot_on_[at(instruction.qubits[0])];
    if (slot == nowhere) refuse_at(i, "is on a qubit without a slot in the dressed circuit");
    return by_slot_[slot];
  }

  const DressedCircuit& dressed_;
  const Circuit& noisy_;
  std::vector<std::size_t> entangler_after_, last_of_slot_;
  std::vector<std::vector<Instruction>> by_slot_, by_entangler_;
  std::vector<std::size_t> slot_on_;  // by qubit: the last one that was entered
  std::vector<bool> inside_;          // by qubit: turns of that slot are still to come
  std::vector<bool> has_joint_;       // by qubit: joint noise has come since that slot
  std::vector<JointNoise> joint_;
};

/// N for instructions that, without their channels, are `ideal`: noisy = N · ideal.
TransferMatrix noise_after(const std::vector<Instruction>& instructions,
                           const std::vector<int>& qubits, const Binding& binding,
                           const TransferMatrix& ideal, const std::string& place) {
  constexpr double rounding = 1e-9;
  const TransferMatrix gates =
      transfer_matrix_of(instructions, qubits, binding, Channels::left_out);
  if (arma::abs(gates - ideal).max() > rounding)
    throw InputError("noisy circuit", place, "its gates are not those of the dressed circuit");
  return transfer_matrix_of(instructions, qubits, binding, Channels::in) * ideal.t();
}

/// The Paulis that twirls put on one operand, each as often as another.
std::vector<bool> digits_of(const Entangler& entangler, std::size_t operand,
                            std::size_t Entangler::Twirl::*side) {
  std::vector<bool> digits(4, false);
  for (const Entangler::Twirl& twirl : entangler.twirls)
    digits[twirl.*side >> (2 * operand) & 3] = true;
  return digits;
}

/// Which Paulis twirls put before and after each slot.
struct SlotTwirls {
  std::vector<std::vector<bool>> before, after;
  arma::field<std::vector<double>> weights;  // with one Pauli before and one after all slots

  explicit SlotTwirls(const DressedCircuit& dressed)
      : before(dressed.slots.size(), {true, false, false, false}), after(before), weights(4, 4) {
    for (const Entangler& entangler : dressed.entanglers)
      for (std::size_t k = 0; k < entangler.before.size(); ++k) {
        after[entangler.before[k]] = digits_of(entangler, k, &Entangler::Twirl::pauli);
        before[entangler.after[k]] = digits_of(entangler, k, &Entangler::Twirl::image);
      }
    for (std::size_t b = 0; b < 4; ++b)
      for (std::size_t a = 0; a < 4; ++a) {
        PauliFrame frame(dressed.slots.size());
        std::ranges::fill(frame.before, static_cast<Pauli>(b));
        std::ranges::fill(frame.after, static_cast<Pauli>(a));
        weights(b, a) = dressed.weights(frame);
      }
  }
};

TransferMatrix slot_noise(const DressedCircuit& dressed, std::size_t s,
                          const std::vector<Instruction>& instructions, const SlotTwirls& twirls) {
  const Slot& slot = dressed.slots[s];
  TransferMatrix sum(4, 4, arma::fill::zeros);
  double n = 0.0;
  for (std::size_t before = 0; before < 4; ++before)
    for (std::size_t after = 0; after < 4; ++after) {
      if (!twirls.before[s][before] || !twirls.after[s][after]) continue;
      const arma::cx_mat22 merged = pauli_matrix(after, 1) * slot.unitary * pauli_matrix(before, 1);
      const arma::mat frame = arma::diagmat(conjugation_signs(after, 4));
      sum += frame *
             noise_after(instructions, {slot.qubit}, {twirls.weights(before, after), {}},
                         unitary_transfer_matrix(merged), fmt::format("slot {}", s)) *
             frame;
      n += 1.0;
    }
  return sum / n;
}

/// In the mean over the twirls of either qubit, which are independent of each other.
JointNoise twirled(const JointNoise& joint, const SlotTwirls& twirls) {
  const auto digits = [&](std::size_t k) -> const std::vector<bool>& {
    const auto& [slot, before] = joint.places[k];
    return before ? twirls.before[slot] : twirls.after[slot];
  };
  TransferMatrix sum(16, 16, arma::fill::zeros);
  double n = 0.0;
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = 0; b < 4; ++b) {
      if (!digits(0)[a] || !digits(1)[b]) continue;
      const arma::mat frame = arma::diagmat(conjugation_signs(a + 4 * b, 16));
      sum += frame * joint.ptm * frame;
      n += 1.0;
    }
  return {joint.places, sum / n};
}

}  // namespace

DressedNoise noise_of(const DressedCircuit& dressed, const Circuit& noisy) {
  const Sorted sorted(dressed, noisy);
  const SlotTwirls twirls(dressed);
  DressedNoise noise;
  noise.readout_error = noisy.readout_error();
  for (std::size_t s = 0; s < dressed.slots.size(); ++s)
    noise.slots.push_back(slot_noise(dressed, s, sorted.of_slot(s), twirls));
  for (std::size_t e = 0; e < dressed.entanglers.size(); ++e) {
    const Instruction& gate = dressed.circuit->instructions()[dressed.entanglers[e].instruction];
    const TransferMatrix ideal =
        transfer_matrix_of({&gate, 1}, gate.qubits, {}, Channels::left_out);
    noise.entanglers.push_back(noise_after(sorted.of_entangler(e), gate.qubits, {}, ideal,
                                           fmt::format("entangler {}", e)));
  }
  for (const JointNoise& joint : sorted.joint()) noise.joint.push_back(twirled(joint, twirls));
  return noise;
}

DressedNoise noise_of(const DressedCircuit& dressed, const Device& device) {
  return noise_of(dressed, on_device(*dressed.circuit, device));
}

PauliNoise PauliNoise::none(const DressedCircuit& dressed) {
  return {std::vector<arma::vec>(dressed.slots.size(), arma::vec(4, arma::fill::ones)),
          std::vector<arma::vec>(dressed.entanglers.size(), arma::vec(16, arma::fill::ones)),
          {}};
}

PauliNoise pauli_twirled(const DressedCircuit& dressed, const DressedNoise& noise) {
  PauliNoise result;
  for (const TransferMatrix& slot : noise.slots) result.slots.push_back(slot.diag());
  for (std::size_t e = 0; e < noise.entanglers.size(); ++e) {
    if (!dressed.entanglers[e].is_clifford())
      throw InputError("circuit", dressed.circuit->place_of(dressed.entanglers[e].instruction),
                       "is no Clifford gate: its noise cannot be twirled into a Pauli channel");
    result.entanglers.push_back(noise.entanglers[e].diag());
  }
  for (const JointNoise& joint : noise.joint)
    result.joint.push_back({joint.places, joint.ptm.diag()});
  return result;
}

arma::vec lindblad_fidelities(int n_qubits, std::span<const LindbladTerm> terms) {
  const std::size_t n_paulis = std::size_t{1} << (2 * n_qubits);
  arma::vec exponents(n_paulis, arma::fill::zeros);
  for (const auto& [pauli, rate] : terms) {
    if (pauli >= n_paulis || !(rate >= 0.0) || !std::isfinite(rate))
      throw InputError(
          "Pauli-Lindblad model", fmt::format("Pauli {}", pauli),
          fmt::format("index outside 0..{} or rate {} not finite and >= 0", n_paulis - 1, rate));
    exponents += rate * (1.0 - conjugation_signs(pauli, n_paulis));
  }
  return arma::exp(-exponents);
}

}  // namespace rhodrift
