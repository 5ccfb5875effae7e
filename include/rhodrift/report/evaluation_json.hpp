#pragma once

#include <string>

#include <rhodrift/mitigation/evaluate/evaluation_report.hpp>

namespace rhodrift {

/// As docs/json.md describes it, without the errors of single repetitions.
std::string evaluation_json(const EvaluationReport& report);

/// What evaluation_json wrote. Throws InputError "source: /pointer: problem" when a key is missing
/// or holds something else.
EvaluationReport parse_evaluation(const std::string& json, const std::string& source);

}  // namespace rhodrift
