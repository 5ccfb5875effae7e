#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/qnn.hpp>

namespace rhodrift {

arma::mat AffineHead::logits(const arma::mat& expectations) const {
  if (scale.n_rows != bias.n_elem || scale.n_cols != expectations.n_rows)
    throw InputError("head", "",
                     fmt::format("a {} x {} scale and {} biases do not fit {} expectations",
                                 scale.n_rows, scale.n_cols, bias.n_elem, expectations.n_rows));
  arma::mat logits = scale * expectations;
  logits.each_col() += bias;
  return logits;
}

void Qnn::validate() const {
  if (n_outputs < 1)
    throw InputError("model", "n_outputs", fmt::format("{}, at least 1 is needed", n_outputs));
  if (observables.empty()) throw InputError("model", "observables", "there are none");
  for (const Observable& observable : observables)
    if (observable.min_qubits() > circuit.n_qubits())
      throw InputError("model", "observables",
                       fmt::format("{} is on a qubit past the circuit's {}", observable.to_string(),
                                   circuit.n_qubits()));
  post_measurement.validate();
}

arma::vec QnnParameters::flattened() const {
  return arma::join_cols(weights, arma::vectorise(head.scale), head.bias);
}

QnnParameters QnnParameters::from_flattened(const arma::vec& values, const Qnn& model) {
  const auto n_weights = static_cast<arma::uword>(model.circuit.n_weights());
  const auto n_outputs = static_cast<arma::uword>(model.n_outputs);
  const arma::uword n_observables = model.n_observables();
  const arma::uword n_scale = n_outputs * n_observables;
  if (values.n_elem != n_weights + n_scale + n_outputs)
    throw InputError("parameters", "",
                     fmt::format("{} values, the model has {} weights, {} scales and {} biases",
                                 values.n_elem, n_weights, n_scale, n_outputs));
  QnnParameters parameters;
  parameters.weights = values.head(n_weights);
  parameters.head.scale =
      arma::reshape(values.subvec(n_weights, arma::size(n_scale, 1)), n_outputs, n_observables);
  parameters.head.bias = values.tail(n_outputs);
  return parameters;
}

arma::mat model_outputs(const Qnn& model, const AffineHead& head, const arma::mat& expectations) {
  return head.logits(model.post_measurement.apply(expectations));
}

std::vector<int> predicted_classes(const arma::mat& outputs) {
  if (!outputs.is_finite())
    throw InputError("predict", "", "an output is not finite: an expectation or the head is not");
  std::vector<int> classes;
  classes.reserve(outputs.n_cols);
  for (arma::uword b = 0; b < outputs.n_cols; ++b) {
    const auto column = outputs.begin_col(b);
    classes.push_back(static_cast<int>(std::max_element(column, outputs.end_col(b)) - column));
  }
  return classes;
}

std::vector<int> predict(const Qnn& model, const AffineHead& head, const arma::mat& expectations) {
  return predicted_classes(model_outputs(model, head, expectations));
}

Estimate accuracy(const std::vector<int>& predictions, const std::vector<int>& labels,
                  double level) {
  if (predictions.size() != labels.size())
    throw InputError("accuracy", "",
                     fmt::format("{} predictions, {} labels", predictions.size(), labels.size()));
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += predictions[i] == labels[i] ? 1 : 0;
  Estimate estimate = proportion_estimate(right, labels.size(), level);
  estimate.method = "accuracy/wilson";
  estimate.shots = 0;
  estimate.diagnostics["samples"] = static_cast<double>(labels.size());
  return estimate;
}

}  // namespace rhodrift
