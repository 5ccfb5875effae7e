#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>

namespace rhodrift {

/// Angle encoding: feature j turns qubit j mod n about the axis number j / n of `axes`, layer by
/// layer: axes {ry, rx, rz, ry} on 4 qubits take 16 features. Throws InputError when n_features is
/// larger than n · axes.size() or an axis is not rx, ry or rz.
Circuit angle_encoding(int n_qubits, int n_features, const std::vector<Op>& axes);

/// `layers` times: ry(w), rz(w) on every qubit, then a cx on every edge in the order given; a last
/// layer of ry on every qubit. Uses n·(2·layers + 1) weights.
/// A. Kandala et al., Nature 549, 242 (2017).
Circuit hardware_efficient_ansatz(int n_qubits, int layers,
                                  const std::vector<std::pair<int, int>>& edges);

/// logits = scale · f + bias, f the model's expectations. n_classes x n_observables and n_classes.
struct AffineHead {
  arma::mat scale;
  arma::vec bias;
  arma::mat logits(const arma::mat& expectations) const;  ///< n_classes x batch
};

/// A quantum neural network for classification: a circuit of features and weights, the expectations
/// read from it, and an affine head.
struct Qnn {
  Circuit circuit;                      ///< logical gates; compiled to a device by the caller
  std::vector<Observable> observables;  ///< on the circuit's qubits
  int n_classes;
};

/// All that is learned.
struct QnnParameters {
  arma::vec weights;  ///< of the circuit, radians
  AffineHead head;

  arma::vec flattened() const;  ///< weights, then scale (column-major), then bias
  static QnnParameters from_flattened(const arma::vec& values, const Qnn& model);
};

/// The class with the largest logit, per sample. `expectations` is n_observables x batch.
std::vector<int> predict(const AffineHead& head, const arma::mat& expectations);

}  // namespace rhodrift
