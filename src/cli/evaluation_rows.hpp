#pragma once

#include <vector>

#include <rhodrift/mitigation/evaluate/evaluation_report.hpp>
#include <rhodrift/store/run_records.hpp>

namespace rhodrift::cli {

/// Rows of the run file's table "evaluation": "case | observable | strategy | figure".
std::vector<NamedEstimate> evaluation_rows(const EvaluationReport& report);

}  // namespace rhodrift::cli
