#pragma once

#include <armadillo>
#include <functional>

namespace rhodrift {

/// The expectations of a few observables as a differentiable function of weights and features:
///   f_k(w, x) = tr(O_k ρ(w, x)).
/// What training runs on: exact in the simulator (ProgramExpectations), from the shots of any
/// Executor in ShotExpectations.
class ExpectationFunction {
 public:
  virtual ~ExpectationFunction() = default;

  virtual std::size_t n_weights() const = 0;
  virtual std::size_t n_features() const = 0;
  virtual std::size_t n_observables() const = 0;

  /// f as an n_observables x batch matrix; `features` is n_features x batch.
  virtual arma::mat values(const arma::vec& weights, const arma::mat& features) const = 0;

  /// Given the values of sample b, the derivative of the loss in them. Must be safe to call from
  /// several threads for different samples.
  using LossDerivative =
      std::function<arma::vec(std::size_t sample, const arma::vec& sample_values)>;

  struct Gradient {
    arma::mat values;   ///< n_observables x batch
    arma::vec weights;  ///< Σ_b Σ_k (dloss/df_k)_b · df_k(w, x_b)/dw
  };
  /// Values and the gradient of a loss that is a sum over samples, in one pass.
  virtual Gradient gradient(const arma::vec& weights, const arma::mat& features,
                            const LossDerivative& loss_derivative) const = 0;
};

}  // namespace rhodrift
