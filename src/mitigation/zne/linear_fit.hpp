#pragma once

#include <armadillo>

#include "mitigation/zne/fit_points.hpp"

namespace rhodrift::zne {

/// A polynomial in x, least squares in the whitened points.
struct LinearFit {
  arma::vec coefficients;  ///< its value at 0 is coefficients · y
  double chi2;
};

/// Of degree below the number of points.
LinearFit fit_polynomial(const FitPoints& points, int degree);

/// Π_{k≠j} x_k/(x_k - x_j): the value at 0 of the polynomial through all points, by Lagrange.
arma::vec lagrange_at_zero(const arma::vec& x);

}  // namespace rhodrift::zne
