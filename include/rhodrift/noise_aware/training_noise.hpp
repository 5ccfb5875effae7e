#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/train/objective.hpp>
#include <rhodrift/train/qnn.hpp>
#include <rhodrift/train/shot_expectations.hpp>

/// Noise-aware training: what is minimised, by the recorded states of a device.
namespace rhodrift {

/// Without noise.
struct NoNoise {
  bool operator==(const NoNoise&) const = default;
};
/// In the calibrated noise and readout error, exactly.
struct ExactNoise {
  bool operator==(const ExactNoise&) const = default;
};
/// With the readout error alone: the gates are perfect.
struct ReadoutNoise {
  bool operator==(const ReadoutNoise&) const = default;
};
/// With random Paulis of the calibrated noise, drawn anew every step (PauliInjection), and the
/// readout error.
struct InjectedNoise {
  double strength = 1.0;  ///< times as probable as calibrated; >= 0

  bool operator==(const InjectedNoise&) const = default;
};
/// Exactly, in a state of the history that is drawn every step: domain randomisation.
struct HistoryNoise {
  bool operator==(const HistoryNoise&) const = default;
};
/// Exactly, in many states of the history at once, for the worst of them (Risk).
struct RiskNoise {
  double tail = 0.2;       ///< in [0, 1]: 0 the worst state alone, 1 the mean
  std::size_t states = 8;  ///< at most so many, spread evenly over the history; >= 1

  bool operator==(const RiskNoise&) const = default;
};
/// Exactly, and drawn to weights that the noise changes little (noise_gap_objective).
struct NoiseGap {
  double strength = 1.0;  ///< >= 0

  bool operator==(const NoiseGap&) const = default;
};
/// Exactly, and drawn to weights whose loss the drift of the calibration changes little
/// (sensitivity_objective), by the spread of each number over the history.
struct SensitivityNoise {
  double strength = 1.0;  ///< >= 0
  /// > 0: that times each number's value instead of its spread, for which there need be no history.
  std::optional<double> relative = std::nullopt;

  bool operator==(const SensitivityNoise&) const = default;
};
/// Exactly, in the centre of each of several clusters of the history's states (cluster_states): a
/// model for each, of which one is chosen when it is known how the device is (ModelRepository).
struct ClusterNoise {
  std::size_t count = 3;  ///< >= 1, and not more than there are states

  bool operator==(const ClusterNoise&) const = default;
};
/// In the noise that mitigation leaves: readout error undone exactly and, with scale factors, a
/// line through the values at so many times the gates' noise extrapolated to none, gradients
/// through it.
struct MitigatedNoise {
  std::vector<double> scale_factors = {};  ///< none, or at least two different ones >= 1

  bool operator==(const MitigatedNoise&) const = default;
};

/// As text: "none", "exact", "readout", "injected:strength=1", "history", "risk:tail=0.2:states=8",
/// "gap:strength=1", "sensitivity:strength=1", "sensitivity:strength=1:relative=0.1", "mitigated"
/// or "mitigated:scale=1,3".
using TrainingNoise =
    std::variant<NoNoise, ExactNoise, ReadoutNoise, InjectedNoise, HistoryNoise, RiskNoise,
                 NoiseGap, SensitivityNoise, ClusterNoise, MitigatedNoise>;

/// Throws InputError naming the setting and what is known.
TrainingNoise parse_training_noise(std::string_view text);
/// What parse_training_noise reads, with all settings.
std::string to_string(const TrainingNoise& noise);

/// Where a model is to run, as it was recorded.
struct DeviceHistory {
  std::vector<NoiseModel> states;  ///< its recorded states, oldest first: the last one is now
  Layout layout;                   ///< device qubit of each circuit qubit
};

/// The expectations of the model's observables on a device in one of its states: exact values and
/// gradients of the circuit in its native gates, with noise and readout error.
SharedExpectations expectations_on(const Qnn& model, const NoiseModel& state, const Layout& layout);

/// The circuit's expectations in this noise, from shots of the simulated device as it is now, with
/// gradients as hardware gives them; shots and the seed of SPSA's directions are functions of
/// `seed` and the state. Throws InputError where the noise is not that of one circuit (none, exact,
/// readout, clusters), and as ShotExpectations does.
std::shared_ptr<const ShotExpectations> shot_expectations(const TrainingNoise& noise,
                                                          const Qnn& model,
                                                          const DeviceHistory& device,
                                                          ShotExpectations::Options options,
                                                          std::uint64_t seed,
                                                          const ShotExpectations::State& from = {});

/// What training under this noise minimises. Strategies of one state take the last one; so does
/// ClusterNoise, whose models are trained one by one, each with a history that ends at its centre.
/// Draws are functions of the seed and the step. Throws InputError when a setting is out of range,
/// there is no state (or, where a history is needed, fewer than two), or the circuit does not run
/// on the device.
TrainingObjective training_objective(const TrainingNoise& noise, const Qnn& model,
                                     const DeviceHistory& device, Loss loss, std::uint64_t seed);

}  // namespace rhodrift
