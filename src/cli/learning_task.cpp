#include "cli/learning_task.hpp"

#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/synthetic_data.hpp>

#include "cli/data_directory.hpp"

namespace rhodrift::cli {

bool is_data_name(const std::string& data) {
  return is_synthetic(data) || data.find_first_of("./") == std::string::npos;
}

LabelledSamples load_samples(const std::string& data) {
  if (is_synthetic(data) || !is_data_name(data)) return read_samples(data);
  const std::filesystem::path directory = data_directory() / "datasets";
  const std::filesystem::path file = directory / (data + ".csv");
  if (std::filesystem::exists(file)) return read_csv_samples(file);
  std::set<std::string> names{"moons", "circles", "blobs", "sine", "friedman1"};
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".csv") names.insert(entry.path().stem().string());
  throw InputError(
      data, "",
      fmt::format("no data have this name; there are {}, and files by their names with "
                  "extension",
                  fmt::join(names, ", ")));
}

Task parse_task(const std::string& text) {
  if (text == "classification") return Task::classification;
  if (text == "regression") return Task::regression;
  throw InputError("task", text, "is unknown; known are classification and regression");
}

Dataset dataset_of(const LabelledSamples& samples, Task task,
                   const std::vector<std::string>& classes) {
  return task == Task::regression ? as_regression(samples) : select_classes(samples, classes);
}

Split LearningTask::load() const {
  return split(dataset_of(load_samples(data), kind, classes), test_share, split_seed);
}

Preprocessing LearningTask::fitted_preprocessing(const arma::mat& features) const {
  std::vector<PreprocessingStep> steps;
  for (const std::string& step : preprocessing) steps.push_back(parse_preprocessing_step(step));
  return fit_preprocessing(steps, features);
}

Qnn LearningTask::network(int n_features, std::size_t n_outputs) const {
  Qnn network{Encoder(encoding, n_qubits, n_features).before(ansatz_circuit(ansatz, n_qubits)),
              head.on(output_qubits(ansatz, n_qubits)), static_cast<int>(n_outputs),
              post_measurement};
  network.validate();
  return network;
}

Dataset samples_for(const TrainedModel& model, const LabelledSamples& samples) {
  return model.is_regressor() ? as_regression(samples)
                              : number_by_classes(samples, model.class_names);
}

void require_fitting(const TrainedModel& model, const std::string& model_file, const Dataset& data,
                     const std::string& data_file) {
  if (data.features.n_rows != model.n_features())
    throw InputError(data_file, "",
                     fmt::format("has {} features, the model {} takes {}", data.features.n_rows,
                                 model_file, model.n_features()));
}

void require_same_outputs(const TrainedModel& model, const std::string& model_file,
                          const TrainedModel& first, const std::string& first_file) {
  if (model.class_names != first.class_names || model.target_names != first.target_names)
    throw InputError(model_file, model.is_regressor() ? "/target_names" : "/class_names",
                     "are not those of " + first_file + ", in the same order");
}

std::string as_csv(const Dataset& data) {
  std::string text;
  for (arma::uword f = 0; f < data.features.n_rows; ++f) text += fmt::format("f{},", f);
  text += "label\n";
  for (std::size_t b = 0; b < data.n_samples(); ++b) {
    for (const double value : data.features.col(b)) text += fmt::format("{},", value);
    text += data.is_regression()
                ? fmt::format("{}\n", data.targets(0, b))
                : data.class_names[static_cast<std::size_t>(data.labels[b])] + "\n";
  }
  return text;
}

std::vector<std::string> names_of(const std::vector<int>& classes,
                                  const std::vector<std::string>& class_names) {
  std::vector<std::string> names;
  for (const int k : classes) names.push_back(class_names[static_cast<std::size_t>(k)]);
  return names;
}

}  // namespace rhodrift::cli
