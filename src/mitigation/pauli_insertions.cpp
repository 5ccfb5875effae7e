#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/noise/channel.hpp>

#include "mitigation/pauli_algebra.hpp"

namespace rhodrift {

namespace {

arma::vec quasi_probabilities(const arma::vec& fidelities) {
  constexpr double rounding = 1e-15;
  // Any Pauli map, channel or not.
  const Channel map =
      Channel::from_ptm(arma::diagmat(fidelities), std::numeric_limits<double>::infinity());
  arma::vec q(map.pauli_probabilities());
  q.clean(rounding);
  return q;
}

arma::vec insertion(const arma::vec& fidelities, int n_qubits, double strength,
                    const std::string& place) {
  const arma::uword n_paulis = arma::uword{1} << (2 * n_qubits);
  if (fidelities.n_elem != n_paulis)
    throw InputError("Pauli noise", place,
                     fmt::format("has {} fidelities, {} qubit(s) have {} Paulis", fidelities.n_elem,
                                 n_qubits, n_paulis));
  for (arma::uword p = 0; p < fidelities.n_elem; ++p)
    if (!(fidelities(p) > 0.0) || !std::isfinite(fidelities(p)))
      throw InputError("Pauli noise", place,
                       fmt::format("fidelity {} of Pauli {} is not > 0: noise that strong has no "
                                   "inverse and no powers",
                                   fidelities(p), p));
  return quasi_probabilities(arma::pow(fidelities, strength - 1.0));
}

std::vector<arma::vec> insertions(const PauliNoise& noise, double strength) {
  if (!(strength >= 0.0) || !std::isfinite(strength))
    throw InputError("noise strength", "", fmt::format("{} is not finite and >= 0", strength));
  std::vector<arma::vec> result;
  for (std::size_t s = 0; s < noise.slots.size(); ++s)
    result.push_back(insertion(noise.slots[s], 1, strength, fmt::format("slot {}", s)));
  for (std::size_t e = 0; e < noise.entanglers.size(); ++e)
    result.push_back(insertion(noise.entanglers[e], 2, strength, fmt::format("entangler {}", e)));
  for (std::size_t j = 0; j < noise.joint.size(); ++j) {
    const auto& [places, fidelities] = noise.joint[j];
    const std::string place = fmt::format("joint noise {}", j);
    if (places.size() != 2)
      throw InputError("Pauli noise", place, fmt::format("has {} places, not 2", places.size()));
    result.push_back(insertion(fidelities, 2, strength, place));
  }
  return result;
}

void require_same_places(const DressedCircuit& dressed, std::size_t n_slots,
                         std::size_t n_entanglers) {
  if (n_slots != dressed.slots.size() || n_entanglers != dressed.entanglers.size())
    throw InputError(
        "noise", "",
        fmt::format("is of a circuit with {} slots and {} entanglers, this one has {} "
                    "and {}",
                    n_slots, n_entanglers, dressed.slots.size(), dressed.entanglers.size()));
}

void require_slots(const DressedCircuit& dressed, const std::vector<SlotSide>& joint_places) {
  for (const SlotSide& place : joint_places)
    if (place.slot >= dressed.slots.size())
      throw InputError(
          "joint noise", "",
          fmt::format("stands at slot {}, the circuit has {}", place.slot, dressed.slots.size()));
}

TransferMatrix pauli_map(const arma::vec& weights) {
  arma::vec diagonal(weights.n_elem, arma::fill::zeros);
  for (arma::uword p = 0; p < weights.n_elem; ++p)
    diagonal += weights(p) * conjugation_signs(p, weights.n_elem);
  return arma::diagmat(diagonal);
}

TransferMatrix insertion_map(const arma::vec& q, Signs signs) {
  return pauli_map(signs == Signs::kept ? q : arma::vec(arma::abs(q) / arma::accu(arma::abs(q))));
}

TransferMatrix twirled(const TransferMatrix& noise, const Entangler& entangler) {
  TransferMatrix sum(arma::size(noise), arma::fill::zeros);
  for (const Entangler::Twirl& twirl : entangler.twirls) {
    const arma::mat frame = arma::diagmat(conjugation_signs(twirl.image, noise.n_rows));
    sum += frame * noise * frame;
  }
  return sum / static_cast<double>(entangler.twirls.size());
}

/// Puts gates, noise and insertions in an order that is right on every qubit. What stands between
/// the same gates of a qubit commutes, or nearly so, and has no order there.
class MeanCircuit {
 public:
  MeanCircuit(const DressedCircuit& dressed, const DressedNoise& noise,
              const PauliInsertions& insertions, Signs signs)
      : dressed_(dressed),
        noise_(noise),
        insertions_(insertions),
        signs_(signs),
        circuit_(dressed.circuit->n_qubits()),
        lines_(static_cast<std::size_t>(circuit_.n_qubits())) {
    for (std::size_t j = 0; j < noise.joint.size(); ++j)
      add_joint(noise.joint[j].places, noise.joint[j].ptm);
    for (std::size_t j = 0; j < insertions.joint_places().size(); ++j)
      add_joint(insertions.joint_places()[j], insertion_map(insertions.at_joint(j), signs));
    std::size_t slot = 0, entangler = 0;
    for (const Instruction& instruction : dressed.circuit->instructions())
      if (instruction.op == Op::u3)
        add_slot(slot++);
      else if (info(instruction.op).n_qubits == 2)
        add_entangler(instruction, entangler++);
      else if (instruction.op == Op::measure)
        measurements_.push_back(instruction);
    put_in_order();
    for (const Instruction& measurement : measurements_) circuit_.append(measurement);
    circuit_.set_readout_error(noise.readout_error);
  }

