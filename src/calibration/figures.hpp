#pragma once

#include <array>
#include <optional>

#include <rhodrift/calibration/calibration.hpp>

// Every figure that a calibration can have, under the key that files and exports know it by.

namespace rhodrift {

struct QubitFigure {
  const char* key;
  std::optional<double> QubitCalibration::*figure;
};
inline constexpr std::array qubit_figures = {
    QubitFigure{"t1_s", &QubitCalibration::t1_s},
    QubitFigure{"t2_s", &QubitCalibration::t2_s},
    QubitFigure{"frequency_hz", &QubitCalibration::frequency_hz},
    QubitFigure{"readout_p10", &QubitCalibration::readout_p10},
    QubitFigure{"readout_p01", &QubitCalibration::readout_p01},
    QubitFigure{"readout_duration_s", &QubitCalibration::readout_duration_s},
};

struct GateFigure {
  const char* key;
  std::optional<double> GateCalibration::*figure;
};
inline constexpr std::array gate_figures = {
    GateFigure{"error", &GateCalibration::error},
    GateFigure{"duration_s", &GateCalibration::duration_s},
    GateFigure{"over_rotation_rad", &GateCalibration::over_rotation_rad},
    GateFigure{"fsim_theta_error_rad", &GateCalibration::fsim_theta_error_rad},
    GateFigure{"fsim_phi_error_rad", &GateCalibration::fsim_phi_error_rad},
};

/// Whether the gate has any figure; one that has none says nothing but that it exists.
inline bool has_figures(const GateCalibration& gate) {
  for (const GateFigure& figure : gate_figures)
    if (gate.*(figure.figure)) return true;
  return false;
}

}  // namespace rhodrift
