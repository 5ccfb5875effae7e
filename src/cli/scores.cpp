#include "cli/scores.hpp"

#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/train/qnn.hpp>
#include <rhodrift/train/regression.hpp>

#include "cli/learning_task.hpp"

namespace rhodrift::cli {

namespace {

RegressionScores scores_of(const arma::mat& outputs, const Dataset& data) {
  return regression_scores(arma::vectorise(outputs), arma::vectorise(data.targets));
}

Json numbers(const arma::mat& targets) {
  return arma::conv_to<std::vector<double>>::from(arma::vectorise(targets));
}

}  // namespace

std::string score_name(const Dataset& data) {
  return data.is_regression() ? "RMSE" : "accuracy";
}

Estimate score_of(const arma::mat& outputs, const Dataset& data) {
  return data.is_regression() ? scores_of(outputs, data).rmse
                              : accuracy(predicted_classes(outputs), data.labels);
}

std::vector<std::string> score_columns(const Dataset& data) {
  const std::string first =
      fmt::format("{} on {} test samples", score_name(data), data.n_samples());
  if (!data.is_regression()) return {first};
  return {first, "MAE", "R²"};
}

std::vector<std::string> score_cells(const Estimate& score, const arma::mat& outputs,
                                     const Dataset& data) {
  if (!data.is_regression()) return {with_interval(score)};
  const RegressionScores scores = scores_of(outputs, data);
  return {with_interval(score), with_interval(scores.mae), with_interval(scores.r_squared)};
}

Json score_json(const Estimate& score, const arma::mat& outputs, const Dataset& data) {
  if (!data.is_regression()) return to_json(score);
  const RegressionScores scores = scores_of(outputs, data);
  return {{"rmse", to_json(score)},
          {"mae", to_json(scores.mae)},
          {"r_squared", to_json(scores.r_squared)}};
}

std::vector<ModelComparison> compare_outputs(const std::vector<NamedOutputs>& models,
                                             const Dataset& data) {
  if (data.is_regression()) {
    std::vector<RegressorPredictions> all;
    for (const NamedOutputs& model : models)
      all.push_back({model.name, arma::vectorise(model.outputs)});
    return compare_regressors(all, arma::vectorise(data.targets));
  }
  std::vector<ModelPredictions> all;
  for (const NamedOutputs& model : models)
    all.push_back({model.name, predicted_classes(model.outputs)});
  return compare_models(all, data.labels);
}

std::string test_name(const Dataset& data) {
  return data.is_regression() ? "paired t" : "McNemar";
}

Json said(const arma::mat& outputs, const Dataset& data) {
  if (data.is_regression()) return numbers(outputs);
  return names_of(predicted_classes(outputs), data.class_names);
}

Json truth(const Dataset& data) {
  if (data.is_regression()) return numbers(data.targets);
  return names_of(data.labels, data.class_names);
}

}  // namespace rhodrift::cli
