#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <toml++/toml.h>

#include "cli/model_training.hpp"

namespace rhodrift::cli {

/// What a TOML training configuration says; docs/formats/train-config.md lists keys and defaults.
struct TrainConfig {
  TrainingSetting setting;        ///< its device is where the model is trained, and tested
  double validation_share = 0.0;  ///< of the training data, for early stopping
  std::uint64_t test_shots = 4096;

  /// What is trained on, looked at for early stopping, and tested on; features as in the files.
  struct Data {
    Dataset train;
    std::optional<Dataset> validation;
    Dataset test;
  };
  Data load() const;
};

/// Relative paths in the file are relative to the file. Throws InputError "path: line L: key:
/// problem" on unknown keys (naming the nearest known one), wrong types and values out of range.
TrainConfig read_train_config(const std::filesystem::path& path);
/// The same from what was read of the file; `path` is what messages name.
TrainConfig train_config_from(const toml::table& root, const std::filesystem::path& path);

}  // namespace rhodrift::cli
