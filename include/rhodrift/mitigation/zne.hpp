#pragma once

#include <armadillo>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>

/// Zero-noise extrapolation: run the circuit at several noise strengths, extrapolate to none.
/// K. Temme, S. Bravyi, J. M. Gambetta, Phys. Rev. Lett. 119, 180509 (2017).
namespace rhodrift::zne {

/// A circuit whose noise is `scale_factor` times the original's, as far as gate count tells.
struct FoldedCircuit {
  Circuit circuit;
  double scale_factor;  ///< the factor reached: gates of the folded circuit / gates of the original
};

/// Global folding, U -> U (U† U)^m, then the last s gates of U once more folded, so that the gate
/// count is as close to scale_factor >= 1 times the original as folding allows. Measurements stay
/// last. T. Giurgica-Tiron et al., IEEE QCE 2020, arXiv:2005.10921.
/// A barrier stands between the folds, so that no compiler cancels them.
/// Throws InputError when scale_factor < 1 or a gate has no inverse.
FoldedCircuit fold_global(const Circuit& circuit, double scale_factor);

struct ZnePlan : Plan {
  std::vector<double> scale_factors;  ///< reached, one a job
};

/// Folds to every factor; `shots_per_circuit` 0 asks for exact outcomes.
/// Throws InputError on a factor below 1, fewer than 2 factors, or two that fold to the same
/// circuit.
ZnePlan construct(const Circuit& circuit, std::span<const double> scale_factors,
                  std::uint64_t shots_per_circuit);

enum class Extrapolation {
  linear,      ///< straight line, least squares weighted by the known shot errors
  richardson,  ///< the polynomial through all points
};

/// The extrapolated value is Σ coefficient_j y_j.
struct Extrapolator {
  arma::vec coefficients;
};

/// Coefficients at zero of the straight-line fit with weights 1/variance (equal weights when every
/// variance is 0), or of Lagrange interpolation: Π_{k≠j} x_k/(x_k - x_j).
/// Throws InputError on fewer points than parameters or repeated factors.
Extrapolator extrapolator(Extrapolation method, const std::vector<double>& scale_factors,
                          const arma::vec& variances);

/// One estimate an observable: std_error from the shot covariance, Var = Σ coefficient_j² Var_j;
/// diagnostics: "coefficient[j]", "value[j]" at each scale factor, and for linear fits "chi2" with
/// "degrees_of_freedom" against the known shot errors (absent when exact).
std::vector<Estimate> combine(const ZnePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, Extrapolation method);

}  // namespace rhodrift::zne
