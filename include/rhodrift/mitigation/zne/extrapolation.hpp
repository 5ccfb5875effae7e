#pragma once

#include <armadillo>
#include <span>
#include <string_view>

#include <rhodrift/core/estimate.hpp>

namespace rhodrift::zne {

enum class Extrapolation {
  linear,      ///< straight line, least squares weighted by the known shot errors
  richardson,  ///< the polynomial through all points
};
/// "linear", "richardson"
std::string_view to_string(Extrapolation method);
/// Throws InputError that lists the known names.
Extrapolation parse_extrapolation(std::string_view text);

/// The extrapolated value is Σ coefficient_j y_j, with y_j measured at scale factor x_j. Linear:
/// the intercept of the straight-line fit with weights 1/variance_j. Richardson: Lagrange
/// interpolation at zero, coefficient_j = Π_{k≠j} x_k/(x_k - x_j). Weights where a variance is 0:
/// equal when every one is; otherwise such a point weighs as much as the best of the others (its
/// few shots all agreed; that does not make it exact). Throws InputError on fewer than 2 points,
/// repeated or not positive factors, another number of variances than factors, or a variance that
/// is negative or not finite.
arma::vec extrapolation_coefficients(Extrapolation method, std::span<const double> scale_factors,
                                     const arma::vec& variances);

/// The extrapolated value of numbers measured at the scale factors, `covariance` being that of
/// their shots. std_error² = cᵀ covariance c with the coefficients c (a linear fit's weights taken
/// as known); diagnostics "scale_factor[j]", "coefficient[j]", "value[j]", and for linear fits
/// "chi2" with "degrees_of_freedom" against the known shot errors (absent when every variance is
/// 0). Throws InputError as extrapolation_coefficients does.
Estimate extrapolate(Extrapolation method, std::span<const double> scale_factors,
                     const arma::vec& values, const arma::mat& covariance);

}  // namespace rhodrift::zne
