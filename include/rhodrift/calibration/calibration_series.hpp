#pragma once

#include <vector>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// Snapshots of one device in order of time, all with the same qubits and native gates.
/// Gaps stay gaps: nothing is interpolated.
struct CalibrationSeries {
  std::string device;
  std::vector<Calibration> states;  ///< timestamps strictly increasing
};

}  // namespace rhodrift
