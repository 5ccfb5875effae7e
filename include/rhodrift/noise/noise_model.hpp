#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/gate_noise.hpp>

namespace rhodrift {

/// How a calibration becomes noise. docs/noise.md has every formula.
enum class NoisePolicy {
  ideal,  ///< the device's gates and connections, no noise
  aer,  ///< Qiskit Aer's device noise model: relaxation plus depolarizing up to the reported error
};

/// Throws InputError that lists the known names.
NoisePolicy parse_noise_policy(std::string_view name);
std::string_view to_string(NoisePolicy policy);

/// Whether channels bring their derivatives in the calibration's numbers.
enum class Derivatives { without, with };

/// How a readout error moves with one number of the calibration. The matrix of a qubit's own
/// figures is affine in each of them and what a device reports is linear in the matrix of each
/// group, so the derivative of it (of Observable::with_readout_error, of an expectation, of a
/// probability) is what it is with `at_one` in place of the group, less what it is with `at_zero`
/// there.
struct ReadoutDerivative {
  /// JSON pointer of the number in the calibration file: "/qubits/3/readout/p10".
  std::string number;
  std::size_t group;        ///< which group of the readout error
  ConfusionMatrix at_zero;  ///< that group if the number were 0, …
  ConfusionMatrix at_one;   ///< … and if it were 1
};

/// The noise of one device in one recorded state.
class NoiseModel {
 public:
  NoiseModel(Calibration calibration, NoisePolicy policy);

  const Calibration& calibration() const { return calibration_; }
  NoisePolicy policy() const { return policy_; }

  /// Throws InputError when the device does not have this gate on these device qubits in this
  /// order; it says so when no device could: a qubit is repeated or not on it, or a known gate
  /// takes another number of qubits.
  GateNoise gate_noise(const std::string& gate, const std::vector<int>& qubits) const;

  /// The derivatives of gate_noise's PTM in the calibration's numbers (aer_gate_noise_derivatives);
  /// none with policy ideal. Throws as gate_noise does.
  std::vector<ChannelDerivative> gate_noise_derivatives(const std::string& gate,
                                                        const std::vector<int>& qubits) const;

  /// Confusion of the given device qubits, bit i being qubits[i]. A recorded matrix of a group is
  /// used when all of the group is read, each of its qubits once; its qubits' own figures
  /// otherwise. Throws InputError when a qubit is not on the device.
  ReadoutError readout_error(const std::vector<int>& qubits) const;

  /// How readout_error(qubits) moves with the readout figures of the qubits: p10 and p01 for each
  /// group that is a qubit's own figures, in the order of the groups. A recorded matrix depends on
  /// none of them.
  std::vector<ReadoutDerivative> readout_derivatives(const std::vector<int>& qubits) const;

  /// `circuit` with a channel after every gate and the readout error of the measured bits. The
  /// circuit is in the device's native gates, its qubit i on device qubit layout[i].
  /// A gate without noise gets no channel, unless it has derivatives to carry: rz that takes no
  /// time would have noise if it took some. Throws InputError that names the first gate the device
  /// lacks.
  Circuit apply(const Circuit& circuit, const Layout& layout,
                Derivatives derivatives = Derivatives::without) const;

  /// Everything that was assumed for what the given qubits' figures do not say.
  std::vector<std::string> notes(const Layout& layout) const;

 private:
  const GateCalibration& require_gate(const std::string& gate,
                                      const std::vector<int>& qubits) const;
  /// Null when the gate has neither noise nor derivatives.
  std::shared_ptr<const ChannelInstruction> channel_after(const std::string& gate,
                                                          const std::vector<int>& qubits,
                                                          Derivatives derivatives) const;

  Calibration calibration_;
  NoisePolicy policy_;
};

}  // namespace rhodrift
