#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/objective.hpp>

#include "train/dataset_loss.hpp"
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

/// The losses of samples and their gradients in the logits, one a column.
struct SampleLosses {
  arma::vec values;
  arma::mat slopes;

  SampleLosses(std::size_t n_samples, const AffineHead& head)
      : values(n_samples), slopes(head.bias.n_elem, n_samples) {}
  /// Of sample b, of which the head is given `inputs`. Different samples from different threads.
  void set(std::size_t b, const AffineHead& head, const arma::vec& inputs, const Dataset& batch,
           Loss loss) {
    const LossValue sample = sample_loss(loss, head.scale * inputs + head.bias, batch, b);
    values(b) = sample.value;
    slopes.col(b) = sample.gradient;
  }
  /// The derivative of the mean in what the head is given of sample b.
  arma::vec derivative(std::size_t b, const AffineHead& head) const {
    return head.scale.t() * slopes.col(b) / static_cast<double>(values.n_elem);
  }
  /// Of the mean in the head, given g_b the slopes: d/dscale = g_b inputs_bᵀ, d/dbias = g_b. Summed
  /// sample by sample: the same bits on any number of threads.
  AffineHead gradient(const arma::mat& inputs) const {
    const auto n_samples = static_cast<double>(values.n_elem);
    AffineHead sum{arma::zeros(slopes.n_rows, inputs.n_rows), arma::zeros(slopes.n_rows)};
    for (arma::uword b = 0; b < inputs.n_cols; ++b)
      for (arma::uword k = 0; k < slopes.n_rows; ++k) {
        sum.bias(k) += slopes(k, b) / n_samples;
        for (arma::uword j = 0; j < inputs.n_rows; ++j)
          sum.scale(k, j) += slopes(k, b) * inputs(j, b) / n_samples;
      }
    return sum;
  }
  double mean() const {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.n_elem);
  }
};

/// The mean loss of a batch with these expectations, and its derivatives in them and in the head.
struct BatchLoss {
  double value;
  AffineHead gradient;
  arma::mat derivatives;  ///< n_observables x batch
};
BatchLoss batch_loss(const Qnn& model, const arma::mat& values, const AffineHead& head,
                     const Dataset& batch, Loss loss) {
  SampleLosses losses(batch.n_samples(), head);
  const arma::mat inputs = model.post_measurement.apply(values);
  arma::mat derivatives(arma::size(inputs));
  for (arma::uword b = 0; b < inputs.n_cols; ++b) {
    losses.set(b, head, inputs.col(b), batch, loss);
    derivatives.col(b) = losses.derivative(b, head);
  }
  const PostMeasurement::Term attraction = model.post_measurement.attraction(values);
  return {losses.mean() + attraction.value, losses.gradient(inputs),
          model.post_measurement.pulled_back(values, derivatives) + attraction.gradient};
}

}  // namespace

TrainingLoss training_loss(const Qnn& model, const ExpectationFunction& expectations,
                           const QnnParameters& parameters, const Dataset& batch, Loss loss,
                           bool with_gradient) {
  const AffineHead& head = parameters.head;
  require_loss_of(batch, loss);
  if (with_gradient && model.post_measurement.is_none()) {
    SampleLosses losses(batch.n_samples(), head);
    const ExpectationFunction::Gradient circuit = expectations.gradient(
        parameters.weights, batch.features, [&](std::size_t b, const arma::vec& f) -> arma::vec {
          losses.set(b, head, f, batch, loss);
          return losses.derivative(b, head);
        });
    return {losses.mean(),
            QnnParameters{circuit.weights, losses.gradient(circuit.values)}.flattened()};
  }
  // What is made of a sample's expectations depends on those of all: they come first.
  const arma::mat values = expectations.values(parameters.weights, batch.features);
  const BatchLoss result = batch_loss(model, values, head, batch, loss);
  if (!with_gradient) return {result.value, {}};
  const arma::vec weights =
      weights_gradient(expectations, parameters.weights, batch.features, result.derivatives);
  return {result.value, QnnParameters{weights, result.gradient}.flattened()};
}

arma::mat loss_derivatives(const Qnn& model, const arma::mat& values, const AffineHead& head,
                           const Dataset& batch, Loss loss) {
  return batch_loss(model, values, head, batch, loss).derivatives;
}

TrainingObjective fixed_objective(const Qnn& model, SharedExpectations expectations, Loss loss) {
  require_fitting(model, *expectations);
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch,
             bool with_gradient) {
    return training_loss(model, *expectations, parameters, batch, loss, with_gradient);
  };
}

TrainingObjective drawn_objective(const Qnn& model, ExpectationsOfStep expectations, Loss loss) {
  return [=](std::uint64_t step, const QnnParameters& parameters, const Dataset& batch,
             bool with_gradient) {
    const SharedExpectations drawn = expectations(step);
    require_fitting(model, *drawn);
    return training_loss(model, *drawn, parameters, batch, loss, with_gradient);
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
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch,
             bool with_gradient) {
    std::vector<TrainingLoss> losses;
    for (const SharedExpectations& condition : conditions)
      losses.push_back(training_loss(model, *condition, parameters, batch, loss, with_gradient));
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
  return [=](std::uint64_t, const QnnParameters& parameters, const Dataset& batch,
             bool with_gradient) {
    TrainingLoss result = training_loss(model, *noisy, parameters, batch, loss, with_gradient);
    const arma::mat gap = noisy->values(parameters.weights, batch.features) -
                          noiseless->values(parameters.weights, batch.features);
    result.value += strength * arma::mean(arma::vectorise(arma::square(gap)));
    if (!with_gradient) return result;
    const arma::mat derivatives = 2.0 * strength / static_cast<double>(gap.n_elem) * gap;
    result.gradient.head(parameters.weights.n_elem) +=
        weights_gradient(*noisy, parameters.weights, batch.features, derivatives) -
        weights_gradient(*noiseless, parameters.weights, batch.features, derivatives);
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
