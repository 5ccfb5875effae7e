#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// One circuit to run. Jobs that share a circuit (the same pointer) are compiled once.
struct Job {
  std::shared_ptr<const Circuit> circuit;
  std::vector<double> weights;   ///< circuit->n_weights() of them
  std::vector<double> features;  ///< circuit->n_features() of them
  std::uint64_t shots = 0;       ///< that pass post-selection, if any; 0: exact probabilities
  /// How many times as strong the device's noise is to be, as pulses are stretched for it. Only
  /// simulators take another one than 1.
  double noise_scale = 1.0;
};

/// What is done to a job's circuit before it runs: translation to a device, its noise, that many
/// times as strong (Job::noise_scale). Called from several threads at once.
using PrepareCircuit = std::function<Circuit(const Circuit& circuit, double noise_scale)>;

/// Whatever can run circuits: a simulator, a recorded run, a device.
class Executor {
 public:
  virtual ~Executor() = default;
  /// The outcomes, in the order of the jobs.
  virtual std::vector<Outcomes> run(std::span<const Job> jobs) = 0;
};

}  // namespace rhodrift
