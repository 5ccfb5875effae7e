#pragma once

#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/sim/program.hpp>

namespace rhodrift {

/// What a device reports, exactly: the joint probabilities of all classical bits of a circuit,
/// those that are read mid-circuit included.
///
/// Each outcome of the mid-circuit measurements is a run of its own, in which they are
/// post-selections on it: 2^m Programs for m such bits. TrajectoryProgram has no such limit.
class OutcomeProgram {
 public:
  static constexpr int max_mid_circuit_bits = 10;

  /// Throws InputError as Program does, and on more than max_mid_circuit_bits.
  explicit OutcomeProgram(const Circuit& circuit);

  /// Throws InputError when a number is missing, left over or not finite.
  void validate(const Binding& binding) const { branches_.front().program.validate(binding); }
  /// [b] of outcome b, 2^n_bits entries, with the circuit's readout error and given its
  /// post-selections. Throws InputError as Program::run does, and on a readout error of a bit that
  /// is not there.
  std::vector<double> probabilities(const Binding& binding) const;
  /// The same for many bindings, in their order; see Program::batch_expectations.
  std::vector<std::vector<double>> batch_probabilities(const BindingBatch& bindings) const;

 private:
  struct Branch {
    Bitstring outcome;  ///< of the mid-circuit measurements
    Program program;
  };

  /// What is reported, from what its branches find: a column a branch, of 2^n_qubits.
  std::vector<double> reported(const arma::mat& found, const Binding& binding) const;

  Circuit circuit_;
  std::vector<Bitstring> bits_;  ///< see bits_read_at_the_end
  std::vector<Branch> branches_;
};

}  // namespace rhodrift
