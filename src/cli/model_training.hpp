#pragma once

#include <functional>
#include <optional>
#include <string>

#include <rhodrift/device/device.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>
#include <rhodrift/noise_aware/training_noise.hpp>
#include <rhodrift/train/model_file.hpp>
#include <rhodrift/train/training.hpp>

#include "cli/learning_task.hpp"
#include "cli/output.hpp"

/// Training as a configuration has it: for a device, in its noise, where it is routed.
namespace rhodrift::cli {

/// What a model is trained for, in what noise.
struct TrainingSetting {
  std::string name;
  LearningTask task;
  TrainingNoise noise = NoNoise{};
  /// Needed by all noise but NoNoise. Without a layout, the qubits that do the circuit best in the
  /// last state (choose_layout).
  std::optional<DeviceHistory> device;
  TrainingOptions options;
};

/// The setting's device as it is now, at its layout, or without one at choose_layout's. Throws
/// InputError that names the keys of a configuration.
Device device_for(const Circuit& circuit, const DeviceHistory& history);
/// As tables name a device at its layout: "ibmq_vigo 1-2-3".
std::string place_name(const Device& device);
/// place() there, complaints naming the key.
PlacedQnn place_in_setting(const Qnn& network, const Device& device);

struct TrainingOutcome {
  TrainedModel model;
  TrainingResult result;         ///< its shots are those of all models that were trained
  std::optional<Device> device;  ///< the setting's, as it is now, at the layout of the training
};

/// Trains by the setting's options, with steps of an optimizer or a minimiser of all data, with
/// exact gradients or those of shots; in the device's noise as the model runs there (PlacedQnn).
/// Data hold raw features; `validation` is what early stopping looks at. `from` is a state to go on
/// from, and `after_step` sees every state. With ClusterNoise a model is trained for each cluster,
/// which nothing can go on from, and the result is that of the one for the device's last state. Of
/// a regression the result's loss and parameters are those of scaled targets (TargetScale), the
/// model is in their units.
TrainingOutcome train_model(const TrainingSetting& setting, const Dataset& data,
                            const std::optional<Dataset>& validation, const Progress& progress,
                            std::optional<TrainingState> from = {},
                            const std::function<void(const TrainingState&)>& after_step = {});

}  // namespace rhodrift::cli
