#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/calibration_age.hpp>
#include <rhodrift/mitigation/evaluate/comparison.hpp>
#include <rhodrift/mitigation/evaluate/help_harm.hpp>

namespace rhodrift {

/// Everything that an evaluation found out.
struct EvaluationReport {
  std::uint64_t shots;      ///< the budget of one evaluation
  std::size_t repetitions;  ///< of every strategy on every case
  std::string currency;     ///< of the costs; empty: nothing is charged
  std::vector<CaseEvaluation> cases;
  std::vector<Comparison> comparisons;
  std::vector<Comparison> harm;
  std::vector<HelpHarm> help_harm;  ///< one a case; empty if not asked for
  std::optional<AgeStudy> age;
};

}  // namespace rhodrift
