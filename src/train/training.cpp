#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/loss.hpp>
#include <rhodrift/train/training.hpp>

#include "core/shuffle.hpp"
#include "train/random.hpp"

namespace rhodrift {

namespace {

void require_equal(const char* what, std::size_t given, std::size_t wanted, const char* whose) {
  if (given != wanted)
    throw InputError("training", what, fmt::format("{}, but {} has {}", given, whose, wanted));
}

void check_agreement(const Qnn& model, const ExpectationFunction& expectations,
                     const Dataset& data) {
  const auto features = static_cast<std::size_t>(model.circuit.n_features());
  const auto weights = static_cast<std::size_t>(model.circuit.n_weights());
  require_equal("features of the data", data.features.n_rows, features, "the circuit");
  require_equal("classes of the data", data.class_names.size(),
                static_cast<std::size_t>(model.n_classes), "the model");
  require_equal("features of the expectations", expectations.n_features(), features, "the circuit");
  require_equal("weights of the expectations", expectations.n_weights(), weights, "the circuit");
  require_equal("observables of the expectations", expectations.n_observables(),
                model.n_observables(), "the model");
}

void check_classes(const Dataset& data) {
  const auto [low, high] = std::minmax_element(data.labels.begin(), data.labels.end());
  if (*low == *high)
    throw InputError(data.name, "",
                     fmt::format("every sample is of class '{}', at least 2 classes are needed",
                                 data.class_names[static_cast<std::size_t>(*low)]));
}

/// The data in a new order, cut into batches.
std::vector<std::vector<std::size_t>> batches_of_epoch(std::size_t n_samples,
                                                       const TrainingOptions& options, int epoch) {
  std::vector<std::size_t> order(n_samples);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random =
      training_stream(options.seed, StreamPurpose::sample_order, static_cast<std::uint64_t>(epoch));
  shuffle(order, random);
  const std::size_t batch_size = std::min(options.batch_size, n_samples);
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < n_samples; begin += batch_size) {
    const std::size_t size = std::min(batch_size, n_samples - begin);
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    batches.emplace_back(first, first + static_cast<std::ptrdiff_t>(size));
  }
  return batches;
}

}  // namespace

TrainingLoss training_loss(const ExpectationFunction& expectations, const QnnParameters& parameters,
                           const Dataset& batch) {
  const AffineHead& head = parameters.head;
  const auto n_samples = static_cast<double>(batch.n_samples());
  const auto sample_loss = [&](std::size_t b, const arma::vec& f) {
    return cross_entropy(head.scale * f + head.bias, batch.labels[b]);
  };
  const ExpectationFunction::Gradient circuit = expectations.gradient(
      parameters.weights, batch.features, [&](std::size_t b, const arma::vec& f) -> arma::vec {
        return head.scale.t() * sample_loss(b, f).gradient / n_samples;
      });

  // The head's share, from the same values: d/dscale = g fᵀ, d/dbias = g, g = dloss/dlogits.
  TrainingLoss loss{0, {}};
  AffineHead gradient{arma::zeros(arma::size(head.scale)), arma::zeros(arma::size(head.bias))};
  for (std::size_t b = 0; b < batch.n_samples(); ++b) {
    const arma::vec f = circuit.values.col(b);
    const LossValue sample = sample_loss(b, f);
    loss.value += sample.value / n_samples;
    gradient.scale += sample.gradient * f.t() / n_samples;
    gradient.bias += sample.gradient / n_samples;
  }
  loss.gradient = QnnParameters{circuit.weights, gradient}.flattened();
  return loss;
}

void TrainingOptions::validate() const {
  if (epochs < 1) throw InputError("training", "epochs", fmt::format("{} is not >= 1", epochs));
  if (batch_size < 1) throw InputError("training", "batch_size", "0 is not >= 1");
  optimizer.validate();
}

QnnParameters initial_parameters(const Qnn& model, std::uint64_t seed,
                                 const InitialWeights& weights) {
  model.validate();
  constexpr double head_scale = 2;
  QnnParameters parameters;
  parameters.weights = initial_weights(weights, model.circuit, seed);
  const auto n_classes = static_cast<arma::uword>(model.n_classes);
  parameters.head.scale.zeros(n_classes, model.n_observables());
  for (arma::uword k = 0; k < n_classes; ++k)
    parameters.head.scale(k, k % model.n_observables()) = head_scale;
  parameters.head.bias.zeros(n_classes);
  return parameters;
}

TrainingResult train(const Qnn& model, const ExpectationFunction& expectations, const Dataset& data,
                     const TrainingOptions& options,
                     const std::function<void(std::size_t, std::size_t)>& progress) {
  options.validate();
  model.validate();
  data.validate();
  check_agreement(model, expectations, data);
  check_classes(data);

  const std::size_t batches = 1 + (data.n_samples() - 1) / options.batch_size;
  const std::size_t steps = batches * static_cast<std::size_t>(options.epochs);
  TrainingResult result{initial_parameters(model, options.seed), 0, {}, {}};
  arma::vec values = result.parameters.flattened();
  result.parameters_by_step.set_size(values.n_elem, steps + 1);
  result.parameters_by_step.col(0) = values;
  Optimizer optimizer(options.optimizer);
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    for (const auto& batch : batches_of_epoch(data.n_samples(), options, epoch)) {
      const TrainingLoss loss = training_loss(expectations, result.parameters, data.subset(batch));
      const std::size_t step = result.history.size() + 1;
      if (!std::isfinite(loss.value) || !loss.gradient.is_finite())
        throw RunError(fmt::format(
            "training: step {} of {} (epoch {}): the loss is {}, its gradient's norm {}", step,
            steps, epoch, loss.value, arma::norm(loss.gradient)));
      result.history.push_back({epoch, loss.value, arma::norm(loss.gradient)});
      optimizer.step(values, loss.gradient);
      if (!values.is_finite())
        throw RunError(fmt::format(
            "training diverged at step {}: a parameter is not finite (learning rate {})", step,
            options.optimizer.learning_rate));
      result.parameters = QnnParameters::from_flattened(values, model);
      result.parameters_by_step.col(step) = values;
      if (progress) progress(step, steps);
    }
  }
  const arma::mat values_of_data = expectations.values(result.parameters.weights, data.features);
  result.final_loss =
      mean_loss(Loss::cross_entropy, result.parameters.head.logits(values_of_data), data.labels);
  if (!std::isfinite(result.final_loss))
    throw RunError(
        fmt::format("training: after all {} steps: the loss is {}", steps, result.final_loss));
  return result;
}

}  // namespace rhodrift
