#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/classification.hpp"

namespace rhodrift::cli {

/// What a TOML training configuration says; docs/formats/train-config.md lists keys and defaults.
struct TrainConfig {
  std::string name;
  ClassificationTask task;
  TrainingOptions training;
  bool noise_aware = false;
  std::optional<Device> device;  ///< where to train (noise-aware) and to test
  std::uint64_t test_shots = 4096;
};

/// Relative paths in the file are relative to the file. Throws InputError "path: line L: key:
/// problem" on unknown keys (naming the nearest known one), wrong types and values out of range.
TrainConfig read_train_config(const std::filesystem::path& path);

}  // namespace rhodrift::cli
