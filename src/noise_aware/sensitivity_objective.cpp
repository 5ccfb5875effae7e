#include <cmath>

#include <fmt/format.h>

#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise_aware/sensitivity_objective.hpp>

namespace rhodrift {

namespace {

/// In spreads. The difference errs by its square, relatively, and by rounding over it.
constexpr double difference_step = 1e-3;

bool is_down(const std::string& name, double value) {
  return name.starts_with("error of ") && value >= 1.0;
}

}  // namespace

arma::vec recorded_spreads(const std::vector<std::string>& numbers,
                           std::span<const Calibration> states) {
  if (states.empty()) throw InputError("spreads of a calibration", "", "there are no states");
  arma::vec spreads(numbers.size(), arma::fill::zeros);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string name = number_name(states.back(), numbers[i]);
    std::vector<double> values;
    for (const Calibration& state : states)
      if (const auto value = find_number(state, name); value && !is_down(name, *value))
        values.push_back(*value);
    if (values.size() > 1) spreads(i) = arma::stddev(arma::vec(values));
  }
  return spreads;
}

arma::vec relative_spreads(const std::vector<std::string>& numbers, const Calibration& state,
                           double relative) {
  arma::vec spreads(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    spreads(i) =
        relative * std::abs(find_number(state, number_name(state, numbers[i])).value_or(0.0));
  return spreads;
}

TrainingObjective sensitivity_objective(const Qnn& model,
                                        std::shared_ptr<const DriftingExpectations> drifting,
                                        const arma::vec& spreads, double strength, Loss loss) {
  if (!(strength >= 0.0 && std::isfinite(strength)))
    throw InputError("training", "strength", fmt::format("{} is not >= 0", strength));
  if (spreads.n_elem != drifting->numbers().size())
    throw InputError("training", "spreads",
                     fmt::format("{} for {} numbers of the calibration", spreads.n_elem,
                                 drifting->numbers().size()));
  const SharedExpectations recorded = drifting->moved(arma::zeros(spreads.n_elem));
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch,
             bool with_gradient) {
    TrainingLoss result = training_loss(model, *recorded, parameters, batch, loss, with_gradient);
    const arma::mat values = recorded->values(parameters.weights, batch.features);
    // What a spread of each number changes in the loss.
    const arma::vec changes =
        spreads % arma::sum(drifting->sensitivities(
                                parameters.weights, batch.features,
                                loss_derivatives(model, values, parameters.head, batch, loss)),
                            1);
    const double size = arma::norm(changes);
    result.value += strength * size * size;
    if (!with_gradient || strength * size == 0.0) return result;
    const arma::vec step = difference_step / size * spreads % changes;
    const auto gradient_at = [&](const arma::vec& change) {
      return training_loss(model, *drifting->moved(change), parameters, batch, loss).gradient;
    };
    result.gradient += strength * size / difference_step * (gradient_at(step) - gradient_at(-step));
    return result;
  };
}

}  // namespace rhodrift
