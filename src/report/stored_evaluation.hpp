#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/calibration_age.hpp>
#include <rhodrift/mitigation/evaluate/comparison.hpp>
#include <rhodrift/mitigation/evaluate/help_harm.hpp>

namespace rhodrift {

/// What `rhodrift evaluate` left in a run, as docs/json.md describes it: without the errors of
/// single repetitions and pairs. Observables are in alphabetical order.
struct StoredEvaluation {
  std::vector<CaseEvaluation> cases;
  std::vector<Comparison> comparisons;
  std::vector<Comparison> harm;
  std::vector<HelpHarm> help_harm;
  std::optional<AgeStudy> age;
};

/// Throws InputError "source: /pointer: problem" when a key is missing or holds something else.
StoredEvaluation parse_evaluation(const std::string& json, const std::string& source);

}  // namespace rhodrift