  Circuit take() { return std::move(circuit_); }

 private:
  struct Element {
    std::vector<int> qubits;
    std::vector<Instruction> instructions;
  };
  using Stage = std::vector<std::size_t>;  // elements that may come in any order

  std::size_t element(std::vector<int> qubits, std::vector<Instruction> instructions) {
    elements_.push_back({std::move(qubits), std::move(instructions)});
    return elements_.size() - 1;
  }

  static Instruction channel(const std::vector<int>& qubits, const TransferMatrix& ptm) {
    Instruction result;
    result.op = Op::channel;
    result.qubits = qubits;
    result.channel = std::make_shared<const ChannelInstruction>(ChannelInstruction{"noise", ptm});
    return result;
  }

  void add_joint(const std::vector<SlotSide>& places, const TransferMatrix& ptm) {
    std::vector<int> qubits;
    for (const SlotSide& place : places) qubits.push_back(dressed_.slots[place.slot].qubit);
    const std::size_t joint = element(qubits, {channel(qubits, ptm)});
    for (const auto& [slot, before] : places)
      (before ? joint_before_ : joint_after_)[slot].push_back(joint);
  }

  std::vector<Stage>& line(int qubit) { return lines_[static_cast<std::size_t>(qubit)]; }

  void add_slot(std::size_t s) {
    const Slot& slot = dressed_.slots[s];
    const auto& [theta, phi, lambda] = slot.angles_rad[0];
    Instruction gate;
    gate.op = Op::u3;
    gate.qubits = {slot.qubit};
    gate.angles = {theta, phi, lambda};
    const TransferMatrix after = insertion_map(insertions_.after_slot(s), signs_) * noise_.slots[s];
    line(slot.qubit).push_back(joint_before_[s]);
    line(slot.qubit).push_back({element({slot.qubit}, {gate, channel({slot.qubit}, after)})});
    line(slot.qubit).push_back(joint_after_[s]);
  }

  void add_entangler(const Instruction& gate, std::size_t e) {
    const TransferMatrix after = insertion_map(insertions_.after_entangler(e), signs_) *
                                 twirled(noise_.entanglers[e], dressed_.entanglers[e]);
    const std::size_t entangler = element(gate.qubits, {gate, channel(gate.qubits, after)});
    for (const int q : gate.qubits) line(q).push_back({entangler});
  }

  // An element comes when it is in the stage that is due on each of its qubits.
  void put_in_order() {
    for (std::vector<Stage>& stages : lines_) {
      std::erase_if(stages, [](const Stage& stage) { return stage.empty(); });
      std::ranges::reverse(stages);  // what is due is at the back
    }
    std::size_t done = 0;
    for (bool progress = true; progress;) {
      progress = false;
      for (std::size_t e = 0; e < elements_.size(); ++e)
        if (is_due(e)) {
          for (const Instruction& instruction : elements_[e].instructions)
            circuit_.append(instruction);
          for (const int q : elements_[e].qubits) finish(q, e);
          progress = true;
          ++done;
        }
    }
    if (done < elements_.size())
      throw InputError("joint noise", "",
                       "that of the device and what was believed of it stand in no common order");
  }

