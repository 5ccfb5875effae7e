#pragma once

#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/evaluate.hpp>

namespace rhodrift {

/// Adjusted p-values below it are called significant.
inline constexpr double significance = 0.05;

/// Two strategies on the same repetitions: does one have the smaller squared error?
struct Comparison {
  std::string better;  ///< the one with the smaller mean squared error
  std::string worse;
  std::string where;        ///< case, and observable if it is about one
  Estimate difference;      ///< mean squared error of `worse` minus that of `better`
  double p_value;           ///< of no difference, two-sided, Student's t on the differences
  double adjusted_p_value;  ///< Holm's, over everything that was compared along with it
  bool significant;         ///< adjusted_p_value < significance
};

/// Every pair of strategies on every case: the squared errors, averaged over the observables, of
/// each repetition. Repetitions that one of the two could not estimate are left out.
/// S. Holm, Scand. J. Stat. 6, 65 (1979).
std::vector<Comparison> compare_pairs(const std::vector<CaseEvaluation>& cases);

/// Where a strategy significantly harms: case and observable on which it is worse than `baseline`.
/// Corrected over all cases, observables and strategies. Empty when no strategy is `baseline`.
std::vector<Comparison> find_harm(const std::vector<CaseEvaluation>& cases,
                                  const std::string& baseline);

/// Holm's adjusted p-values, in the order given.
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

}  // namespace rhodrift
