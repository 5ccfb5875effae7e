#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/objective.hpp>

#include "train/require_equal.hpp"

namespace rhodrift {

namespace {

void require_fitting(const Qnn& model, const ExpectationFunction& expectations) {
  require_equal("features of the expectations", expectations.n_features(),
                static_cast<std::size_t>(model.circuit.n_features()), "the circuit");
  require_equal("weights of the expectations", expectations.n_weights(),
                static_cast<std::size_t>(model.circuit.n_weights()), "the circuit");
  require_equal("observables of the expectations", expectations.n_observables(),
                model.n_observables(), "the model");
}

void require_strength(double strength) {
  if (!(strength >= 0.0 && std::isfinite(strength)))
    throw InputError("training", "strength", fmt::format("{} is not >= 0", strength));
}

/// What `expectations` give for a batch, with derivatives in them that are known beforehand.
arma::vec weights_gradient(const ExpectationFunction& expectations, const arma::vec& weights,
                           const arma::mat& features, const arma::mat& derivatives) {
  return expectations
      .gradient(weights, features,
                [&](std::size_t b, const arma::vec&) -> arma::vec { return derivatives.col(b); })
      .weights;
}

/// The derivative of a sample's loss in what the head is given.
arma::vec derivative_of_sample(const AffineHead& head, const arma::vec& inputs, int label,
                               Loss loss) {
  return head.scale.t() * sample_loss(loss, head.scale * inputs + head.bias, label).gradient;
}

struct HeadLoss {
  double value;
  AffineHead gradient;
  arma::mat derivatives;  ///< in what the head is given
};
/// The mean loss of samples of which the head is given `inputs`, one a column: with g the loss's
/// derivative in the logits, d/dscale = g inputsᵀ, d/dbias = g and d/dinputs = scaleᵀ g. Summed
/// sample by sample: the same bits on any number of threads.
HeadLoss head_loss(const AffineHead& head, const arma::mat& inputs, const std::vector<int>& labels,
                   Loss loss) {
  const auto n_samples = static_cast<double>(labels.size());
  HeadLoss result{0,
                  {arma::zeros(arma::size(head.scale)), arma::zeros(arma::size(head.bias))},
                  arma::mat(arma::size(inputs))};
  for (arma::uword b = 0; b < inputs.n_cols; ++b) {
    const arma::vec input = inputs.col(b);
    const LossValue sample = sample_loss(loss, head.scale * input + head.bias, labels[b]);
    result.value += sample.value;
    result.gradient.scale += sample.gradient * input.t() / n_samples;
    result.gradient.bias += sample.gradient / n_samples;
    result.derivatives.col(b) = head.scale.t() * sample.gradient / n_samples;
  }
  result.value /= n_samples;
  return result;
}

}  // namespace

TrainingLoss training_loss(const Qnn& model, const ExpectationFunction& expectations,
                           const QnnParameters& parameters, const Dataset& batch, Loss loss) {
  const AffineHead& head = parameters.head;
  if (model.post_measurement.is_none()) {
    const ExpectationFunction::Gradient circuit = expectations.gradient(
        parameters.weights, batch.features, [&](std::size_t b, const arma::vec& f) -> arma::vec {
          return derivative_of_sample(head, f, batch.labels[b], loss) /
                 static_cast<double>(batch.n_samples());
        });
    const HeadLoss result = head_loss(head, circuit.values, batch.labels, loss);
    return {result.value, QnnParameters{circuit.weights, result.gradient}.flattened()};
  }
  // What is made of a sample's expectations depends on those of all: they come first.
  const arma::mat values = expectations.values(parameters.weights, batch.features);
  const HeadLoss result = head_loss(head, model.post_measurement.apply(values), batch.labels, loss);
  const PostMeasurement::Term attraction = model.post_measurement.attraction(values);
  const arma::vec weights = weights_gradient(
      expectations, parameters.weights, batch.features,
      model.post_measurement.pulled_back(values, result.derivatives) + attraction.gradient);
  return {result.value + attraction.value, QnnParameters{weights, result.gradient}.flattened()};
}

TrainingObjective fixed_objective(const Qnn& model, SharedExpectations expectations, Loss loss) {
  require_fitting(model, *expectations);
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch) {
    return training_loss(model, *expectations, parameters, batch, loss);
  };
}

TrainingObjective drawn_objective(const Qnn& model, ExpectationsOfStep expectations, Loss loss) {
  return [=](std::uint64_t step, const QnnParameters& parameters, const Dataset& batch) {
    const SharedExpectations drawn = expectations(step);
    require_fitting(model, *drawn);
    return training_loss(model, *drawn, parameters, batch, loss);
  };
}

