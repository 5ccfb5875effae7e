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

  /// [b] of outcome b, 2^n_bits entries, with the circuit's readout error and given its
  /// post-selections. Throws InputError as Program::run does, and on a readout error of a bit that
  /// is not there.
  std::vector<double> probabilities(const Binding& binding) const;

 private:
  struct Branch {
    Bitstring outcome;  ///< of the mid-circuit measurements
    Program program;
  };

  Circuit circuit_;
  std::vector<Branch> branches_;
};

}  // namespace rhodrift
