#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/noise/channel.hpp>

#include "core/euler_angles.hpp"
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

arma::vec insertion(const arma::vec& fidelities, double strength, const std::string& place) {
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
    result.push_back(insertion(noise.slots[s], strength, fmt::format("slot {}", s)));
  for (std::size_t e = 0; e < noise.entanglers.size(); ++e)
    result.push_back(insertion(noise.entanglers[e], strength, fmt::format("entangler {}", e)));
  return result;
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

}  // namespace

PauliInsertions::PauliInsertions(const PauliNoise& noise, double strength)
    : n_slots_(noise.slots.size()), product_(insertions(noise, strength)) {}

void PauliInsertions::insert(const DressedCircuit& dressed, PauliFrame& frame, bool negative,
                             RandomStream& random) const {
  const std::vector<std::size_t> paulis = product_.draw(negative, random);
  for (std::size_t s = 0; s < n_slots(); ++s) frame.insert_after({s}, paulis[s]);
  for (std::size_t e = 0; e < n_entanglers(); ++e)
    frame.insert_before(dressed.entanglers[e].after, paulis[n_slots_ + e]);
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
  const auto fits = [&](std::size_t slots, std::size_t entanglers) {
    return slots == dressed.slots.size() && entanglers == dressed.entanglers.size();
  };
  if (!fits(noise.slots.size(), noise.entanglers.size()) ||
      !fits(insertions.n_slots(), insertions.n_entanglers()))
    throw InputError("noise", "", "is of a circuit with other slots and entanglers");
  Circuit mean(dressed.circuit->n_qubits());
  std::size_t slot = 0, entangler = 0;
  const auto& instructions = dressed.circuit->instructions();
  for (const Instruction& instruction : instructions) {
    const std::vector<int>& qubits = instruction.qubits;
    if (instruction.op == Op::u3) {
      const auto [theta, phi, lambda] = EulerAngles::of(dressed.slots[slot].unitary);
      mean.append(Op::u3, qubits, {theta, phi, lambda});
      mean.append_channel("noise", qubits,
                          insertion_map(insertions.after_slot(slot), signs) * noise.slots[slot]);
      ++slot;
      continue;
    }
    mean.append(instruction);
    if (info(instruction.op).n_qubits != 2) continue;
    mean.append_channel("noise", qubits,
                        insertion_map(insertions.after_entangler(entangler), signs) *
                            twirled(noise.entanglers[entangler], dressed.entanglers[entangler]));
    ++entangler;
  }
  mean.set_readout_error(noise.readout_error);
  return mean;
}

}  // namespace rhodrift
