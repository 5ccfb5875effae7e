#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <rhodrift/train/kernel_mitigation.hpp>

#include "cli/model_training.hpp"

namespace rhodrift::cli {

enum class KernelKind {
  fidelity,   ///< FidelityKernel
  projected,  ///< projected_kernel
};
/// "fidelity", "projected"
std::string to_string(KernelKind kind);

/// What a TOML kernel configuration says; docs/formats/kernel-config.md lists keys and defaults.
struct KernelConfig {
  std::string name;
  LearningTask task;                     ///< data, qubits and encoding of it
  std::optional<DeviceHistory> history;  ///< the device, of which the last state is now

  KernelKind kind = KernelKind::fidelity;
  double c = 1.0;               ///< of train_kernel_classifier, > 0
  std::optional<double> gamma;  ///< of projected_kernel, > 0; without it see kernel_runs
  KernelMitigation mitigation;  ///< of fidelity kernels on the device
  std::uint64_t shots = 1024;   ///< a circuit on the device
  std::uint64_t seed = 1;       ///< of the shots
};

/// Relative paths in the file are relative to the file. Throws InputError "path: line L: key:
/// problem" on unknown keys (naming the nearest known one), wrong types, values out of range, and
/// mitigation where there is nothing to mitigate.
KernelConfig read_kernel_config(const std::filesystem::path& path);

}  // namespace rhodrift::cli
