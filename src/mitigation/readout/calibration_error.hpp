#pragma once

#include <armadillo>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

namespace rhodrift::readout {

/// The derivative of a value in every entry of the confusion matrices: a matrix a group,
/// (m, p) ↦ dv/dA_g(m, p). Groups that are known exactly, or do not matter, may be empty.
using ConfusionDerivative = std::vector<arma::mat>;

/// Values of one reading, with the covariance of its own shots, and how they depend on A.
struct CalibratedEstimate {
  JointEstimate own;
  std::vector<ConfusionDerivative> derivatives;  ///< a value each; none when A is exact
};

/// The value's row in ReadExpectations::shared: with D its derivative, column p of group g gives
///   √(ã_m/N) (D(m, p) - Σ_i ã_i D(i, p)),  m = 0 … 2^k - 1,
/// whose squares add up to Dᵀ (diag ã - ã ãᵀ)/N D; ã as in MeasuredReadout.
arma::rowvec calibration_error(const MeasuredReadout& measured,
                               const ConfusionDerivative& derivative);

/// A matrix with the same shared·sharedᵀ and no more columns than rows.
arma::mat fewest_columns(const arma::mat& shared);

/// An estimator that treats every reading alike and shares the calibration between them.
ExpectationEstimator calibrated_estimator(
    std::string method, MeasuredReadout measured,
    std::function<CalibratedEstimate(const Outcomes&, std::span<const Observable>)> estimate);

}  // namespace rhodrift::readout
