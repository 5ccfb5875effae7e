#include "mitigation/zne/fit_points.hpp"

#include <utility>

namespace rhodrift::zne {

namespace {

arma::mat with_least_variance(arma::mat covariance) {
  const arma::vec variances = covariance.diag();
  const arma::vec positive = variances.elem(arma::find(variances > 0.0));
  for (arma::uword j = 0; j < variances.n_elem; ++j)
    if (!(variances(j) > 0.0)) covariance(j, j) = positive.min();
  return covariance;
}

/// Inverse Cholesky factor. Correlations that leave a direction without variance are dropped: the
/// weights then are those of the variances alone, which costs precision and no honesty.
arma::mat inverse_root(const arma::mat& covariance) {
  arma::mat lower;
  if (arma::chol(lower, covariance, "lower") && arma::rcond(lower) > 1e-7)
    return arma::inv(arma::trimatl(lower));
  return arma::diagmat(1.0 / arma::sqrt(covariance.diag()));
}

}  // namespace

FitPoints::FitPoints(arma::vec x, arma::vec y, const arma::mat& covariance)
    : x_(std::move(x)),
      y_(std::move(y)),
      exact_(arma::all(covariance.diag() <= 0.0)),
      covariance_(exact_ ? covariance : with_least_variance(covariance)),
      whitening_(exact_ ? arma::mat(arma::eye(size(), size())) : inverse_root(covariance_)) {}

}  // namespace rhodrift::zne
