#pragma once

#include <armadillo>

namespace rhodrift::zne {

/// What a fit is made to: values y at x, whitened, W y and W x for the inverse root W of the
/// covariance (WᵀW = covariance^-1), so that χ² is a plain sum of squares. Exact values have W = 1.
class FitPoints {
 public:
  /// The covariance is positive semidefinite; points without variance get the least there is.
  FitPoints(arma::vec x, arma::vec y, const arma::mat& covariance);

  const arma::vec& x() const { return x_; }
  const arma::vec& y() const { return y_; }
  arma::uword size() const { return x_.n_elem; }
  bool exact() const { return exact_; }
  arma::mat whitened(const arma::mat& columns) const { return whitening_ * columns; }
  const arma::mat& whitening() const { return whitening_; }

 private:
  arma::vec x_;
  arma::vec y_;
  arma::mat whitening_;
  bool exact_;
};

}  // namespace rhodrift::zne
