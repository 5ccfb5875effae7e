#pragma once

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/mitigation/instances.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

#include "mitigation/sampling.hpp"

/// A made-up device for tests of randomised mitigation: it runs dressed circuits as they are, with
/// one channel after every u3 and one after every 2-qubit gate.
namespace rhodrift::testing {

struct SimpleNoise {
  TransferMatrix one_qubit = arma::eye(4, 4);
  TransferMatrix two_qubit = arma::eye(16, 16);
  ReadoutError readout_error = {};

  Circuit operator()(const Circuit& circuit, double = 1.0) const {
    Circuit noisy(circuit.n_qubits());
    for (const Instruction& instruction : circuit.instructions()) {
      noisy.append(instruction);
      if (instruction.op == Op::u3) noisy.append_channel("u3", instruction.qubits, one_qubit);
      if (info(instruction.op).n_qubits == 2)
        noisy.append_channel("entangler", instruction.qubits, two_qubit);
    }
    noisy.set_readout_error(readout_error);
    return noisy;
  }
};

/// Coherent error, relaxation and depolarizing: nothing that Paulis commute with.
inline TransferMatrix rough_two_qubit_noise(double strength) {
  return coherent_rotation(2, PauliString::parse("Z0 X1"), strength)
      .then(amplitude_damping(0.3 * strength).tensor(amplitude_damping(0.5 * strength)))
      .then(depolarizing(2, 0.4 * strength))
      .ptm();
}

/// Three qubits, three entanglers, an expectation of every observable that differs from 0 and ±1.
inline Circuit three_qubit_circuit() {
  Circuit circuit(3);
  circuit.append(Op::ry, {0}, {0.9})
      .append(Op::rx, {1}, {0.4})
      .append(Op::cx, {0, 1})
      .append(Op::ry, {1}, {-0.5})
      .append(Op::ecr, {1, 2})
      .append(Op::t, {2})
      .append(Op::sx, {2})
      .append(Op::cz, {0, 1})
      .append(Op::ry, {0}, {0.7});
  return circuit;
}

inline const std::vector<Observable>& three_qubit_observables() {
  static const std::vector<Observable> observables{
      Observable::parse("Z0"), Observable::parse("Z0 Z1"), Observable::parse("Z0 Z2 - 0.5*Z1")};
  return observables;
}

/// What an executor says exactly of a circuit's observables.
inline arma::vec exact_values(Executor& executor, const Circuit& circuit,
                              const std::vector<Observable>& observables,
                              const std::vector<double>& weights = {}) {
  Job job;
  job.circuit = std::make_shared<const Circuit>(circuit);
  job.weights = weights;
  return raw_expectations(executor.run({&job, 1})[0], observables).values;
}

/// The share of sampling::coverage_repetitions plans, construct(seed), whose estimate's interval
/// holds `truth`. All of them are run at once: a run of few small jobs is mostly threads waking up.
template <typename Construct, typename Combine>
double coverage_of_plans(double truth, Executor& executor, Construct&& construct,
                         Combine&& combine) {
  std::vector<Job> jobs;
  std::vector<decltype(construct(0))> plans;
  for (int r = 0; r < sampling::coverage_repetitions; ++r) {
    plans.push_back(construct(static_cast<std::uint64_t>(r)));
    jobs.insert(jobs.end(), plans.back().jobs.begin(), plans.back().jobs.end());
  }
  const std::vector<Outcomes> outcomes = executor.run(jobs);
  std::size_t first = 0;
  int covered = 0;
  for (const auto& plan : plans) {
    const Estimate estimate = combine(plan, std::span(outcomes).subspan(first, plan.jobs.size()));
    covered += estimate.ci.low <= truth && truth <= estimate.ci.high ? 1 : 0;
    first += plan.jobs.size();
  }
  return static_cast<double>(covered) / sampling::coverage_repetitions;
}

}  // namespace rhodrift::testing