TrainingObjective risk_objective(const Qnn& model, std::vector<SharedExpectations> conditions,
                                 Risk risk, Loss loss) {
  if (conditions.empty()) throw InputError("training", "risk", "there are no conditions");
  if (!(risk.tail >= 0.0 && risk.tail <= 1.0))
    throw InputError("training", "risk", fmt::format("tail {} is outside [0, 1]", risk.tail));
  for (const SharedExpectations& condition : conditions) require_fitting(model, *condition);
  const std::size_t n = conditions.size();
  const auto n_worst = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::ceil(risk.tail * static_cast<double>(n))), 1, n);
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch) {
    std::vector<TrainingLoss> losses;
    for (const SharedExpectations& condition : conditions)
      losses.push_back(training_loss(model, *condition, parameters, batch, loss));
    std::ranges::stable_sort(losses, std::ranges::greater(), &TrainingLoss::value);
    TrainingLoss mean{0, arma::zeros(losses[0].gradient.n_elem)};
    for (std::size_t i = 0; i < n_worst; ++i) {
      mean.value += losses[i].value / static_cast<double>(n_worst);
      mean.gradient += losses[i].gradient / static_cast<double>(n_worst);
    }
    return mean;
  };
}

TrainingObjective noise_gap_objective(const Qnn& model, SharedExpectations noisy,
                                      SharedExpectations noiseless, double strength, Loss loss) {
  require_fitting(model, *noisy);
  require_fitting(model, *noiseless);
  require_strength(strength);
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch) {
    TrainingLoss result = training_loss(model, *noisy, parameters, batch, loss);
    const arma::mat gap = noisy->values(parameters.weights, batch.features) -
                          noiseless->values(parameters.weights, batch.features);
    const arma::mat derivatives = 2.0 * strength / static_cast<double>(gap.n_elem) * gap;
    result.value += strength * arma::mean(arma::vectorise(arma::square(gap)));
    result.gradient.head(parameters.weights.n_elem) +=
        weights_gradient(*noisy, parameters.weights, batch.features, derivatives) -
        weights_gradient(*noiseless, parameters.weights, batch.features, derivatives);
    return result;
  };
}

TrainingObjective sensitivity_objective(const Qnn& model, SharedExpectations expectations,
                                        std::vector<CalibrationStep> steps, double strength,
                                        Loss loss) {
  require_fitting(model, *expectations);
  require_strength(strength);
  for (const CalibrationStep& step : steps) {
    require_fitting(model, *step.below);
    require_fitting(model, *step.above);
  }
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch) {
    TrainingLoss result = training_loss(model, *expectations, parameters, batch, loss);
    for (const CalibrationStep& step : steps) {
      const TrainingLoss below = training_loss(model, *step.below, parameters, batch, loss);
      const TrainingLoss above = training_loss(model, *step.above, parameters, batch, loss);
      const double change = (above.value - below.value) / 2.0;
      result.value += strength * change * change;
      result.gradient += strength * change * (above.gradient - below.gradient);
    }
    return result;
  };
}

// --- CombinedExpectations -----------------------------------------------------------------------

CombinedExpectations::CombinedExpectations(std::vector<Part> parts) : parts_(std::move(parts)) {
  if (parts_.empty()) throw InputError("combined expectations", "", "there are no parts");
  for (const Part& part : parts_) {
    const ExpectationFunction& other = *part.expectations;
    if (other.n_weights() != n_weights() || other.n_features() != n_features() ||
        other.n_observables() != n_observables())
      throw InputError("combined expectations", "",
                       "parts have other numbers of weights, features or observables");
  }
}

std::size_t CombinedExpectations::n_weights() const {
  return parts_.front().expectations->n_weights();
}
std::size_t CombinedExpectations::n_features() const {
  return parts_.front().expectations->n_features();
}
std::size_t CombinedExpectations::n_observables() const {
  return parts_.front().expectations->n_observables();
}

arma::mat CombinedExpectations::values(const arma::vec& weights, const arma::mat& features) const {
  arma::mat sum(n_observables(), features.n_cols, arma::fill::zeros);
  for (const auto& [coefficient, expectations] : parts_)
    sum += coefficient * expectations->values(weights, features);
  return sum;
}

ExpectationFunction::Gradient CombinedExpectations::gradient(
    const arma::vec& weights, const arma::mat& features,
    const LossDerivative& loss_derivative) const {
  // The loss is one of the sum, which takes all parts' values first.
  Gradient result{values(weights, features), arma::vec(n_weights(), arma::fill::zeros)};
  arma::mat derivatives(arma::size(result.values));
  for (arma::uword b = 0; b < features.n_cols; ++b)
    derivatives.col(b) = loss_derivative(b, result.values.col(b));
  for (const auto& [coefficient, expectations] : parts_)
    result.weights += coefficient * weights_gradient(*expectations, weights, features, derivatives);
  return result;
}

}  // namespace rhodrift
