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
  const Circuit native = native_circuit(circuit, device);
  Circuit noisy = NoiseModel(device.calibration, device.policy).apply(native, device.layout);
  if (noise_scale == 1.0) return noisy;
  NoisePolicy stronger = device.policy;
  stronger.scale *= noise_scale;
  Circuit scaled = NoiseModel(device.calibration, stronger).apply(native, device.layout);
  scaled.set_readout_error(noisy.readout_error());
  return scaled;
}

}  // namespace rhodrift
