#include <algorithm>
#include <cmath>
#include <set>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/regression.hpp>

#include "train/adjusted_comparisons.hpp"

namespace rhodrift {

namespace {

constexpr const char* source = "regression";
constexpr int n_resamples = 2000;
constexpr double level = 0.95;
constexpr std::uint64_t bootstrap_purpose = 0x7265'6701;

void require_comparable(const arma::vec& predictions, const arma::vec& targets) {
  if (targets.n_elem < 2)
    throw InputError(source, "", fmt::format("{} samples, at least 2 are needed", targets.n_elem));
  if (predictions.n_elem != targets.n_elem)
    throw InputError(source, "",
                     fmt::format("{} predictions, {} targets", predictions.n_elem, targets.n_elem));
  if (!predictions.is_finite() || !targets.is_finite())
    throw InputError(source, "", "a prediction or a target is not finite");
}

struct Scores {
  double rmse, mae, r_squared;
};

Scores scores_of(const arma::vec& predictions, const arma::vec& targets) {
  const arma::vec errors = predictions - targets;
  const double mean_square = arma::mean(arma::square(errors));
  return {std::sqrt(mean_square), arma::mean(arma::abs(errors)),
          1 - mean_square / arma::var(targets, 1)};
}

bool all_same(const arma::vec& values) {
  return values.min() == values.max();
}

/// So many samples, drawn with replacement, of which not all have the same target.
arma::uvec resample(const arma::vec& targets, RandomStream& random) {
  arma::uvec drawn(targets.n_elem);
  do
    for (arma::uword& sample : drawn) sample = random.below(targets.n_elem);
  while (all_same(targets(drawn)));
  return drawn;
}

Estimate bootstrapped(double value, const arma::vec& resampled, arma::uword n_samples,
                      const char* method) {
  const arma::vec ends = arma::quantile(resampled, arma::vec{(1 - level) / 2, (1 + level) / 2});
  Estimate estimate;
  estimate.value = value;
  estimate.std_error = arma::stddev(resampled);
  estimate.ci = {ends(0), ends(1)};
  estimate.level = level;
  estimate.method = method;
  estimate.diagnostics["samples"] = static_cast<double>(n_samples);
  return estimate;
}

ModelComparison compare(const RegressorPredictions& first, const RegressorPredictions& second,
                        const arma::vec& targets) {
  require_comparable(first.values, targets);
  require_comparable(second.values, targets);
  const arma::vec gains = arma::abs(second.values - targets) - arma::abs(first.values - targets);
  const auto n = static_cast<double>(targets.n_elem);
  const double mean = arma::mean(gains), error = arma::stddev(gains) / std::sqrt(n);
  ModelComparison comparison{
      first.model, second.model, arma::accu(gains > 0), arma::accu(gains < 0),
      student_estimate(mean, error, targets.n_elem - 1, "MAE difference/paired t", level)};
  comparison.measure = "MAE";
  comparison.difference.diagnostics["samples"] = n;
  if (error == 0.0) {
    comparison.p_value = mean == 0.0 ? 1.0 : 0.0;
    return comparison;
  }
  const boost::math::students_t student(n - 1);
  comparison.p_value =
      2 * boost::math::cdf(boost::math::complement(student, std::abs(mean / error)));
  return comparison;
}

}  // namespace

RegressionScores regression_scores(const arma::vec& predictions, const arma::vec& targets) {
  require_comparable(predictions, targets);
  if (all_same(targets)) throw InputError(source, "", "all targets are the same");
  arma::vec rmse(n_resamples), mae(n_resamples), r_squared(n_resamples);
  for (arma::uword i = 0; i < n_resamples; ++i) {
    RandomStream random(0, stream_id(bootstrap_purpose, i));
    const arma::uvec drawn = resample(targets, random);
    const Scores scores = scores_of(predictions(drawn), targets(drawn));
    rmse(i) = scores.rmse;
    mae(i) = scores.mae;
    r_squared(i) = scores.r_squared;
  }
  const Scores scores = scores_of(predictions, targets);
  const arma::uword n = targets.n_elem;
  return {bootstrapped(scores.rmse, rmse, n, "RMSE/bootstrap"),
          bootstrapped(scores.mae, mae, n, "MAE/bootstrap"),
          bootstrapped(scores.r_squared, r_squared, n, "R²/bootstrap")};
}

std::vector<ModelComparison> compare_regressors(std::span<const RegressorPredictions> models,
                                                const arma::vec& targets) {
  std::set<std::string> names;
  for (const RegressorPredictions& model : models)
    if (!names.insert(model.model).second)
      throw InputError(source, model.model, "names two models");
  std::vector<ModelComparison> comparisons;
  for (std::size_t a = 0; a < models.size(); ++a)
    for (std::size_t b = a + 1; b < models.size(); ++b)
      comparisons.push_back(compare(models[a], models[b], targets));
  adjust(comparisons);
  return comparisons;
}

}  // namespace rhodrift
