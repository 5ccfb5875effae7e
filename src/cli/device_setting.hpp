#pragma once

#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift::cli {

/// Where circuits run: which qubits of which device, in which recorded state.
struct DeviceSetting {
  Calibration calibration;
  Layout layout;
  NoisePolicy policy = NoisePolicy::aer;
};

/// The circuit in the device's native gates with the device's noise and readout error in it.
Circuit on_device(const Circuit& circuit, const DeviceSetting& device);

}  // namespace rhodrift::cli
