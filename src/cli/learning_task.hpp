#pragma once

#include <string>
#include <vector>

#include <rhodrift/store/dataset_file.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/head.hpp>
#include <rhodrift/train/model_file.hpp>
#include <rhodrift/train/preprocessing.hpp>
#include <rhodrift/train/qnn.hpp>

/// What is to be learnt: data by name or from files, and the model of them.
namespace rhodrift::cli {

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
  /// The steps of the preprocessing, fitted to n_features x n_samples of training data.
  Preprocessing fitted_preprocessing(const arma::mat& features) const;
  /// The encoding of so many features, the ansatz, and what is read from its output qubits.
  Qnn network(int n_features, std::size_t n_outputs) const;
};

/// The samples that a model is asked about: with its classes, or targets.
Dataset samples_for(const TrainedModel& model, const LabelledSamples& samples);

/// Throws InputError naming both files when the data have another number of features than the model
/// takes.
void require_fitting(const TrainedModel& model, const std::string& model_file, const Dataset& data,
                     const std::string& data_file);
/// Throws InputError naming the model's file unless it tells the classes, or targets, that the
/// first one does, in their order.
void require_same_outputs(const TrainedModel& model, const std::string& model_file,
                          const TrainedModel& first, const std::string& first_file);

/// The samples as the CSV that read_dataset_csv reads, figures to the last bit: what a run file
/// keeps of the data its shots belong to.
std::string as_csv(const Dataset& data);

/// The name of each sample's class.
std::vector<std::string> names_of(const std::vector<int>& classes,
                                  const std::vector<std::string>& class_names);

}  // namespace rhodrift::cli
