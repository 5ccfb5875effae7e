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

/// Adds to `derivative` that of xᵀ A y, A = ⊗ A_g over 2^n outcomes, given A y: for a sampled group
/// D(m, p) = Σ_rest x(m, rest) (A_g^-1 A y)(p, rest), what is left when the group's own factor is
/// taken out of the product.
void add_product_derivative(const MeasuredReadout& measured, const arma::vec& x,
                            const arma::vec& a_y, ConfusionDerivative& derivative);

/// The error with ã for every sampled column, as MeasuredReadout has it.
ReadoutError smoothed_error(const MeasuredReadout& measured);

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
