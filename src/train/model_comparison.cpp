#include <algorithm>
#include <cmath>

#include <boost/math/distributions/binomial.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/model_comparison.hpp>

#include "train/adjusted_comparisons.hpp"

namespace rhodrift {

namespace {

constexpr const char* source = "model comparison";

void require_comparable(std::span<const ModelPredictions> models, std::size_t n_labels) {
  if (n_labels == 0) throw InputError(source, "", "there are no samples");
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelPredictions& model = models[i];
    if (model.classes.size() != n_labels)
      throw InputError(source, model.model,
                       fmt::format("{} predictions, {} labels", model.classes.size(), n_labels));
    for (std::size_t j = 0; j < i; ++j)
      if (models[j].model == model.model)
        throw InputError(source, model.model, "two models have this name");
  }
}

ModelComparison compare(const ModelPredictions& first, const ModelPredictions& second,
                        const std::vector<int>& labels, double level) {
  ModelComparison comparison;
  comparison.first = first.model;
  comparison.second = second.model;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool first_right = first.classes[i] == labels[i];
    const bool second_right = second.classes[i] == labels[i];
    comparison.only_first += first_right && !second_right ? 1 : 0;
    comparison.only_second += second_right && !first_right ? 1 : 0;
  }
  comparison.difference = paired_accuracy_difference(comparison.only_first, comparison.only_second,
                                                     labels.size(), level);
  comparison.p_value = mcnemar_p_value(comparison.only_first, comparison.only_second);
  return comparison;
}

std::string signed_interval(const Estimate& difference) {
  return fmt::format("{:+.3f} [{:+.3f}, {:+.3f}]", difference.value, difference.ci.low,
                     difference.ci.high);
}

Warning baseline_warning(const std::string& model, const std::string& baseline,
                         const std::string& measure, const Estimate& difference) {
  const char* otherwise = difference.value > 0
                              ? "test on more samples (four times as many halve the interval)"
                              : "take another encoding or ansatz";
  return {Warning::Code::not_above_baseline,
          fmt::format("{} is not significantly better than {}, {} {}", model, baseline,
                      measure == "accuracy" ? measure : measure + " lower by",
                      signed_interval(difference)),
          fmt::format("use {}, or {}", baseline, otherwise)};
}

}  // namespace

Estimate paired_accuracy_difference(std::uint64_t only_first, std::uint64_t only_second,
                                    std::uint64_t samples, double level) {
  if (samples == 0 || only_first > samples || only_second > samples - only_first)
    throw InputError(
        source, "samples",
        fmt::format("{}, of which {} and {} differ", samples, only_first, only_second));
  const auto n = static_cast<double>(samples);
  const double p = (static_cast<double>(only_first) + 1) / (n + 2);
  const double q = (static_cast<double>(only_second) + 1) / (n + 2);
  const double std_error = std::sqrt((p + q - (p - q) * (p - q)) / (n + 2));
  Estimate estimate = normal_estimate(p - q, std_error, "accuracy difference/Bonett-Price", level);
  estimate.value = (static_cast<double>(only_first) - static_cast<double>(only_second)) / n;
  estimate.ci = {std::max(estimate.ci.low, -1.0), std::min(estimate.ci.high, 1.0)};
  estimate.diagnostics["samples"] = n;
  return estimate;
}

double mcnemar_p_value(std::uint64_t only_first, std::uint64_t only_second) {
  const auto differing = static_cast<double>(only_first + only_second);
  if (differing == 0) return 1.0;
  const boost::math::binomial fair(differing, 0.5);
  const auto fewer = static_cast<double>(std::min(only_first, only_second));
  return std::min(1.0, 2 * boost::math::cdf(fair, fewer));
}

std::vector<ModelComparison> compare_models(std::span<const ModelPredictions> models,
                                            const std::vector<int>& labels, double level) {
  require_comparable(models, labels.size());
  std::vector<ModelComparison> comparisons;
  for (std::size_t a = 0; a < models.size(); ++a)
    for (std::size_t b = a + 1; b < models.size(); ++b) {
      comparisons.push_back(compare(models[a], models[b], labels, level));
    }
  adjust(comparisons);
  return comparisons;
}

std::vector<Warning> baseline_warnings(std::span<const ModelComparison> comparisons,
                                       const std::string& model,
                                       std::span<const std::string> baselines) {
  std::vector<Warning> warnings;
  for (const std::string& baseline : baselines)
    for (const ModelComparison& comparison : comparisons) {
      const bool forwards = comparison.first == model && comparison.second == baseline;
      const bool backwards = comparison.first == baseline && comparison.second == model;
      if (!forwards && !backwards) continue;
      Estimate gain = comparison.difference;
      if (backwards) {
        gain.value = -gain.value;
        gain.ci = {-gain.ci.high, -gain.ci.low};
      }
      if (!(comparison.significant && gain.value > 0))
        warnings.push_back(baseline_warning(model, baseline, comparison.measure, gain));
    }
  return warnings;
}

}  // namespace rhodrift
