#pragma once

#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/evaluate.hpp>

namespace rhodrift {

/// Two strategies on the same repetitions: does one have the smaller squared error?
struct Comparison {
  std::string better;  ///< the one with the smaller mean squared error
  std::string worse;
  std::string where;        ///< case, and observable if it is about one
  Estimate difference;      ///< mean squared error of `worse` minus that of `better`
  double p_value;           ///< of no difference, two-sided, Student's t on the differences
  double adjusted_p_value;  ///< Holm's, over everything that was compared along with it
  bool significant;         ///< adjusted_p_value < significance (multiple_tests.hpp)
};

/// Every pair of strategies on every case: the squared errors, averaged over the observables, of
/// each repetition. Repetitions that one of the two could not estimate are left out.
std::vector<Comparison> compare_pairs(const std::vector<CaseEvaluation>& cases);

/// Where a strategy significantly harms: case and observable on which it is worse than `baseline`.
/// Corrected over all cases, observables and strategies. Empty when no strategy is `baseline`.
std::vector<Comparison> find_harm(const std::vector<CaseEvaluation>& cases,
                                  const std::string& baseline);

}  // namespace rhodrift
