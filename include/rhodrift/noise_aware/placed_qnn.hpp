#pragma once

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/train/model_file.hpp>
#include <rhodrift/train/qnn.hpp>

namespace rhodrift {

/// A model as it runs on a device: every gate on a coupled pair. It has the weights, features,
/// observables and classes of the model it stands for, and without noise its expectations and
/// gradients; what trains is what runs, in all states of the device.
struct PlacedQnn {
  Qnn network;
  Layout layout;        ///< of all its qubits: RoutedCircuit::layout
  bool routed = false;  ///< whether the circuit is another than the model's
};

/// Routed at this layout (route()), which has one device qubit a qubit of the model. Throws
/// InputError as route() does.
PlacedQnn place(const Qnn& model, const Calibration& device, const Layout& layout);

/// As it was routed when it was trained, if that was on these qubits of a device of this name; else
/// routed now. Throws InputError as route() does.
PlacedQnn place(const TrainedModel& model, const Calibration& device, const Layout& layout);

}  // namespace rhodrift
