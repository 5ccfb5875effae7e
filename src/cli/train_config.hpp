#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/classification.hpp"

namespace rhodrift::cli {

/// What a TOML training configuration says; docs/formats/train-config.md lists keys and defaults.
struct TrainConfig {
  TrainingSetting setting;        ///< its device is where the model is trained, and tested
  double validation_share = 0.0;  ///< of the training data, for early stopping
  std::uint64_t test_shots = 4096;

  /// Where the model is tested: the device as it is now.
  std::optional<Device> device() const;
};

/// Relative paths in the file are relative to the file. Throws InputError "path: line L: key:
/// problem" on unknown keys (naming the nearest known one), wrong types and values out of range.
TrainConfig read_train_config(const std::filesystem::path& path);

}  // namespace rhodrift::cli
