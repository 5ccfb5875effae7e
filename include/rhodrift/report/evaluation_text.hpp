#pragma once

#include <string>

#include <rhodrift/mitigation/evaluate/evaluation_report.hpp>

namespace rhodrift {

/// For people, as tables: what `rhodrift evaluate` prints.
std::string evaluation_text(const EvaluationReport& report);

}  // namespace rhodrift
