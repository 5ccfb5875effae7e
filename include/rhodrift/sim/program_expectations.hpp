#pragma once

#include <memory>
#include <vector>

#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/sim/program.hpp>

namespace rhodrift {

class LinearBatch;

/// The expectations of a circuit as the function that training runs on: exact values and exact
/// gradients. A batch of a circuit that encodes its features before its weights costs what its
/// observables cost (docs/architecture.md, "Batches"), any other one run a sample. What the
/// device's readout does is in the values when the circuit has a readout error: the observables are
/// folded with it.
class ProgramExpectations : public ExpectationFunction {
 public:
  /// Observables speak of the circuit's qubits. Throws InputError when one reaches beyond them, or,
  /// if the circuit has a readout error, speaks of a qubit that is not measured.
  ProgramExpectations(const Circuit& circuit, const std::vector<Observable>& observables);

  std::size_t n_weights() const override;
  std::size_t n_features() const override;
  std::size_t n_observables() const override { return observables_.size(); }
  arma::mat values(const arma::vec& weights, const arma::mat& features) const override;
  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative& loss_derivative) const override;

 private:
  void validate(const arma::vec& weights, const arma::mat& features) const;

  Program program_;
  std::vector<Observable> observables_;
  std::shared_ptr<const LinearBatch> linear_;  // null if the circuit is none for it
};

/// The observable on qubits whose exact expectation the device reports for `observable` when it
/// reads the circuit's measured qubits, at the end, with the circuit's readout error. Throws
/// InputError when the observable speaks of a qubit that is not measured then, or the readout error
/// of a bit that is not there or of final and mid-circuit bits together.
Observable reported_observable(const Observable& observable, const Circuit& circuit);

}  // namespace rhodrift
