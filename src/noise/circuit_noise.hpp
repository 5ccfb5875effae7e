#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift {

/// A noise channel of a circuit, and what it is the noise of.
struct CircuitNoise {
  std::string kind;                ///< "cx", "reset", "delay", "measure" (mid-circuit), "zz"
  std::vector<int> device_qubits;  ///< operands in order
  GateNoise noise;
  /// As it stands in the circuit; null when it would do nothing and has no derivatives.
  std::shared_ptr<const ChannelInstruction> channel;
};

/// An instruction of a circuit with what follows it: operands, and noise on them.
struct NoisyInstruction {
  Instruction instruction;
  std::vector<std::pair<std::vector<int>, std::shared_ptr<const CircuitNoise>>> noise;
};

/// The instructions of a circuit in native gates, on a valid layout, with the noise of the model.
/// In the circuit's order, unless coupled qubits wait together: then in that of time, delays being
/// cut. Equal noise is one object. Throws InputError that names the first gate the device lacks.
std::vector<NoisyInstruction> noisy_instructions(const NoiseModel& model, const Circuit& circuit,
                                                 const Layout& layout, Derivatives derivatives);

}  // namespace rhodrift
