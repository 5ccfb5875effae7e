#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration_series.hpp>
#include <rhodrift/drift/study.hpp>
#include <rhodrift/mitigation/strategy.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>
#include <rhodrift/noise_aware/training_noise.hpp>
#include <rhodrift/store/dataset_file.hpp>
#include <rhodrift/store/run_writer.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/head.hpp>
#include <rhodrift/train/model_file.hpp>
#include <rhodrift/train/training.hpp>

#include "cli/device_setting.hpp"

/// The main job: a classifier that is trained for a device, read from it with and without
/// mitigation, and followed through the device's history.
namespace rhodrift::cli {

using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// Whether a task's data are named, as those that come with the program or are drawn, and not a
/// path.
bool is_data_name(const std::string& data);

/// Data that come with the program by their name, all others as read_samples() takes them. Throws
/// InputError that lists the names when there is no such one.
LabelledSamples load_samples(const std::string& data);

/// What is said of a sample: its class, or a number.
enum class Task { classification, regression };
/// "classification", "regression". Throws InputError that lists them.
Task parse_task(const std::string& text);

/// `samples` as training data: of those classes, or a regression.
Dataset dataset_of(const LabelledSamples& samples, Task task,
                   const std::vector<std::string>& classes);

/// What is to be learnt, and by what kind of circuit.
struct LearningTask {
  Task kind = Task::classification;
  std::string data;                  ///< as load_samples() takes it
  std::vector<std::string> classes;  ///< empty: all
  double test_share = 0.6;
  std::uint64_t split_seed = 1;
  std::vector<std::string> preprocessing = {"range"};  ///< steps, as parse_preprocessing_step
  int n_qubits = 4;
  Encoding encoding = {AngleEncoding{{Op::ry, Op::rx, Op::rz, Op::ry}}};
  Ansatz ansatz = {};
  Head head = {};
  PostMeasurement post_measurement = {};

  /// Reads and splits the data; features stay as they are in the file.
  Split load() const;
  /// The encoding of so many features, the ansatz, and what is read from its output qubits.
  Qnn network(int n_features, std::size_t n_outputs) const;
};

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
/// place() there, complaints naming the key.
PlacedQnn place_in_setting(const Qnn& network, const Device& device);

struct TrainingOutcome {
  TrainedModel model;
  TrainingResult result;
  std::optional<Device> device;  ///< the setting's, as it is now, at the layout of the training
};
/// In the device's noise the model is trained as it runs there (PlacedQnn).
/// By TrainingOptions: steps of an optimizer or a minimiser of all data, with exact gradients or
/// those of shots. `validation` is what early stopping looks at; both hold raw features. `from` is
/// a state to go on from, and `after_step` sees every state. With ClusterNoise a model is trained
/// for each cluster, which nothing can go on from, and the result is that of the one for the
/// device's last state. Of a regression the result's loss and parameters are those of scaled
/// targets (TargetScale), the model is in their units.
TrainingOutcome train_model(const TrainingSetting& setting, const Dataset& data,
                            const std::optional<Dataset>& validation, const Progress& progress,
                            std::optional<TrainingState> from = {},
                            const std::function<void(const TrainingState&)>& after_step = {});

/// Throws InputError naming both files when the data have another number of features than the model
/// takes.
void require_fitting(const TrainedModel& model, const std::string& model_file, const Dataset& data,
                     const std::string& data_file);

/// The samples as the CSV that read_dataset_csv reads, figures to the last bit: what a run file
/// keeps of the data its shots belong to.
std::string as_csv(const Dataset& data);

/// The samples that a model is asked about: with its classes, or targets.
Dataset samples_for(const TrainedModel& model, const LabelledSamples& samples);

/// What the model says without any noise, n_outputs x n_samples of `data` (raw features).
arma::mat noiseless_outputs(const TrainedModel& model, const Dataset& data);

/// The name of each sample's class.
std::vector<std::string> names_of(const std::vector<int>& classes,
                                  const std::vector<std::string>& class_names);

/// What one strategy made of a model on a device.
struct StrategyEvaluation {
  std::string strategy;
  Estimate score;     ///< score_of
  arma::mat outputs;  ///< n_outputs x n_samples
  /// Mean over samples and observables of |<Z> estimated - <Z> without noise|; its error is over
  /// samples.
  Estimate expectation_error;
  arma::vec expectation_error_by_sample;  ///< mean over observables
};

/// Runs every sample of `data` (raw features) on the simulated device, where the model is placed
/// (PlacedQnn), under each strategy at `shots` a sample. Strategies that run the same circuits
/// share their shots. When `run` is given, every shot goes into it as shots/<model>/<circuit> (raw,
/// zne-scale-3, …), sample after sample.
std::vector<StrategyEvaluation> evaluate_strategies(const TrainedModel& model, const Dataset& data,
                                                    const Device& device,
                                                    const std::vector<Strategy>& strategies,
                                                    std::uint64_t shots, std::uint64_t seed,
                                                    RunWriter* run, const Progress& progress);

/// raw, readout, zne and readout+zne: inversion inside, straight-line extrapolation outside.
std::vector<Strategy> demo_strategies();

/// Mean of a - b over samples with its standard error: what a paired comparison rests on.
Estimate paired_difference(const arma::vec& a, const arma::vec& b);
/// 1 where the prediction is right, else 0.
arma::vec correctness(const std::vector<int>& predictions, const std::vector<int>& labels);

/// Exact score (no shots, see score_of) of each model on each state of the series, and the mean
/// absolute bias of <Z> that readout inversion leaves when it keeps using the first state's readout
/// calibration.
/// A model that was not trained at this layout is placed there in the first state.
DriftStudy study_models(const std::vector<TrainedModel>& models, const Dataset& data,
                        const CalibrationSeries& series, const Layout& layout, NoisePolicy policy,
                        const Progress& progress);

}  // namespace rhodrift::cli
