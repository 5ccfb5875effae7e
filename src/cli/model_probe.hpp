#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/barren_plateau.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/gradient_noise.hpp>
#include <rhodrift/train/warning.hpp>

#include "cli/model_training.hpp"

/// What is to be expected of a model before it is trained: how large its gradients are, how they
/// fall with its size, what its ansatz reaches, and what shots make of it.
namespace rhodrift::cli {

struct ModelProbeOptions {
  /// Of the barren-plateau probe. Empty: 2 to 6, and on to the model's own up to 8, where the
  /// model's encoding, ansatz and head are possible. All have as many features a qubit as the
  /// model, as far as its encoding takes them.
  std::vector<int> n_qubits;
  /// Of the ansatz there. Empty: 1, 2, 4, 8, and the model's own up to 8, where possible.
  std::vector<int> layers;
  std::size_t draws = 400;     ///< starts of each probe, >= 3
  std::uint64_t shots = 1024;  ///< a circuit, > 0
};

/// The derivatives of the configured loss (without its l2 term) in the circuit's weights, over
/// starts, on one minibatch.
struct LossGradient {
  std::string noise;  ///< "without noise", or the training's and the device
  Estimate variance;  ///< gradient_variance()
  Estimate norm;      ///< mean over starts of the Euclidean norm; Student's interval
};

/// expressibility() and entangling_capability() of circuits without features.
struct AnsatzFigures {
  std::string circuit;
  Estimate expressibility;
  Estimate entangling_capability;
};

/// The gradient of the minibatch's loss where training starts, beside its noise from parameter
/// shifts, as the device gives it: in its noise, not mitigated.
struct ShotNoise {
  std::string noise;  ///< "without noise", or "exact" and the device
  std::uint64_t shots;
  GradientNoise gradient;
  std::size_t weights_above;  ///< whose derivative exceeds its standard error
  /// Shots a circuit from which half of the derivatives, or more, are as large as their standard
  /// errors; infinite where they are 0.
  double median_shots_at_equality;
};

struct ModelProbe {
  std::string ansatz;
  std::string initial_weights;
  int n_qubits;
  int layers;
  std::size_t n_weights;
  std::size_t n_samples;  ///< of the minibatch
  std::size_t draws;

  std::vector<LossGradient> loss_gradients;  ///< without noise, then on the device if there is one
  /// What is differentiated in the barren-plateau probes: the mean of what the model reads or,
  /// where that is a number (of all bitstrings' probabilities), the first of them.
  std::string plateau_observable;
  BarrenPlateauProbe plateau;                           ///< without noise
  std::optional<BarrenPlateauProbe> plateau_on_device;  ///< of the model's width, in exact noise
  std::string device;                                   ///< its name and qubits; empty: none
  AnsatzFigures figures;
  AnsatzFigures product;  ///< two rotations a qubit
  AnsatzFigures haar;     ///< what states drawn by Haar's measure have, exactly
  ShotNoise shot_noise;
  std::vector<Warning> warnings;  ///< all probes'
};

/// `data` hold raw features. A function of the setting's seed. Throws InputError when the setting
/// or a size does not allow a circuit, or as the probes do.
ModelProbe probe_model(const TrainingSetting& setting, const Dataset& data,
                       const ModelProbeOptions& options, const Progress& progress);

}  // namespace rhodrift::cli
