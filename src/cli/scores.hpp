#pragma once

#include <armadillo>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/model_comparison.hpp>

#include "cli/output.hpp"

/// What models' outputs for samples come to, whether these have classes or targets: everything that
/// differs between the two in tables, documents and messages. `outputs` are n_outputs x n_samples:
/// logits, of which the largest is the class, or targets in their units.
namespace rhodrift::cli {

/// "accuracy", or of regressions "RMSE".
std::string score_name(const Dataset& data);
/// The accuracy with Wilson's interval, or the root mean square error with a bootstrapped one.
Estimate score_of(const arma::mat& outputs, const Dataset& data);

/// Columns of a table, and their cells: `score` is that of score_of, with what was spent on it; of
/// regressions MAE and R² follow.
std::vector<std::string> score_columns(const Dataset& data);
std::vector<std::string> score_cells(const Estimate& score, const arma::mat& outputs,
                                     const Dataset& data);
/// The estimate of the accuracy, or {"rmse": estimate, "mae": estimate, "r_squared": estimate}.
Json score_json(const Estimate& score, const arma::mat& outputs, const Dataset& data);

/// Outputs and the names of those who gave them.
struct NamedOutputs {
  std::string name;
  arma::mat outputs;
};
/// compare_models or compare_regressors.
std::vector<ModelComparison> compare_outputs(const std::vector<NamedOutputs>& models,
                                             const Dataset& data);
/// "McNemar" or "paired t".
std::string test_name(const Dataset& data);

/// What is said of each sample: the name of its class, or its target.
Json said(const arma::mat& outputs, const Dataset& data);
/// What is true of each sample, likewise.
Json truth(const Dataset& data);

}  // namespace rhodrift::cli
