#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/loss.hpp>

#include "train/names.hpp"

namespace rhodrift {

namespace {

constexpr Names<Loss, 4> names{{{Loss::cross_entropy, "cross-entropy"},
                                {Loss::mse, "mse"},
                                {Loss::hinge, "hinge"},
                                {Loss::huber, "huber"}}};

arma::vec one_hot(int label, arma::uword n) {
  arma::vec target(n);
  target(static_cast<arma::uword>(label)) = 1;
  return target;
}

}  // namespace

std::string_view to_string(Loss loss) {
  return name_of(names, loss);
}

Loss parse_loss(std::string_view name) {
  return value_named(names, name, "loss");
}

LossValue cross_entropy(const arma::vec& outputs, int label) {
  // log Σ exp(z) = z_max + log Σ exp(z - z_max): the right side cannot overflow.
  const auto k = static_cast<arma::uword>(label);
  const double largest = outputs.max();
  const arma::vec exponentials = arma::exp(outputs - largest);
  const double sum = arma::accu(exponentials);
  LossValue result{largest + std::log(sum) - outputs(k), exponentials / sum};
  result.gradient(k) -= 1;
  return result;
}

LossValue mse(const arma::vec& outputs, const arma::vec& target) {
  const arma::vec error = outputs - target;
  const auto n = static_cast<double>(error.n_elem);
  return {arma::dot(error, error) / n, 2 / n * error};
}

LossValue hinge(const arma::vec& outputs, int label) {
  const auto k = static_cast<arma::uword>(label);
  arma::vec rivals = outputs;
  rivals(k) = -arma::datum::inf;
  const arma::uword rival = rivals.index_max();
  LossValue result{std::max(0.0, 1 + outputs(rival) - outputs(k)), arma::zeros(outputs.n_elem)};
  if (result.value > 0) {
    result.gradient(rival) = 1;
    result.gradient(k) = -1;
  }
  return result;
}

LossValue huber(const arma::vec& outputs, const arma::vec& target) {
  const arma::vec error = outputs - target, near = arma::clamp(error, -1.0, 1.0);
  const auto n = static_cast<double>(error.n_elem);
  return {arma::accu(near % (2 * error - near)) / n, 2 / n * near};
}

LossValue sample_loss(Loss loss, const arma::vec& outputs, int label) {
  switch (loss) {
    case Loss::mse:
      return mse(outputs, one_hot(label, outputs.n_elem));
    case Loss::hinge:
      return hinge(outputs, label);
    case Loss::huber:
      throw InputError("loss", "huber", "is of targets; of classes are cross-entropy, mse, hinge");
    case Loss::cross_entropy:
      break;
  }
  return cross_entropy(outputs, label);
}

LossValue sample_loss(Loss loss, const arma::vec& outputs, const arma::vec& target) {
  if (loss == Loss::mse) return mse(outputs, target);
  if (loss == Loss::huber) return huber(outputs, target);
  throw InputError("loss", std::string(to_string(loss)),
                   "is of classes; of targets are mse, huber");
}

double mean_loss(Loss loss, const arma::mat& outputs, const std::vector<int>& labels) {
  const std::string name(to_string(loss));
  if (labels.empty() || outputs.n_cols != labels.size())
    throw InputError(name, "", fmt::format("{} samples, {} labels", outputs.n_cols, labels.size()));
  if (outputs.n_rows < 2)
    throw InputError(name, "", fmt::format("{} outputs, at least 2 are needed", outputs.n_rows));
  double sum = 0;
  for (std::size_t b = 0; b < labels.size(); ++b) {
    if (labels[b] < 0 || static_cast<arma::uword>(labels[b]) >= outputs.n_rows)
      throw InputError(name, fmt::format("sample {}", b),
                       fmt::format("label {} is outside 0..{}", labels[b], outputs.n_rows - 1));
    sum += sample_loss(loss, outputs.col(b), labels[b]).value;
  }
  return sum / static_cast<double>(labels.size());
}

LossValue l2_penalty(const arma::vec& parameters, double lambda) {
  if (!(lambda >= 0 && std::isfinite(lambda)))
    throw InputError("weight decay", "lambda", fmt::format("{} is not >= 0", lambda));
  return {lambda / 2 * arma::dot(parameters, parameters), lambda * parameters};
}

}  // namespace rhodrift
