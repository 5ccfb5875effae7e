#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/program_expectations.hpp>

#include "sim/arguments.hpp"
#include "sim/linear_batch.hpp"

namespace rhodrift {

Observable reported_observable(const Observable& observable, const Circuit& circuit) {
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  std::vector<int> read_at_the_end = qubit_of_bit;
  for (const int bit : circuit.mid_circuit_bits())
    read_at_the_end[static_cast<std::size_t>(bit)] = -1;
  for (const Observable::Term& term : observable.terms())
    for (const PauliString::Factor& factor : term.pauli.factors())
      if (std::ranges::find(read_at_the_end, factor.qubit) == read_at_the_end.end())
        throw InputError("observable", term.pauli.to_string(),
                         fmt::format("qubit {} is not measured", factor.qubit));
  const int n_bits = static_cast<int>(qubit_of_bit.size());
  ReadoutError on_qubits;
  for (ConfusionMatrix group : circuit.readout_error()) {
    const bool mid_circuit =
        std::ranges::any_of(group.bits, [&](int bit) { return circuit.is_mid_circuit(bit); });
    if (mid_circuit && group.bits.size() == 1) continue;  // no part of any observable
    for (int& bit : group.bits) {
      if (bit >= n_bits)
        throw InputError("readout error", "",
                         fmt::format("bit {} is outside 0..{}", bit, n_bits - 1));
      if (mid_circuit)
        throw InputError("readout error", fmt::format("bit {}", bit),
                         "is misread together with one that is read mid-circuit");
      bit = qubit_of_bit[static_cast<std::size_t>(bit)];
    }
    on_qubits.push_back(std::move(group));
  }
  return observable.with_readout_error(on_qubits);
}

ProgramExpectations::ProgramExpectations(const Circuit& circuit,
                                         const std::vector<Observable>& observables)
    : program_(circuit) {
  require_within(observables, circuit.n_qubits());
  for (const Observable& observable : observables)
    observables_.push_back(
        circuit.readout_error().empty() ? observable : reported_observable(observable, circuit));
  if (const std::optional<EncoderAnsatz> parts = split(circuit))
    linear_ = std::make_shared<const LinearBatch>(*parts, circuit.n_weights(), observables_);
}

void ProgramExpectations::validate(const arma::vec& weights, const arma::mat& features) const {
  for (arma::uword b = 0; b < features.n_cols; ++b)
    program_.validate({{weights.memptr(), weights.n_elem}, {features.colptr(b), features.n_rows}});
}

std::size_t ProgramExpectations::n_weights() const {
  return static_cast<std::size_t>(program_.n_weights());
}

std::size_t ProgramExpectations::n_features() const {
  return static_cast<std::size_t>(program_.n_features());
}

arma::mat ProgramExpectations::values(const arma::vec& weights, const arma::mat& features) const {
  if (linear_ && linear_->pays(features.n_cols)) {
    validate(weights, features);
    return linear_->values(weights, features);
  }
  return program_.batch_expectations({features.n_cols, weights, features}, observables_);
}

ExpectationFunction::Gradient ProgramExpectations::gradient(
    const arma::vec& weights, const arma::mat& features,
    const LossDerivative& loss_derivative) const {
  if (linear_ && linear_->pays(features.n_cols)) {
    validate(weights, features);
    return linear_->gradient(weights, features, loss_derivative);
  }
  const ProgramGradients by_sample =
      program_.batch_gradients({features.n_cols, weights, features}, observables_, loss_derivative);
  // Summed in order: the same bits for any number of threads.
  Gradient result{by_sample.expectations, arma::vec(weights.n_elem, arma::fill::zeros)};
  for (arma::uword b = 0; b < features.n_cols; ++b) result.weights += by_sample.weights.col(b);
  return result;
}

}  // namespace rhodrift
