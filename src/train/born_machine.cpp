#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/born_machine.hpp>
#include <rhodrift/train/head.hpp>

namespace rhodrift {

namespace {

/// One sample without features.
arma::mat no_features(const ExpectationFunction& projectors) {
  if (projectors.n_features() != 0)
    throw InputError(
        "generator", "",
        fmt::format("the circuit has {} features, a generator has none", projectors.n_features()));
  return arma::mat(0, 1);
}

}  // namespace

std::vector<Observable> outcome_projectors(int n_qubits) {
  if (n_qubits < 1) throw InputError("generator", "", fmt::format("{} qubits", n_qubits));
  std::vector<int> highest_first(static_cast<std::size_t>(n_qubits));
  std::iota(highest_first.rbegin(), highest_first.rend(), 0);
  return Head{Head::Kind::probabilities}.on(highest_first);
}

arma::vec outcome_probabilities(const ExpectationFunction& projectors, const arma::vec& weights) {
  return projectors.values(weights, no_features(projectors)).col(0);
}

LossValue generator_loss(const MaximumMeanDiscrepancy& discrepancy,
                         const ExpectationFunction& projectors, const arma::vec& weights) {
  double value = 0.0;
  const ExpectationFunction::Gradient gradient =
      projectors.gradient(weights, no_features(projectors),
                          [&](std::size_t, const arma::vec& probabilities) -> arma::vec {
                            LossValue loss = discrepancy(probabilities);
                            value = loss.value;
                            return std::move(loss.gradient);
                          });
  return {value, gradient.weights};
}

}  // namespace rhodrift
