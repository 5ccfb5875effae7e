#pragma once

#include <armadillo>
#include <functional>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>

#include "mitigation/zne/fit_points.hpp"

namespace rhodrift::zne {

/// A model f(x) = offset + Σ_i β_i φ_i(x; η) that is linear in β and not in η.
struct SeparableModel {
  std::string name;
  double offset = 0.0;
  arma::uword n_linear;
  arma::uword n_nonlinear;
  /// φ at all x, a row a point, a column a β.
  std::function<arma::mat(const arma::vec& x, const arma::vec& eta)> basis;
  arma::vec eta_limits;  ///< η_i is looked for in [-limit_i, limit_i]
};

/// χ² is minimised over η alone, the best β of every η being a linear problem ("variable
/// projection": G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10, 413 (1973)).
class SeparableFit {
 public:
  /// Throws RunError when χ² has no minimum within the limits of η, or the points do not determine
  /// the value at 0.
  SeparableFit(const SeparableModel& model, const FitPoints& points);

  double value() const { return value_; }
  double chi2() const { return chi2_; }
  /// β, then η.
  arma::vec parameters() const { return arma::join_cols(beta_, eta_); }
  /// dv/dy.
  const arma::vec& influence() const { return influence_; }
  /// All v with χ²(v) - χ²_min <= threshold, χ²(v) being the least with f(0) = v. Throws RunError
  /// where there is no end to them.
  Interval profile(double threshold, double std_error) const;

 private:
  using Objective = std::function<double(const arma::vec& eta)>;

  /// The minimum downhill of `start`.
  arma::vec minimise(const Objective& chi2, const arma::vec& start) const;
  double chi2_at(const arma::vec& eta) const;
  double chi2_at(const arma::vec& eta, double value) const;
  arma::vec beta_at(const arma::vec& eta) const;
  arma::vec global_minimum() const;
  void set(const arma::vec& eta);
  arma::mat jacobian() const;
  void polish();
  void linearise();
  double end_of_profile(double threshold, double step) const;

  const SeparableModel& model_;
  const FitPoints& points_;
  arma::vec target_;  // whitened y - offset
  arma::vec eta_;
  arma::vec beta_;
  arma::vec influence_;
  double value_ = 0.0;
  double chi2_ = 0.0;
};

}  // namespace rhodrift::zne
