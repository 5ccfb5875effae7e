#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/evaluate/help_harm.hpp>

namespace rhodrift {

namespace {

using Helps = HelpHarmPoint::Helps;

/// Mean squared bias, and variance at the given shots, over the observables.
struct Parts {
  double bias_squared;
  double variance;

  explicit Parts(const ExpectedError& error)
      : bias_squared(arma::mean(arma::square(error.bias))),
        variance(arma::mean(arma::square(error.std_error))) {}
  double mean_square() const { return bias_squared + variance; }
};

HelpHarmPoint point(double noise_scale, const Parts& mitigated, const Parts& raw, double shots) {
  HelpHarmPoint result{noise_scale, Helps::always, std::nullopt,
                       std::sqrt(mitigated.mean_square() / raw.mean_square())};
  const double gained = raw.bias_squared - mitigated.bias_squared;
  const double lost = mitigated.variance - raw.variance;
  if (gained > 0.0 && lost <= 0.0) return result;
  if (gained <= 0.0 && lost >= 0.0) {
    result.helps = Helps::never;
    return result;
  }
  result.helps = gained > 0.0 ? Helps::above : Helps::below;
  result.crossing_shots = shots * lost / gained;
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
  }
  throw RunError("help-harm verdict out of range");
}

std::vector<HelpHarmBoundary> help_harm(const EvaluationCase& of,
                                        std::span<const Strategy> strategies,
                                        const NoiseModel& model,
                                        std::span<const double> noise_scales,
                                        const ExecutorFor& executor_for,
                                        const EvaluationOptions& options) {
  options.validate();
  for (const double scale : noise_scales)
    if (!(scale >= 0.0 && std::isfinite(scale)))
      throw InputError("help-harm", "noise scale",
                       fmt::format("{} is not a finite number >= 0", scale));
  const arma::vec truth = true_expectations(of, model, executor_for);
  std::vector<HelpHarmBoundary> boundaries;
  for (const Strategy& strategy : strategies) boundaries.push_back({strategy.name, {}});
  for (const double scale : noise_scales) {
    const NoiseModel scaled = model.scaled(scale);
    const Device device = of.on(scaled);
    const std::unique_ptr<Executor> executor = executor_for(&device);
    const std::unique_ptr<Executor> noiseless = executor_for(nullptr);
    const auto parts = [&](const Strategy& strategy) {
      return Parts(expected_error(of, strategy, scaled, *executor, *noiseless, truth, options.shots,
                                  options.seed));
    };
    const Parts raw = parts(parse_strategy("raw"));
    for (std::size_t s = 0; s < strategies.size(); ++s)
      boundaries[s].points.push_back(
          point(scale, parts(strategies[s]), raw, static_cast<double>(options.shots)));
  }
  return boundaries;
}

}  // namespace rhodrift
