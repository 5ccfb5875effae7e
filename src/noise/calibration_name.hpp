#pragma once

#include <string>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// How messages name a calibration.
inline std::string calibration_name(const Calibration& calibration) {
  return fmt::format("{} at {}", calibration.device, to_iso8601(calibration.timestamp));
}

}  // namespace rhodrift
