#include <rhodrift/compile/translate.hpp>
#include <rhodrift/device/device.hpp>

namespace rhodrift {

Circuit native_circuit(const Circuit& circuit, const Device& device,
                       DecouplingSequence decoupling) {
  const Circuit native = translate(circuit, device.calibration(), device.layout);
  const NoisePolicy& policy = device.policy();
  const bool waits = policy.noise && policy.idle && policy.schedule;
  if (!waits && decoupling == DecouplingSequence::none) return native;
  const ScheduledCircuit scheduled = schedule_alap(native, device.calibration(), device.layout);
  return with_decoupling(scheduled, decoupling, device.calibration(), device.layout).circuit;
}

Circuit on_device(const Circuit& circuit, const Device& device, double noise_scale) {
  const Circuit native = native_circuit(circuit, device);
  if (noise_scale == 1.0) return device.model.apply(native, device.layout);
  Circuit noisy = device.model.scaled(noise_scale).apply(native, device.layout);
  noisy.set_readout_error(
      device.model.readout_error(device_qubits(device.layout, native.qubit_of_bit())));
  return noisy;
}

}  // namespace rhodrift
