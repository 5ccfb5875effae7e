#include <rhodrift/device/routing.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>

namespace rhodrift {

namespace {

PlacedQnn placed(const Qnn& model, const RoutedCircuit& on_device, bool routed) {
  return {{on_device.circuit, on_device.observables, model.n_outputs, model.post_measurement},
          on_device.layout,
          routed};
}

}  // namespace

PlacedQnn place(const Qnn& model, const Calibration& device, const Layout& layout) {
  return placed(model, route(model.circuit, model.observables, device, layout),
                !fits(model.circuit, device, layout));
}

PlacedQnn place(const TrainedModel& model, const Calibration& device, const Layout& layout) {
  const std::optional<TrainingDevice>& trained_on = model.training.device;
  if (trained_on && trained_on->routed && trained_on->name == device.device &&
      trained_on->qubits == layout)
    return placed(model.network, *trained_on->routed, true);
  return place(model.network, device, layout);
}

}  // namespace rhodrift
