#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/baseline.hpp>
#include <rhodrift/train/target_scale.hpp>

#include "train/dataset_loss.hpp"
#include "train/random.hpp"

namespace rhodrift {

namespace {

constexpr const char* source = "baseline";
constexpr std::size_t max_hidden = 10'000;

/// The affine map of this shape whose numbers begin at `values[next]`; `next` moves behind them.
AffineHead take(const arma::vec& values, arma::uword& next, const AffineHead& shape) {
  AffineHead taken = shape;
  for (double& value : taken.scale) value = values(next++);
  for (double& value : taken.bias) value = values(next++);
  return taken;
}

AffineHead zero_map(arma::uword n_outputs, arma::uword n_inputs) {
  return {arma::zeros(n_outputs, n_inputs), arma::zeros(n_outputs)};
}

void draw_scale(AffineHead& map, RandomStream& random) {
  const double limit = std::sqrt(6.0 / static_cast<double>(map.scale.n_rows + map.scale.n_cols));
  for (double& value : map.scale) value = limit * (2 * random.uniform() - 1);
}

ClassicalNetwork initial_network(const Dataset& data, const BaselineOptions& options) {
  const arma::uword n_features = data.features.n_rows;
  const auto n_outputs = static_cast<arma::uword>(data.n_outputs());
  if (options.n_hidden == 0) return {std::nullopt, zero_map(n_outputs, n_features)};
  ClassicalNetwork network{zero_map(options.n_hidden, n_features),
                           zero_map(n_outputs, options.n_hidden)};
  RandomStream random = training_stream(options.seed, StreamPurpose::baseline_weights, 0);
  draw_scale(*network.hidden, random);
  draw_scale(network.head, random);
  return network;
}

/// The gradient in an affine map, given that in its outputs and its inputs.
AffineHead backward(const arma::mat& outputs, const arma::mat& inputs) {
  return {outputs * inputs.t(), arma::sum(outputs, 1)};
}

/// Adds the penalty on the map's scale to the loss and to the gradient.
void penalise(const AffineHead& map, double lambda, double& loss, AffineHead& gradient) {
  const LossValue penalty = l2_penalty(arma::vectorise(map.scale), lambda);
  loss += penalty.value;
  gradient.scale += arma::reshape(penalty.gradient, arma::size(map.scale));
}

}  // namespace

arma::mat ClassicalNetwork::logits(const arma::mat& features) const {
  return head.logits(hidden ? arma::mat(arma::tanh(hidden->logits(features))) : features);
}

arma::vec ClassicalNetwork::flattened() const {
  const arma::vec last = arma::join_cols(arma::vectorise(head.scale), head.bias);
  if (!hidden) return last;
  return arma::join_cols(arma::vectorise(hidden->scale), hidden->bias, last);
}

ClassicalNetwork ClassicalNetwork::with(const arma::vec& values) const {
  const arma::uword n_values = flattened().n_elem;
  if (values.n_elem != n_values)
    throw InputError(source, "network",
                     fmt::format("{} values, the network has {}", values.n_elem, n_values));
  ClassicalNetwork network;
  arma::uword next = 0;
  if (hidden) network.hidden = take(values, next, *hidden);
  network.head = take(values, next, head);
  return network;
}

LossValue classical_loss(const ClassicalNetwork& network, const Dataset& data, double l2) {
  const auto n_samples = static_cast<double>(data.n_samples());
  const arma::mat inputs =
      network.hidden ? arma::mat(arma::tanh(network.hidden->logits(data.features))) : data.features;
  const arma::mat logits = network.head.logits(inputs);
  arma::mat in_logits(arma::size(logits));
  const Loss loss_of_sample = data.is_regression() ? Loss::mse : Loss::cross_entropy;
  double loss = 0;
  for (std::size_t b = 0; b < data.n_samples(); ++b) {
    const LossValue sample = sample_loss(loss_of_sample, logits.col(b), data, b);
    loss += sample.value / n_samples;
    in_logits.col(b) = sample.gradient / n_samples;
  }
  ClassicalNetwork gradient{std::nullopt, backward(in_logits, inputs)};
  penalise(network.head, l2 / n_samples, loss, gradient.head);
  if (network.hidden) {
    const arma::mat in_hidden =
        (network.head.scale.t() * in_logits) % (1 - arma::square(inputs));  // tanh' = 1 - tanh²
    gradient.hidden = backward(in_hidden, data.features);
    penalise(*network.hidden, l2 / n_samples, loss, *gradient.hidden);
  }
  return {loss, gradient.flattened()};
}

void BaselineOptions::validate() const {
  if (n_hidden > max_hidden)
    throw InputError(source, "n_hidden", fmt::format("{} is more than {}", n_hidden, max_hidden));
  if (!(l2 >= 0 && std::isfinite(l2)))
    throw InputError(source, "l2", fmt::format("{} is not >= 0", l2));
  minimizer.validate();
}

arma::mat Baseline::logits(const arma::mat& features) const {
  return network.logits(standardised.apply(features));
}

Baseline train_baseline(const Dataset& data, const BaselineOptions& options) {
  options.validate();
  data.validate();
  data.require_differences();
  const Preprocessing standardised = standardisation(data.features);
  Dataset scaled = data;
  scaled.features = standardised.apply(data.features);
  std::optional<TargetScale> scale;
  if (data.is_regression()) {
    scale = TargetScale::of(data);
    scaled = scale->scaled(std::move(scaled));
  }
  const ClassicalNetwork start = initial_network(data, options);
  const BatchMinimum minimum =
      minimize_batch([&](const arma::vec& values,
                         bool) { return classical_loss(start.with(values), scaled, options.l2); },
                     start.flattened(), options.minimizer);
  ClassicalNetwork network = start.with(minimum.best.parameters);
  if (scale) network.head = scale->in_units(std::move(network.head));
  return {standardised, std::move(network), minimum.best.loss.value, minimum.end};
}

}  // namespace rhodrift
