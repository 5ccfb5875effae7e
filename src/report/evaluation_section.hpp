#pragma once

#include "report/html.hpp"
#include "report/stored_evaluation.hpp"

namespace rhodrift {

/// Tables and plots of an evaluation: scores of every case and observable, comparisons, where
/// strategies help and harm, and how they age with the calibration. Each part with a heading of its
/// own, and only if it is there.
html::Markup evaluation_section(const StoredEvaluation& evaluation, html::Figures& figures);

}  // namespace rhodrift
