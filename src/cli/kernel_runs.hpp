#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/kernel_concentration.hpp>

#include "cli/kernel_config.hpp"

namespace rhodrift::cli {

/// A kernel that was measured in some noise, and the machine that was trained on it and classified
/// the test samples by kernels measured alike.
struct KernelRun {
  std::string where;             ///< "without noise", "on DEVICE QUBITS", "…, mitigated"
  arma::mat outputs;             ///< n_classes x n_samples, of the test samples: 1 for the class
  double alignment;              ///< centred_kernel_target_alignment of the training samples
  std::size_t support_vectors;   ///< training samples that predictions depend on
  std::optional<double> gamma;   ///< of a projected kernel
  KernelConcentration measured;  ///< at the configuration's shots
  std::uint64_t circuits;        ///< that were run
  std::uint64_t shots;           ///< of all of them; 0 when exact
};

/// Exactly without noise; with a device on it, from shots; with a mitigation the same shots once
/// more, mitigated. Features are those of the files. Without a gamma a projected kernel has
///   gamma = 2/Σ var(<P_q>),
/// the variances over the training samples as measured: what scikit-learn's SVC calls "scale".
/// Throws InputError when the encoding does not take the features; RunError when all samples have
/// the same expectations, or nothing of a state survives that mitigation is to bring back.
std::vector<KernelRun> kernel_runs(const KernelConfig& config, const Dataset& train,
                                   const Dataset& test, const Progress& progress);

}  // namespace rhodrift::cli
