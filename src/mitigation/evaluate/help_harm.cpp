#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/evaluate/help_harm.hpp>

namespace rhodrift {

namespace {

using Helps = HelpHarmPoint::Helps;

/// How exactly simulated expectations are known: rounding, with room for what strategies make of
/// it.
constexpr double rounding = 1e-12;

/// Where a number lies.
enum class Sign { negative, zero, positive, unknown };

/// Of first - second, which is 0 within `tolerance` and may be it within their intervals.
Sign sign_of_difference(const Estimate& first, const Estimate& second, double tolerance) {
  const auto half_width = [](const Estimate& estimate) {
    return 0.5 * (estimate.ci.high - estimate.ci.low);
  };
  const double difference = first.value - second.value;
  if (std::abs(difference) <= tolerance) return Sign::zero;
  // The negation takes a half width of NaN, an error nobody knows, to be large.
  if (!(std::abs(difference) > std::hypot(half_width(first), half_width(second))))
    return Sign::unknown;
  return difference > 0.0 ? Sign::positive : Sign::negative;
}

/// Rounding of the squares of errors up to the size of `square`'s root.
double rounding_of_square(double square) {
  return rounding * (2.0 * std::sqrt(square) + rounding);
}

Helps verdict(Sign gained, Sign lost) {
  if (gained == Sign::unknown || lost == Sign::unknown) return Helps::unknown;
  if (gained != Sign::negative && lost != Sign::positive)
    return gained == Sign::zero && lost == Sign::zero ? Helps::never : Helps::always;
  if (gained != Sign::positive && lost != Sign::negative) return Helps::never;
  return gained == Sign::positive ? Helps::above : Helps::below;
}

HelpHarmPoint point(double noise_scale, const std::optional<ExpectedError>& mitigated,
                    const std::optional<ExpectedError>& raw, double shots) {
  HelpHarmPoint result{noise_scale, Helps::no_estimate};
  if (!mitigated || !raw) return result;
  const double largest = std::max(raw->without_shots.value, mitigated->without_shots.value);
  const double most = std::max(raw->shot_variance.value, mitigated->shot_variance.value);
  const double of_squares = rounding_of_square(largest);
  const double of_variances = rounding * (most + 1.0 / shots);  // of (1 - <O>²)/shots
  result.helps =
      verdict(sign_of_difference(raw->without_shots, mitigated->without_shots, of_squares),
              sign_of_difference(mitigated->shot_variance, raw->shot_variance, of_variances));
  if (result.helps == Helps::above || result.helps == Helps::below)
    result.crossing_shots = shots * (mitigated->shot_variance.value - raw->shot_variance.value) /
                            (raw->without_shots.value - mitigated->without_shots.value);
  if (raw->mean_square() > rounding_of_square(0.0) + rounding / shots)
    result.rmse_ratio = std::sqrt(mitigated->mean_square() / raw->mean_square());
  return result;
}

}  // namespace

std::string_view to_string(Helps helps) {
  switch (helps) {
    case Helps::always:
      return "always";
    case Helps::above:
      return "above";
    case Helps::below:
      return "below";
    case Helps::never:
      return "never";
    case Helps::unknown:
      return "not known";
    case Helps::no_estimate:
      return "no estimate";
  }
  throw RunError("help-harm verdict out of range");
}

HelpHarm help_harm(const EvaluationCase& of, std::span<const Strategy> strategies,
                   const NoiseModel& model, std::span<const double> noise_scales,
                   const ExecutorFor& executor_for, const EvaluationOptions& options) {
  options.validate();
  for (const double scale : noise_scales)
    if (!(scale >= 0.0 && std::isfinite(scale)))
      throw InputError("help-harm", "noise scale",
                       fmt::format("{} is not a finite number >= 0", scale));
  const arma::vec truth = true_expectations(of, model, executor_for);
  std::vector<Strategy> mitigating;
  std::ranges::copy_if(strategies, std::back_inserter(mitigating),
                       [](const Strategy& strategy) { return strategy.name != "raw"; });
  HelpHarm result{of.name, {}};
  for (const Strategy& strategy : mitigating) result.boundaries.push_back({strategy.name, {}});
  for (const double scale : noise_scales) {
    const NoiseModel scaled = model.scaled(scale);
    const auto error = [&](const Strategy& strategy) {
      return expected_error(of, strategy, scaled, scaled, executor_for, truth, options.shots,
                            options.seed);
    };
    const std::optional<ExpectedError> raw = error(parse_strategy("raw"));
    for (std::size_t s = 0; s < mitigating.size(); ++s)
      result.boundaries[s].points.push_back(
          point(scale, error(mitigating[s]), raw, static_cast<double>(options.shots)));
  }
  return result;
}

}  // namespace rhodrift
