#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/routed_circuit.hpp>
#include <rhodrift/core/time.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/model_repository.hpp>
#include <rhodrift/train/preprocessing.hpp>
#include <rhodrift/train/qnn.hpp>
#include <rhodrift/train/training.hpp>

namespace rhodrift {

/// The recorded device that a model was trained for.
struct TrainingDevice {
  std::string name;
  UtcTime calibration_time;
  std::string calibration_sha256;  ///< content_hash of the calibration, 64 lower-case digits
  std::vector<int> qubits;         ///< circuit qubit i starts on device qubit qubits[i]
  /// What ran there in place of the model's circuit; absent where that ran as it is.
  std::optional<RoutedCircuit> routed = {};
};

/// What a model was trained on, and how.
struct TrainingConditions {
  std::string dataset;
  std::string noise = "none";            ///< TrainingNoise (noise_aware) as a text
  std::string noise_policy;              ///< "ideal" when training was noise-free
  std::optional<TrainingDevice> device;  ///< absent only with "ideal"
  TrainingOptions options;
  double final_loss;  ///< TrainingResult::final_loss
};

/// Everything needed to classify new samples, or to give their targets, and to know where the
/// numbers come from. As a file: docs/formats/model.md.
struct TrainedModel {
  std::string name;
  Qnn network;
  std::vector<std::string> class_names;  ///< one a class, all different; none of a regressor
  Preprocessing preprocessing;           ///< of raw features, before they are encoded
  Encoding encoding;                     ///< of what that gives, as the circuit has it
  QnnParameters parameters;
  TrainingConditions training;
  /// Of a regressor, one an output, all different; it is none where these are none.
  std::vector<std::string> target_names = {};
  /// Other parameters for other states of the device; `parameters` are those of one of its entries.
  std::optional<ModelRepository> repository = std::nullopt;

  bool is_regressor() const { return !target_names.empty(); }
  /// How many raw features it takes.
  std::size_t n_features() const { return preprocessing.matrix.n_cols; }
  /// What the circuit is run with: circuit features x n_samples, of n_features() x n_samples.
  /// Throws InputError as Preprocessing::apply and Encoder::circuit_features do.
  arma::mat circuit_features(const arma::mat& features) const;

  /// Throws InputError "source: /json/pointer: problem", the pointer into the model's file, when a
  /// number is not finite or the parts do not fit each other.
  void validate(const std::string& source) const;
};

/// The same model gives the same bytes; doubles read back to the same bits.
/// Throws InputError when the model is not valid.
std::string to_json(const TrainedModel& model);
/// Throws InputError "source: /json/pointer: problem" on anything missing, unknown or invalid, and
/// "source: line L, column C: problem" on what is not JSON.
TrainedModel model_from_json(std::string_view text, const std::string& source);

TrainedModel read_model(const std::filesystem::path& path);
/// Whole or not at all. Throws InputError when the model is not valid, RunError when it cannot be
/// written.
void write_model(const TrainedModel& model, const std::filesystem::path& path);

}  // namespace rhodrift
