#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/program_expectations.hpp>

#include "sim/parallel.hpp"

namespace rhodrift {

namespace {

std::span<const double> span_of(const arma::vec& v) {
  return {v.memptr(), v.n_elem};
}
std::span<const double> column(const arma::mat& m, std::size_t c) {
  return {m.colptr(c), m.n_rows};
}

void require_within(const Observable& observable, int n_qubits) {
  for (const Observable::Term& term : observable.terms())
    if (term.pauli.min_qubits() > n_qubits)
      throw InputError("observable", term.pauli.to_string(),
                       fmt::format("reaches qubit {}, the circuit has {} qubits",
                                   term.pauli.min_qubits() - 1, n_qubits));
}

}  // namespace

Observable reported_observable(const Observable& observable, const Circuit& circuit) {
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  for (const Observable::Term& term : observable.terms())
    for (const PauliString::Factor& factor : term.pauli.factors())
      if (std::ranges::find(qubit_of_bit, factor.qubit) == qubit_of_bit.end())
        throw InputError("observable", term.pauli.to_string(),
                         fmt::format("qubit {} is not measured", factor.qubit));
  const int n_bits = static_cast<int>(qubit_of_bit.size());
  ReadoutError on_qubits = circuit.readout_error();
  for (ConfusionMatrix& group : on_qubits)
    for (int& bit : group.bits) {
      if (bit >= n_bits)
        throw InputError("readout error", "",
                         fmt::format("bit {} is outside 0..{}", bit, n_bits - 1));
      bit = qubit_of_bit[static_cast<std::size_t>(bit)];
    }
  return observable.with_readout_error(on_qubits);
}

ProgramExpectations::ProgramExpectations(const Circuit& circuit,
                                         const std::vector<Observable>& observables)
    : program_(circuit) {
  for (const Observable& observable : observables) {
    require_within(observable, circuit.n_qubits());
    observables_.push_back(
        circuit.readout_error().empty() ? observable : reported_observable(observable, circuit));
  }
}

std::size_t ProgramExpectations::n_weights() const {
  return static_cast<std::size_t>(program_.n_weights());
}

std::size_t ProgramExpectations::n_features() const {
  return static_cast<std::size_t>(program_.n_features());
}

arma::mat ProgramExpectations::values(const arma::vec& weights, const arma::mat& features) const {
  arma::mat values(observables_.size(), features.n_cols);
  parallel_for(features.n_cols, [&](std::size_t b) {
    values.col(b) = program_.expectations({span_of(weights), column(features, b)}, observables_);
  });
  return values;
}

ExpectationFunction::Gradient ProgramExpectations::gradient(
    const arma::vec& weights, const arma::mat& features,
    const LossDerivative& loss_derivative) const {
  Gradient result{arma::mat(observables_.size(), features.n_cols),
                  arma::vec(weights.n_elem, arma::fill::zeros)};
  // One column a sample, summed in order afterwards: the same bits for any number of threads.
  arma::mat by_sample(weights.n_elem, features.n_cols);
  parallel_for(features.n_cols, [&](std::size_t b) {
    const ProgramGradient gradient =
        program_.gradient({span_of(weights), column(features, b)}, observables_,
                          [&](const arma::vec& values) { return loss_derivative(b, values); });
    result.values.col(b) = gradient.expectations;
    by_sample.col(b) = gradient.weights;
  });
  for (std::size_t b = 0; b < features.n_cols; ++b) result.weights += by_sample.col(b);
  return result;
}

}  // namespace rhodrift
