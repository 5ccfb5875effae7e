#pragma once

#include <armadillo>
#include <functional>
#include <memory>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/train/objective.hpp>

namespace rhodrift {

/// How far a noiseless circuit's state moves with its weights: the block-diagonal approximation of
/// the Fubini-Study metric, Re(<∂_i ψ|∂_j ψ> - <∂_i ψ|ψ><ψ|∂_j ψ>). J. Stokes et al., Quantum 4,
/// 269 (2020). (The quantum Fisher information is 4 times that.)
///
/// The gates that depend on weights make layers: a gate is in the first one after those of all such
/// gates that come before it on its qubits, be it through others. U(θ + s) = U(θ) exp(-isK) then
/// makes a layer's block the covariance of its generators K, which act on different qubits, in the
/// state before the layer:
///   F_ab = <K_a K_b> - <K_a><K_b>.
/// With C_l the derivatives of the angles of layer l in the weights, the metric is Σ_l C_lᵀ F_l
/// C_l: exact between weights of a layer, 0 between those of different layers; of a weight that
/// stands in several layers their sum. u2 and u3 count as the rotations rz, ry, rz.
class FubiniStudyMetric {
 public:
  /// Makes what evaluates observables on a circuit: exactly (ProgramExpectations) or from shots
  /// (ShotExpectations; where generators are Paulis a layer is one circuit then).
  using MakeExpectations = std::function<std::unique_ptr<ExpectationFunction>(
      const Circuit& circuit, const std::vector<Observable>& observables)>;

  /// `make` is called once a layer. Final measurements and the readout error are passed over.
  /// Throws InputError naming the first instruction that is no gate.
  FubiniStudyMetric(const Circuit& circuit, const MakeExpectations& make);
  ~FubiniStudyMetric();

  std::size_t n_layers() const;
  /// The mean over the samples, n_weights x n_weights; `features` is n_features x n_samples.
  /// Throws InputError when one of them does not fit or there are no samples.
  arma::mat operator()(const arma::vec& weights, const arma::mat& features) const;

 private:
  struct Layer;

  int n_weights_;
  int n_features_;
  std::vector<Layer> layers_;
};

/// (metric + regularisation · 1)⁻¹ gradient, the gradient in the geometry of states, Tikhonov's
/// regularisation keeping it in bounds where the state hardly moves. For the circuit's weights
/// only. Throws InputError when the sizes differ or the regularisation is not >= 0, RunError when
/// the matrix is singular or not finite.
arma::vec natural_gradient(const arma::mat& metric, const arma::vec& gradient,
                           double regularisation);

/// The objective with natural_gradient of its gradient in the circuit's weights, in the metric of
/// the model's circuit at the batch; the head's gradient stays as it is. What is added to the loss
/// later on, such as weight decay, is not natural.
TrainingObjective natural_objective(const Qnn& model, TrainingObjective objective,
                                    std::shared_ptr<const FubiniStudyMetric> metric,
                                    double regularisation);

}  // namespace rhodrift
