#pragma once

#include <vector>

#include <rhodrift/mitigation/evaluate/evaluation_report.hpp>

#include "report/html.hpp"

namespace rhodrift {

/// Tables and plots of an evaluation: scores of every case and observable, comparisons, where
/// strategies help and harm, and how they age with the calibration.
std::vector<html::Section> evaluation_sections(const EvaluationReport& report,
                                               html::Figures& figures);

}  // namespace rhodrift
