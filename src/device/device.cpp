#include <rhodrift/compile/translate.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift {

Circuit native_circuit(const Circuit& circuit, const Device& device,
                       DecouplingSequence decoupling) {
  const Circuit native = translate(circuit, device.calibration, device.layout);
  const NoisePolicy& policy = device.policy;
  const bool waits = policy.noise && policy.idle && policy.schedule;
  if (!waits && decoupling == DecouplingSequence::none) return native;
  const ScheduledCircuit scheduled = schedule_alap(native, device.calibration, device.layout);
  return with_decoupling(scheduled, decoupling, device.calibration, device.layout).circuit;
}

Circuit on_device(const Circuit& circuit, const Device& device, double noise_scale) {
  NoisePolicy policy = device.policy;
  policy.scale *= noise_scale;
  return NoiseModel(device.calibration, policy)
      .apply(native_circuit(circuit, device), device.layout);
}

}  // namespace rhodrift
