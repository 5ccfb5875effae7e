#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/channel.hpp>

namespace rhodrift {

/// How a calibration becomes noise. docs/noise.md has every formula.
enum class NoisePolicy {
  ideal,  ///< the device's gates and connections, no noise
  aer,  ///< Qiskit Aer's device noise model: relaxation plus depolarizing up to the reported error
};

/// Throws InputError that lists the known names.
NoisePolicy parse_noise_policy(std::string_view name);
std::string_view to_string(NoisePolicy policy);

/// The noise that follows one gate of the device.
struct GateNoise {
  Channel channel;
  double average_infidelity;       ///< of `channel`
  double depolarizing_lambda;      ///< 0 when relaxation explains all of the reported error
  double relaxation_infidelity;    ///< average infidelity of the relaxation alone
  std::vector<std::string> notes;  ///< where the model departs from what was reported
};

/// Relaxation over the gate's duration, preceded by depolarizing that makes up for the rest of the
/// reported error. d = 2^k for k operands with e1 = exp(-t/T1), e2 = exp(-t/T2), T2 <- min(T2, 2
/// T1):
///   F_pro = Π (1 + e1 + 2 e2)/d²,  F = (d F_pro + 1)/(d + 1),  r = 1 - F,
///   λ = min(d (ε - r)/(d F - 1), 4^k/(4^k - 1))  with ε <- min(ε, d/(d + 1));  0 if ε <= r or
///   absent.
/// Missing T1 is ∞, missing T2 is 2 T1, a missing duration is 0; each is told in the notes, as is a
/// T2 that was clamped. Throws InputError on operands outside the device, a negative error, times
/// that are not > 0, and a gate so much longer than its qubits live that d F <= 1 while ε > r.
GateNoise aer_gate_noise(const Calibration& calibration, const GateCalibration& gate);

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

  /// Confusion of the given device qubits, bit i being qubits[i]. A recorded matrix of a group is
  /// used when all of the group is read, its qubits' own figures otherwise.
  /// Throws InputError when a qubit is repeated or not on the device.
  ReadoutError readout_error(const std::vector<int>& qubits) const;

  /// `circuit` with a channel after every gate and the readout error of the measured bits. The
  /// circuit is in the device's native gates, its qubit i on device qubit layout[i].
  /// Throws InputError that names the first gate the device lacks.
  Circuit apply(const Circuit& circuit, const Layout& layout) const;

  /// Everything that was assumed for what the given qubits' figures do not say.
  std::vector<std::string> notes(const Layout& layout) const;

 private:
  const GateCalibration& require_gate(const std::string& gate,
                                      const std::vector<int>& qubits) const;

  Calibration calibration_;
  NoisePolicy policy_;
};

}  // namespace rhodrift
