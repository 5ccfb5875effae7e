#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/post_measurement.hpp>

namespace rhodrift {

/// logits = scale · f + bias, f the model's expectations.
struct AffineHead {
  arma::mat scale;  ///< n_outputs x n_observables
  arma::vec bias;   ///< n_outputs

  /// n_outputs x batch, of n_observables x batch. Throws InputError when the shapes do not fit.
  arma::mat logits(const arma::mat& expectations) const;
};

/// A quantum neural network: a circuit of features and weights, the expectations read from it, what
/// is made of them, and an affine head to one output a class or, in a regression, a target.
struct Qnn {
  Circuit circuit;                      ///< logical gates; compiled to a device by the caller
  std::vector<Observable> observables;  ///< on the circuit's qubits
  int n_outputs;
  PostMeasurement post_measurement = {};

  std::size_t n_observables() const { return observables.size(); }
  /// Throws InputError when there are no outputs, no observables, or one on a qubit that
  /// the circuit does not have, or as PostMeasurement::validate does.
  void validate() const;
};

/// All that is learned.
struct QnnParameters {
  arma::vec weights;  ///< of the circuit, radians
  AffineHead head;

  arma::vec flattened() const;  ///< weights, then scale (column-major), then bias
  /// Throws InputError when the number of values is not the model's.
  static QnnParameters from_flattened(const arma::vec& values, const Qnn& model);
};

/// The model's outputs, logits or targets, n_outputs x batch, of n_observables x batch expectations
/// of samples that are normalised together where it normalises. Throws InputError when the shapes
/// do not fit, and as PostMeasurement::apply does.
arma::mat model_outputs(const Qnn& model, const AffineHead& head, const arma::mat& expectations);

/// The class with the largest output (a logit, a probability), per sample; of equal ones the
/// lowest. `outputs` is n_classes x batch. Throws InputError when an output is not finite.
std::vector<int> predicted_classes(const arma::mat& outputs);
/// The same of model_outputs. Throws as that does, too.
std::vector<int> predict(const Qnn& model, const AffineHead& head, const arma::mat& expectations);

/// The share of right predictions, with Wilson's interval over the samples; `shots` and `circuits`
/// are left at 0 for the caller to fill in, diagnostics["samples"] is the number of samples.
/// Throws InputError when there are no samples or not one prediction a label.
Estimate accuracy(const std::vector<int>& predictions, const std::vector<int>& labels,
                  double level = 0.95);

}  // namespace rhodrift
