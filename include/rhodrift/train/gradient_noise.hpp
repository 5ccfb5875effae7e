#pragma once

#include <armadillo>
#include <cstdint>
#include <optional>

#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/train/warning.hpp>

namespace rhodrift {

/// How far a gradient is above the noise it would have with shots.
struct GradientNoise {
  arma::vec std_errors;        ///< of the derivatives, √(variance/shots)
  arma::vec signal_to_noise;   ///< |derivative| / std_error; infinite where the error is 0
  double gradient_norm = 0.0;  ///< |g|
  double noise_norm = 0.0;     ///< √(Σ std_error²), what |ĝ - g| is in the quadratic mean
  /// Shots a circuit for which noise_norm falls to |g|; infinite when g = 0 and there is noise.
  double shots_at_equality = 0.0;
  /// Where |g| is below noise_norm: a step is then as likely as not to go mostly astray.
  std::optional<Warning> warning;
};

/// `variances`, one a derivative, are those of its estimate from one shot a circuit: measured ones
/// times the number of shots they were measured with, or those of parameter_shift_variances. That
/// the estimates are means over shots is all that is assumed: their variances are `variances` over
/// `shots`. Throws InputError when the sizes differ, the gradient is not finite, a variance is not
/// finite and >= 0, or shots is 0.
GradientNoise gradient_noise(const arma::vec& gradient, const arma::vec& variances,
                             std::uint64_t shots);

/// One shot's variances of what the parameter-shift rule gives,
///   dL/dw_j = Σ_b Σ_k c_kb (f_k(w + π/2 e_j, x_b) - f_k(w - π/2 e_j, x_b))/2,
/// from the exact expectations f at the shifted weights, in 2 n_weights evaluations:
///   Σ_b Σ_k c_kb² (1 - f_k(w + π/2 e_j, x_b)² + 1 - f_k(w - π/2 e_j, x_b)²)/4.
/// `loss_derivatives` is c = dL/df, n_observables x batch. Assumed are: a weight is the angle,
/// times ±1, of one rotation exp(-iwP/2), so that the rule holds; every observable is one Pauli
/// string with coefficient 1, so that its square is 1; observables have shots of their own, or are
/// uncorrelated; c is known without noise.
/// Throws InputError when sizes do not fit or an expectation is outside [-1, 1] by more than 1e-9.
arma::vec parameter_shift_variances(const ExpectationFunction& expectations,
                                    const arma::vec& weights, const arma::mat& features,
                                    const arma::mat& loss_derivatives);

}  // namespace rhodrift
