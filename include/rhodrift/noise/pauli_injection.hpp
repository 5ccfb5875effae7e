#pragma once

#include <memory>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/random.hpp>

namespace rhodrift {

/// Noise as errors that happen or not: a noisy circuit with a Pauli in place of each channel, drawn
/// from the channel's Pauli twirl. Averaged over draws it is the circuit with twirled noise.
/// H. Wang et al., DAC 2022 (QuantumNAT), arXiv:2110.11331, section 3.2.
class PauliInjection {
 public:
  /// Errors are `strength` times as probable as the circuit's channels say. Throws InputError that
  /// names the channel when strength is negative or not finite, or makes errors more probable than
  /// 1.
  explicit PauliInjection(const Circuit& noisy, double strength = 1.0);

  /// The circuit with one draw of errors; weights, features, measurements and the readout error
  /// stay as they are.
  Circuit draw(RandomStream& random) const;

 private:
  std::shared_ptr<const Circuit> noisy_;
  /// Of each instruction that is a channel, in their order: the probabilities that the Pauli's
  /// index is 0, at most 1, at most 2, ….
  std::vector<std::vector<double>> cumulative_;
};

}  // namespace rhodrift
