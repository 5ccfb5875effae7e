#pragma once

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// Whether clamp-t2 is called for. Only where T1 is a time: a T2 set to twice a T1 of -3 s would be
/// a figure of nobody's.
bool exceeds_physical_t2(const QubitCalibration& qubit);

}  // namespace rhodrift
