#pragma once

#include <armadillo>

namespace rhodrift::zne {

/// What a fit is made to: values y at x, whitened, W y and W x for the inverse root W of the
/// covariance (WᵀW = covariance^-1), so that χ² is a plain sum of squares. Exact values have W = 1.
/// A point of variance 0 among others has the least variance of the others, in the fit and in its
/// error: its few shots all agreed, which does not make it exact.
class FitPoints {
 public:
  /// The covariance is positive semidefinite.
  FitPoints(arma::vec x, arma::vec y, const arma::mat& covariance);

  const arma::vec& x() const { return x_; }
  const arma::vec& y() const { return y_; }
  arma::uword size() const { return x_.n_elem; }
  bool exact() const { return exact_; }
  /// Of y, with what points without variance are given.
  const arma::mat& covariance() const { return covariance_; }
  arma::mat whitened(const arma::mat& columns) const { return whitening_ * columns; }
  const arma::mat& whitening() const { return whitening_; }

 private:
  arma::vec x_;
  arma::vec y_;
  bool exact_;
  arma::mat covariance_;
  arma::mat whitening_;
};

}  // namespace rhodrift::zne
