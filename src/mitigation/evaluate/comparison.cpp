#include <algorithm>
#include <optional>

#include <rhodrift/core/multiple_tests.hpp>
#include <rhodrift/mitigation/evaluate/comparison.hpp>

#include "mitigation/evaluate/mean_estimates.hpp"

namespace rhodrift {

namespace {

/// Compares a and b by the squared errors of each repetition; nullopt when too few repetitions have
/// both, or none differs.
std::optional<Comparison> compare(const std::string& a, const arma::vec& a_squared,
                                  const std::string& b, const arma::vec& b_squared,
                                  const std::string& where) {
  const arma::vec all = a_squared - b_squared;
  const arma::vec differences = all.elem(arma::find_finite(all));
  if (differences.n_elem < 2) return std::nullopt;
  const bool b_better = arma::mean(differences) > 0.0;
  const Estimate difference =
      mean_estimate(b_better ? differences : arma::vec(-differences), "paired squared errors");
  if (difference.std_error == 0.0) return std::nullopt;
  const double p_value = two_sided_p_value(difference.value, difference.std_error,
                                           static_cast<double>(differences.n_elem - 1));
  return Comparison{b_better ? b : a, b_better ? a : b, where, difference, p_value, p_value, false};
}

void adjust(std::vector<Comparison>& comparisons) {
  std::vector<double> p_values;
  for (const Comparison& comparison : comparisons) p_values.push_back(comparison.p_value);
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    comparisons[i].adjusted_p_value = adjusted[i];
    comparisons[i].significant = adjusted[i] < significance;
  }
}

}  // namespace

std::vector<Comparison> compare_pairs(const std::vector<CaseEvaluation>& cases) {
  std::vector<Comparison> comparisons;
  for (const CaseEvaluation& of : cases)
    for (std::size_t a = 0; a < of.strategies.size(); ++a)
      for (std::size_t b = a + 1; b < of.strategies.size(); ++b) {
        const auto squared = [&](std::size_t s) {
          return arma::vec(arma::mean(arma::square(of.strategies[s].errors), 1));
        };
        if (auto comparison = compare(of.strategies[a].strategy, squared(a),
                                      of.strategies[b].strategy, squared(b), of.name))
          comparisons.push_back(std::move(*comparison));
      }
  adjust(comparisons);
  return comparisons;
}

std::vector<Comparison> find_harm(const std::vector<CaseEvaluation>& cases,
                                  const std::string& baseline) {
  std::vector<Comparison> comparisons;
  for (const CaseEvaluation& of : cases) {
    const auto base = std::ranges::find(of.strategies, baseline, &StrategyEvaluation::strategy);
    if (base == of.strategies.end()) continue;
    for (const StrategyEvaluation& other : of.strategies)
      for (arma::uword k = 0; k < of.observables.size(); ++k) {
        if (other.strategy == baseline) continue;
        if (auto comparison =
                compare(baseline, arma::square(base->errors.col(k)), other.strategy,
                        arma::square(other.errors.col(k)), of.name + " " + of.observables[k]))
          comparisons.push_back(std::move(*comparison));
      }
  }
  adjust(comparisons);
  std::erase_if(comparisons, [&](const Comparison& comparison) {
    return !comparison.significant || comparison.better != baseline;
  });
  return comparisons;
}

}  // namespace rhodrift
