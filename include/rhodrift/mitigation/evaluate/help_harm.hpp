#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/evaluate.hpp>

namespace rhodrift {

/// From which number of shots on a strategy is better than doing nothing, at one strength of the
/// noise. An estimate has the mean squared error a + v/N at N shots in total, a being what stays
/// without shot noise (expected_error), so that both are equally good at
/// N* = (v - v_raw)/(a_raw - a).
struct HelpHarmPoint {
  /// Where, in shots, the strategy has the smaller error. `unknown`: its circuits are random, and
  /// the draws do not tell one of the two differences from 0 (at 95 %). `no_estimate`: the expected
  /// outcomes allow none.
  enum class Helps { always, above, below, never, unknown, no_estimate };

  double noise_scale;
  Helps helps;
  std::optional<double> crossing_shots = {};  ///< N*, with above and below
  /// Root mean squared error of the strategy over that of raw at the evaluation's shots; nullopt
  /// without an estimate, and where raw has no error beyond rounding.
  std::optional<double> rmse_ratio = {};
};
/// "always", "above", "below", "never", "not known", "no estimate"
std::string_view to_string(HelpHarmPoint::Helps helps);

struct HelpHarmBoundary {
  std::string strategy;
  std::vector<HelpHarmPoint> points;  ///< one a noise scale, in their order
};

/// The boundaries of all strategies on a case.
struct HelpHarm {
  std::string name;  ///< the case's
  std::vector<HelpHarmBoundary> boundaries;
};

/// For every strategy but "raw", with all noise of `model` (readout error too) at each of the
/// scales; the strategies know the device as it is then. Errors are expected_error's. Throws
/// InputError as evaluate does, and when a noise scale is negative or not finite.
HelpHarm help_harm(const EvaluationCase& of, std::span<const Strategy> strategies,
                   const NoiseModel& model, std::span<const double> noise_scales,
                   const ExecutorFor& executor_for, const EvaluationOptions& options);

}  // namespace rhodrift
