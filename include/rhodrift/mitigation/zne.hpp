#pragma once

#include <armadillo>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>

/// Zero-noise extrapolation: run the circuit at several noise strengths, extrapolate to none.
/// K. Temme, S. Bravyi, J. M. Gambetta, Phys. Rev. Lett. 119, 180509 (2017).
namespace rhodrift::zne {

/// Folding to more than this is refused: the circuit would grow with it, the signal be gone.
inline constexpr double max_scale_factor = 1000.0;

/// A circuit whose noise is `scale_factor` times the original's, as far as gate count tells.
struct FoldedCircuit {
  Circuit circuit;
  double scale_factor;  ///< the factor reached: gates of the folded circuit / gates of the original
};

/// Global folding, U -> U (U† U)^m, then the last s gates L of U once more, L† L, so that the gate
/// count is as close to `scale_factor` times the original as folding allows. Measurements stay
/// last, the readout error is kept. T. Giurgica-Tiron et al., IEEE QCE 2020, arXiv:2005.10921.
/// A barrier over all qubits stands between the folds, so that no compiler cancels them.
/// Throws InputError when scale_factor is outside 1..max_scale_factor, a gate has no inverse, or
/// there is no gate.
FoldedCircuit fold_global(const Circuit& circuit, double scale_factor);

struct ZnePlan : Plan {
  std::vector<double> scale_factors;  ///< reached, one a job

  /// The same folds for other parameters, see Plan::bound.
  ZnePlan bound(const std::vector<double>& weights, const std::vector<double>& features) const;
};

/// Folds to every factor; `shots_per_circuit` 0 asks for exact outcomes. The jobs' parameters are
/// still to be bound.
/// Throws InputError as fold_global does, on fewer than 2 factors, or two that fold to the same
/// circuit.
ZnePlan construct(const Circuit& circuit, std::span<const double> scale_factors,
                  std::uint64_t shots_per_circuit);

enum class Extrapolation {
  linear,      ///< straight line, least squares weighted by the known shot errors
  richardson,  ///< the polynomial through all points
};
/// "linear", "richardson"
std::string_view to_string(Extrapolation method);

/// The extrapolated value is Σ coefficient_j y_j, with y_j measured at scale factor x_j. Linear:
/// the intercept of the straight-line fit with weights 1/variance_j. Richardson: Lagrange
/// interpolation at zero, coefficient_j = Π_{k≠j} x_k/(x_k - x_j). Weights where a variance is 0:
/// equal when every one is; otherwise such a point weighs as much as the best of the others (its
/// few shots all agreed; that does not make it exact). Throws InputError on fewer than 2 points,
/// repeated or not positive factors, another number of variances than factors, or a variance that
/// is negative or not finite.
arma::vec extrapolation_coefficients(Extrapolation method, std::span<const double> scale_factors,
                                     const arma::vec& variances);

/// One estimate an observable: std_error from the shot covariance, Var = Σ coefficient_j² Var_j
/// (the linear fit's weights taken as known); method "zne/<extrapolation> over <estimator>";
/// diagnostics "scale_factor[j]", "coefficient[j]", "value[j]", and for linear fits "chi2" with
/// "degrees_of_freedom" against the known shot errors (absent when every variance is 0).
/// Weights are chosen for each observable alone.
std::vector<Estimate> combine(const ZnePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, Extrapolation method);

}  // namespace rhodrift::zne
