#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/evaluate.hpp>

namespace rhodrift {

/// From which number of shots on a strategy is better than doing nothing, at one strength of the
/// noise. With the biases b and the variances v/N at N shots in total, both have the same mean
/// squared error at N* = (v - v_raw)/(b_raw² - b²).
struct HelpHarmPoint {
  /// Where, in shots, the strategy has the smaller error.
  enum class Helps { always, above, below, never };

  double noise_scale;
  Helps helps;
  std::optional<double> crossing_shots;  ///< N*, with above and below
  /// Root mean squared error of the strategy over that of raw at the evaluation's shots.
  double rmse_ratio;
};
/// "always", "above", "below", "never"
std::string_view to_string(HelpHarmPoint::Helps helps);

struct HelpHarmBoundary {
  std::string strategy;
  std::vector<HelpHarmPoint> points;  ///< one a noise scale, in their order
};

/// For every strategy, with all noise of `model` (readout error too) at each of the scales; the
/// strategies know the device as it is then. Biases and variances are expected_error's, averaged
/// over the observables. Throws InputError as evaluate does, and when a noise scale is negative or
/// not finite.
std::vector<HelpHarmBoundary> help_harm(const EvaluationCase& of,
                                        std::span<const Strategy> strategies,
                                        const NoiseModel& model,
                                        std::span<const double> noise_scales,
                                        const ExecutorFor& executor_for,
                                        const EvaluationOptions& options);

}  // namespace rhodrift
