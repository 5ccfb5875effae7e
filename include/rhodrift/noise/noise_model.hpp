#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/gate_noise.hpp>
#include <rhodrift/noise/noise_policy.hpp>

namespace rhodrift {

/// Whether channels bring their derivatives in the calibration's numbers.
enum class Derivatives { without, with };

/// How a readout error moves with one number of the calibration. The matrix of a qubit's own
/// figures is affine in each of them and what a device reports is linear in the matrix of each
/// group, so the derivative of it (of Observable::with_readout_error, of an expectation, of a
/// probability) is `slope` times what it is with `at_one` in place of the group, less what it is
/// with `at_zero` there.
struct ReadoutDerivative {
  /// JSON pointer of the number in the calibration file: "/qubits/3/readout/p10".
  std::string number;
  std::size_t group;        ///< which group of the readout error
  ConfusionMatrix at_zero;  ///< that group if it were misread with probability 0 there, …
  ConfusionMatrix at_one;   ///< … and with probability 1
  double slope;             ///< of that probability in the number: the policy's scale
};

class CircuitNoiseTable;

/// The noise of one device in one recorded state. Copies share what they are made of and what
/// `apply` found for a gate or a delay, which is so worked out once.
class NoiseModel {
 public:
  NoiseModel(Calibration calibration, NoisePolicy policy);

  const Calibration& calibration() const { return *calibration_; }
  const NoisePolicy& policy() const { return policy_; }

  /// The same device `factor` times as noisy: with that multiple of the policy's scale.
  NoiseModel scaled(double factor) const;

  /// The gate's figures. Throws InputError when the device does not have this gate on these device
  /// qubits in this order; it says so when no device could: a qubit is repeated or not on it, or a
  /// known gate takes another number of qubits.
  const GateCalibration& gate_figures(const std::string& gate,
                                      const std::vector<int>& qubits) const;

  /// Throws InputError as gate_figures does and as rhodrift::gate_noise does.
  GateNoise gate_noise(const std::string& gate, const std::vector<int>& qubits) const;

  /// The derivatives of gate_noise's PTM in the calibration's numbers
  /// (rhodrift::gate_noise_derivatives). Throws as gate_noise does.
  std::vector<ChannelDerivative> gate_noise_derivatives(const std::string& gate,
                                                        const std::vector<int>& qubits) const;

  /// Confusion of the given device qubits, bit i being qubits[i]. A recorded matrix is used for
  /// those of its qubits that are read, each once: the marginal of their part, or only the matrix
  /// of all of them (NoisePolicy::marginal_readout); the qubits' own figures otherwise. At a scale
  /// α a matrix M is 1 + α (M - 1). Throws InputError when a qubit is not on the device, or when α
  /// times a probability to misread is above 1.
  ReadoutError readout_error(const std::vector<int>& qubits) const;

  /// How readout_error(qubits) moves with the readout figures of the qubits: p10 and p01 for each
  /// group that is a qubit's own figures, in the order of the groups. A recorded matrix depends on
  /// none of them.
  std::vector<ReadoutDerivative> readout_derivatives(const std::vector<int>& qubits) const;

  /// `circuit` with the noise of its instructions after them and the readout error of the measured
  /// bits. The circuit is in the device's native gates, its qubit i on device qubit layout[i].
  ///   gates, resets            gate_noise
  ///   delays                   waiting_noise (NoisePolicy::idle)
  ///   mid-circuit measurement  waiting_noise for the qubit's readout time
  ///   (NoisePolicy::mid_circuit) joint delays             coupling_noise where two qubits of a ZZ
  ///   coupling are in delays at the
  ///                            same time. Instructions then are in the order in which they begin,
  ///                            and such delays are cut.
  /// What has no noise gets no channel, unless it has derivatives to carry: rz that takes no time
  /// would have noise if it took some. Throws InputError that names the first gate the device
  /// lacks.
  Circuit apply(const Circuit& circuit, const Layout& layout,
                Derivatives derivatives = Derivatives::without) const;

  /// Everything that was assumed for what the given qubits' figures do not say.
  std::vector<std::string> notes(const Layout& layout) const;

 private:
  friend class NoiseWalk;
  NoiseModel(std::shared_ptr<const Calibration> calibration, NoisePolicy policy);

  std::shared_ptr<const Calibration> calibration_;
  NoisePolicy policy_;
  std::shared_ptr<CircuitNoiseTable> known_;
};

}  // namespace rhodrift
