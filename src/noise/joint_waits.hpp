#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// Two qubits of a circuit that a coupling of the device joins.
struct CoupledPair {
  std::size_t coupling;  ///< place in Calibration::zz_couplings
  int first;
  int second;
};

/// A time for which both qubits of a pair are in delays.
struct JointWait {
  CoupledPair pair;
  double duration_s;
};

/// An instruction, or a piece of a delay, with the joint waits that end with it: no later
/// instruction begins before they are over, and nothing but delays is in them.
struct InstructionInTime {
  Instruction instruction;
  double start_s;
  double end_s;
  std::vector<JointWait> joint_waits = {};
};

/// The circuit in the order in which its instructions begin, each as soon as its qubits are free:
/// the delays of a circuit say all about its schedule. A delay is cut where one of a coupled qubit
/// begins or ends. `duration_s` says how long an instruction takes.
std::vector<InstructionInTime> in_time(const Circuit& circuit,
                                       const std::vector<CoupledPair>& pairs,
                                       const std::function<double(const Instruction&)>& duration_s);

}  // namespace rhodrift
