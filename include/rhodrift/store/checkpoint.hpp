#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <rhodrift/store/run_records.hpp>
#include <rhodrift/train/training.hpp>

namespace rhodrift {

/// A run of training that is not at its end, as a run file (docs/formats/run.md): its training so
/// far as the training `model`, and the text "checkpoint" with the rest of its state.
///
/// `identity` is whatever tells this run from others (a hash of its configuration and data); a
/// checkpoint is only read back by a run of the same identity.
struct CheckpointRun {
  std::string model;
  std::string identity;
  std::size_t n_weights = 0;  ///< of the parameters, the circuit's
};

/// Whole or not at all: a kill leaves the checkpoint before it. Throws RunError when it cannot be
/// written.
void write_checkpoint(const std::filesystem::path& path, const RunInfo& info,
                      const CheckpointRun& run, const TrainingState& state);

/// The same state to the last bit. Throws InputError when the file is missing, damaged, no
/// checkpoint, or one of another run.
TrainingState read_checkpoint(const std::filesystem::path& path, const CheckpointRun& run);

}  // namespace rhodrift
