#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/outcome_program.hpp>

#include "sim/classical_bits.hpp"
#include "sim/postselection.hpp"

namespace rhodrift {

namespace {

/// The circuit in the runs in which its mid-circuit measurements have this outcome.
Circuit with_outcome(const Circuit& circuit, Bitstring outcome) {
  Circuit branch(circuit.n_qubits());
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op == Op::measure && circuit.is_mid_circuit(instruction.bit))
      branch.postselect(instruction.qubits[0], static_cast<int>(outcome >> instruction.bit & 1));
    else
      branch.append(instruction);
  return branch;
}

}  // namespace

OutcomeProgram::OutcomeProgram(const Circuit& circuit) : circuit_(circuit) {
  const std::vector<int> bits = circuit.mid_circuit_bits();
  if (bits.size() > max_mid_circuit_bits)
    throw InputError("circuit", "",
                     fmt::format("reads {} bits mid-circuit, probabilities are known for at most "
                                 "{}; trajectories give shots",
                                 bits.size(), max_mid_circuit_bits));
  for (Bitstring k = 0; k < Bitstring{1} << bits.size(); ++k) {
    Bitstring outcome = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) outcome |= (k >> i & 1) << bits[i];
    branches_.push_back({outcome, Program(with_outcome(circuit, outcome))});
  }
}

std::vector<double> OutcomeProgram::probabilities(const Binding& binding) const {
  const std::vector<Bitstring> bits = bits_read_at_the_end(circuit_);
  std::vector<double> reported(std::size_t{1} << circuit_.qubit_of_bit().size(), 0.0);
  for (const Branch& branch : branches_) {
    const std::vector<double> found = branch.program.run_unnormalised(binding).probabilities();
    for (std::size_t state = 0; state < found.size(); ++state)
      reported[branch.outcome | bits[state]] += found[state];
  }
  if (circuit_.has_postselection()) {
    const double probability = std::accumulate(reported.begin(), reported.end(), 0.0);
    require_possible(probability, circuit_, binding);
    for (double& p : reported) p /= probability;
  }
  apply_readout_error(circuit_.readout_error(), reported);
  return reported;
}

}  // namespace rhodrift