  bool is_due(std::size_t e) {
    return std::ranges::all_of(elements_[e].qubits, [&](int q) {
      return !line(q).empty() && std::ranges::count(line(q).back(), e) > 0;
    });
  }

  void finish(int qubit, std::size_t e) {
    std::vector<Stage>& stages = line(qubit);
    std::erase(stages.back(), e);
    if (stages.back().empty()) stages.pop_back();
  }

  const DressedCircuit& dressed_;
  const DressedNoise& noise_;
  const PauliInsertions& insertions_;
  Signs signs_;
  Circuit circuit_;
  std::vector<Element> elements_;
  std::map<std::size_t, Stage> joint_before_, joint_after_;  // by slot
  std::vector<std::vector<Stage>> lines_;                    // by qubit
  std::vector<Instruction> measurements_;
};

}  // namespace

PauliInsertions::PauliInsertions(const PauliNoise& noise, double strength)
    : n_slots_(noise.slots.size()),
      n_entanglers_(noise.entanglers.size()),
      product_(insertions(noise, strength)) {
  for (const JointPauliNoise& joint : noise.joint) joint_places_.push_back(joint.places);
}

void PauliInsertions::require_fit(const DressedCircuit& dressed) const {
  require_same_places(dressed, n_slots_, n_entanglers_);
  for (const std::vector<SlotSide>& places : joint_places_) require_slots(dressed, places);
}

void PauliInsertions::insert(const DressedCircuit& dressed, PauliFrame& frame, bool negative,
                             RandomStream& random) const {
  const std::vector<std::size_t> paulis = product_.draw(negative, random);
  for (std::size_t s = 0; s < n_slots(); ++s) frame.insert_after({s}, paulis[s]);
  for (std::size_t e = 0; e < n_entanglers(); ++e)
    frame.insert_before(dressed.entanglers[e].after, paulis[n_slots_ + e]);
  for (std::size_t j = 0; j < joint_places_.size(); ++j) {
    std::size_t pauli = paulis[n_slots_ + n_entanglers_ + j];
    for (const auto& [slot, before] : joint_places_[j]) {
      if (before)
        frame.insert_before({slot}, pauli & 3);
      else
        frame.insert_after({slot}, pauli & 3);
      pauli >>= 2;
    }
  }
}

void insert_twirl(const DressedCircuit& dressed, PauliFrame& frame, RandomStream& random) {
  for (const Entangler& entangler : dressed.entanglers) {
    const Entangler::Twirl& twirl = entangler.twirls[random.below(entangler.twirls.size())];
    frame.insert_after(entangler.before, twirl.pauli);
    frame.insert_before(entangler.after, twirl.image);
  }
}

void add_instances(InstancePlan& plan, const DressedCircuit& dressed,
                   const PauliInsertions& insertions, std::size_t cell, std::uint64_t n_instances,
                   std::uint64_t shots, std::uint64_t seed) {
  insertions.require_fit(dressed);
  std::uint64_t i = 0;
  for (const QuasiProduct::Share& share : insertions.product().shares(n_instances))
    for (std::uint64_t k = 0; k < share.n_instances; ++k) {
      RandomStream random(seed, stream_id(0, cell, i++));
      PauliFrame frame(dressed.slots.size());
      insert_twirl(dressed, frame, random);
      insertions.insert(dressed, frame, share.negative, random);
      plan.jobs.push_back(dressed.job(frame, shots));
      plan.instances.push_back({cell, share.weight, share.negative ? std::size_t{1} : 0});
    }
}

Circuit mean_circuit(const DressedCircuit& dressed, const DressedNoise& noise,
                     const PauliInsertions& insertions, Signs signs) {
  require_same_places(dressed, noise.slots.size(), noise.entanglers.size());
  for (const JointNoise& joint : noise.joint) require_slots(dressed, joint.places);
  insertions.require_fit(dressed);
  return MeanCircuit(dressed, noise, insertions, signs).take();
}

}  // namespace rhodrift
