#pragma once

#include <armadillo>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/batch_minimizer.hpp>
#include <rhodrift/train/initial_weights.hpp>
#include <rhodrift/train/maximum_mean_discrepancy.hpp>

#include "cli/model_training.hpp"

namespace rhodrift::cli {

/// What a TOML generator configuration says; docs/formats/generator-config.md lists keys and
/// defaults.
struct GeneratorConfig {
  std::string name;
  arma::vec target;  ///< 2^n_qubits probabilities
  Ansatz ansatz;
  InitialWeights initial_weights = UniformWeights{};
  std::optional<DeviceHistory> history;  ///< the device, of which the last state is now
  MaximumMeanDiscrepancy::Distance distance = MaximumMeanDiscrepancy::Distance::bits;
  std::vector<double> variances = {0.5, 1.0, 2.0, 4.0};
  BatchMinimizerOptions minimizer;
  std::uint64_t seed = 1;  ///< of the initial weights

  int n_qubits() const;
  MaximumMeanDiscrepancy discrepancy() const { return {target, variances, distance}; }
};

/// Relative paths in the file are relative to the file. Throws InputError "path: line L: key:
/// problem" on unknown keys (naming the nearest known one), wrong types and values out of range.
GeneratorConfig read_generator_config(const std::filesystem::path& path);

}  // namespace rhodrift::cli
