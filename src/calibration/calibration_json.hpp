#pragma once

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>

#include "core/json_reader.hpp"

namespace rhodrift {

/// Both read strictly but do not validate.
Calibration calibration_from_document(const JsonPlace& document);
CalibrationSeries calibration_series_from_document(const JsonPlace& document);

}  // namespace rhodrift
