#pragma once

#include <utility>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/compile/schedule.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift {

/// A place to run circuits, or what is believed of it: which qubits of which device, in which
/// recorded state, and what noise is made of that.
struct Device {
  Device(NoiseModel noise_model, Layout qubits)
      : model(std::move(noise_model)), layout(std::move(qubits)) {}
  Device(Calibration calibration, Layout qubits, const NoisePolicy& policy = NoisePolicy::device)
      : Device(NoiseModel(std::move(calibration), policy), std::move(qubits)) {}

  const Calibration& calibration() const { return model.calibration(); }
  const NoisePolicy& policy() const { return model.policy(); }

  NoiseModel model;
  Layout layout;  ///< device qubit of each circuit qubit
};

/// The circuit in the device's native gates and, if the policy has waiting qubits relax, with a
/// delay wherever a qubit waits for another, filled with pulses where `decoupling` says so.
/// A circuit that is native and scheduled already stays as it is.
/// Throws InputError as translate, schedule_alap and with_decoupling do.
Circuit native_circuit(const Circuit& circuit, const Device& device,
                       DecouplingSequence decoupling = DecouplingSequence::none);

/// native_circuit with the device's noise and readout error in it: what a simulator runs. The noise
/// is `noise_scale` times as strong as the policy has it, the readout error is not. Throws
/// InputError as NoiseModel::apply does.
Circuit on_device(const Circuit& circuit, const Device& device, double noise_scale = 1.0);

}  // namespace rhodrift
