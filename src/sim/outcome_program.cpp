#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/outcome_program.hpp>

#include "sim/classical_bits.hpp"
#include "sim/postselection.hpp"

namespace rhodrift {

namespace {

/// No inverses, which only gradients take.
constexpr ProgramOptions forward_only{.inversion_limit = 0.0};

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

OutcomeProgram::OutcomeProgram(const Circuit& circuit)
    : circuit_(circuit), bits_(bits_read_at_the_end(circuit)) {
  const std::vector<int> bits = circuit.mid_circuit_bits();
  if (bits.size() > max_mid_circuit_bits)
    throw InputError("circuit", "",
                     fmt::format("reads {} bits mid-circuit, probabilities are known for at most "
                                 "{}; trajectories give shots",
                                 bits.size(), max_mid_circuit_bits));
  for (Bitstring k = 0; k < Bitstring{1} << bits.size(); ++k) {
    Bitstring outcome = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) outcome |= (k >> i & 1) << bits[i];
    branches_.push_back({outcome, bits.empty()
                                      ? Program(circuit, forward_only)
                                      : Program(with_outcome(circuit, outcome), forward_only)});
  }
}

std::vector<double> OutcomeProgram::probabilities(const Binding& binding) const {
  arma::mat found(bits_.size(), branches_.size());
  for (std::size_t k = 0; k < branches_.size(); ++k)
    found.col(k) = arma::vec(branches_[k].program.run_unnormalised(binding).probabilities());
  return reported(found, binding);
}

std::vector<std::vector<double>> OutcomeProgram::batch_probabilities(
    const BindingBatch& bindings) const {
  std::vector<arma::mat> by_branch;
  for (const Branch& branch : branches_)
    by_branch.push_back(branch.program.batch_unnormalised_probabilities(bindings));
  std::vector<std::vector<double>> result;
  for (std::size_t b = 0; b < bindings.size; ++b) {
    arma::mat found(bits_.size(), branches_.size());
    for (std::size_t k = 0; k < branches_.size(); ++k) found.col(k) = by_branch[k].col(b);
    result.push_back(reported(found, bindings[b]));
  }
  return result;
}

std::vector<double> OutcomeProgram::reported(const arma::mat& found, const Binding& binding) const {
  std::vector<double> result(std::size_t{1} << circuit_.qubit_of_bit().size(), 0.0);
  for (std::size_t k = 0; k < branches_.size(); ++k)
    for (std::size_t state = 0; state < bits_.size(); ++state)
      result[branches_[k].outcome | bits_[state]] += found(state, k);
  if (circuit_.has_postselection()) {
    const double probability = std::accumulate(result.begin(), result.end(), 0.0);
    require_possible(probability, circuit_, binding);
    for (double& p : result) p /= probability;
  }
  apply_readout_error(circuit_.readout_error(), result);
  return result;
}

}  // namespace rhodrift
