#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/warning.hpp>

namespace rhodrift {

/// What a classifier says of test samples.
struct ModelPredictions {
  std::string model;
  std::vector<int> classes;  ///< one a sample
};

/// Two classifiers on the same samples, of which only those that one of them has right and the
/// other wrong tell them apart; or two regressors (compare_regressors).
struct ModelComparison {
  std::string first;
  std::string second;
  std::uint64_t only_first = 0;   ///< samples that `first` alone has right, or is nearer at
  std::uint64_t only_second = 0;  ///< … that `second` alone has right, or is nearer at
  /// Accuracy of `first` minus that of `second`, see paired_accuracy_difference; MAE of the second
  /// regressor minus that of the first. Positive where `first` is better.
  Estimate difference;
  /// Of no difference, two-sided. Of regressors the paired t-test's, of classifiers McNemar's test
  /// without approximation, only_first being binomial in only_first + only_second with probability
  /// 1/2. Q. McNemar, Psychometrika 12, 153 (1947).
  double p_value = 1.0;
  double adjusted_p_value = 1.0;     ///< Holm's, over everything that was compared along with it
  bool significant = false;          ///< adjusted_p_value < significance (core/multiple_tests.hpp)
  std::string measure = "accuracy";  ///< what the difference is of: or "MAE"
};

/// (only_first - only_second)/samples with D. G. Bonett's and R. M. Price's interval, Br. J. Math.
/// Stat. Psychol. 65, 479 (2012): with one sample added to either count and two to the samples,
/// p = (only_first + 1)/(samples + 2), q likewise: p - q ± z √((p + q - (p - q)²)/(samples + 2)).
/// The std_error is the square root in it. diagnostics["samples"] is the number of samples.
/// Throws InputError when there are no samples, fewer than those that differ, or level is outside
/// (0, 1).
Estimate paired_accuracy_difference(std::uint64_t only_first, std::uint64_t only_second,
                                    std::uint64_t samples, double level = 0.95);

/// The p-value of ModelComparison.
double mcnemar_p_value(std::uint64_t only_first, std::uint64_t only_second);

/// Every pair, in the order given: the first with each of the others, then the second, … What
/// varies is the test samples; that training again gives another model is not in it.
/// Throws InputError when there are no samples, a model has not as many predictions as there are
/// labels, or two models have the same name.
std::vector<ModelComparison> compare_models(std::span<const ModelPredictions> models,
                                            const std::vector<int>& labels, double level = 0.95);

/// For each baseline than which `model` is not significantly better, a warning. Comparisons of
/// others are not looked at.
std::vector<Warning> baseline_warnings(std::span<const ModelComparison> comparisons,
                                       const std::string& model,
                                       std::span<const std::string> baselines);

}  // namespace rhodrift
