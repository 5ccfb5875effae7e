#pragma once

#include <armadillo>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/model_comparison.hpp>

/// How near predicted numbers are to measured ones, and whether one regressor is nearer than
/// another. Numbers of several targets are one list, in units that make them comparable.
namespace rhodrift {

/// Each with its 95% interval over the samples, from 2000 bootstrap resamples of fixed random
/// numbers (B. Efron, Ann. Stat. 7, 1 (1979)): their 2.5% and 97.5% quantiles, their standard
/// deviation as std_error. diagnostics["samples"] is the number of samples.
struct RegressionScores {
  Estimate rmse;       ///< √(mean (f - y)²), in the target's unit
  Estimate mae;        ///< mean |f - y|, in the target's unit
  Estimate r_squared;  ///< 1 - Σ (f - y)²/Σ (y - ȳ)²: 1 is perfect, 0 what the mean ȳ has
};
/// Throws InputError when there are fewer than 2 samples, not one prediction a target, a number is
/// not finite, or all targets are the same.
RegressionScores regression_scores(const arma::vec& predictions, const arma::vec& targets);

/// What a regressor says of test samples.
struct RegressorPredictions {
  std::string model;
  arma::vec values;  ///< one a sample
};

/// Every pair, in the order given: the first with each of the others, then the second, … The
/// difference of the mean absolute errors has Student's interval over the samples, its p-value is
/// that of the paired t-test.
/// Throws InputError as regression_scores, and when two models have the same name.
std::vector<ModelComparison> compare_regressors(std::span<const RegressorPredictions> models,
                                                const arma::vec& targets);

}  // namespace rhodrift
