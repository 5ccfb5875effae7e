#pragma once

#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/calibration_age.hpp>
#include <rhodrift/mitigation/evaluate/comparison.hpp>
#include <rhodrift/mitigation/evaluate/help_harm.hpp>
#include <rhodrift/store/run_records.hpp>

#include "cli/output.hpp"

namespace rhodrift::cli {

/// Everything that `evaluate` found out.
struct EvaluationReport {
  std::vector<CaseEvaluation> cases;
  std::vector<Comparison> comparisons;
  std::vector<Comparison> harm;
  std::vector<HelpHarm> help_harm;  ///< one a case; empty if not asked for
  std::optional<AgeStudy> age;
  std::string currency;
};

Json to_json(const EvaluationReport& report);
std::string evaluation_text(const EvaluationReport& report);
/// Rows of the run file's table "evaluation": "case | observable | strategy | figure".
std::vector<NamedEstimate> evaluation_rows(const EvaluationReport& report);

}  // namespace rhodrift::cli
