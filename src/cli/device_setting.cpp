#include "cli/device_setting.hpp"

#include <rhodrift/compile/translate.hpp>

namespace rhodrift::cli {

Circuit on_device(const Circuit& circuit, const DeviceSetting& device) {
  const Circuit native = translate(circuit, device.calibration, device.layout);
  return NoiseModel(device.calibration, device.policy).apply(native, device.layout);
}

}  // namespace rhodrift::cli
