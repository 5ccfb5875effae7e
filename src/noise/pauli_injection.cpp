#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/noise/pauli_injection.hpp>

namespace rhodrift {

namespace {

std::vector<double> cumulative_of(const ChannelInstruction& channel, double strength) {
  std::vector<double> probability = Channel::from_ptm(channel.ptm).pauli_probabilities();
  double error = 0.0;
  for (std::size_t pauli = 1; pauli < probability.size(); ++pauli)
    error += probability[pauli] = std::max(strength * probability[pauli], 0.0);
  if (!(strength >= 0.0 && error <= 1.0))
    throw InputError(
        "noise injection", channel.label,
        fmt::format("{} times its noise is an error with probability {}", strength, error));
  probability[0] = 1.0 - error;
  std::partial_sum(probability.begin(), probability.end(), probability.begin());
  return probability;
}

void append_pauli(Circuit& circuit, const std::vector<int>& qubits, std::size_t index) {
  constexpr std::array ops{Op::x, Op::y, Op::z};
  for (const int qubit : qubits) {
    if (index % 4 != 0) circuit.append(ops[index % 4 - 1], {qubit});
    index /= 4;
  }
}

}  // namespace

PauliInjection::PauliInjection(const Circuit& noisy, double strength)
    : noisy_(std::make_shared<const Circuit>(noisy)) {
  for (const Instruction& instruction : noisy.instructions())
    if (instruction.op == Op::channel)
      cumulative_.push_back(cumulative_of(*instruction.channel, strength));
}

Circuit PauliInjection::draw(RandomStream& random) const {
  Circuit circuit(noisy_->n_qubits());
  auto cumulative = cumulative_.begin();
  for (const Instruction& instruction : noisy_->instructions()) {
    if (instruction.op != Op::channel) {
      circuit.append(instruction);
      continue;
    }
    const auto drawn =
        std::upper_bound(cumulative->begin(), cumulative->end() - 1, random.uniform());
    append_pauli(circuit, instruction.qubits,
                 static_cast<std::size_t>(drawn - cumulative->begin()));
    ++cumulative;
  }
  circuit.set_readout_error(noisy_->readout_error());
  return circuit;
}

}  // namespace rhodrift
