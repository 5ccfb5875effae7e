#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/report/format_estimate.hpp>

#include "cli/classification.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string model;
  std::string data;
  std::string calibration;
  std::vector<int> qubits;
  std::string policy = "aer";
  std::string readout = "none";
  std::string extrapolation;
  std::uint64_t shots = 4096;
  std::uint64_t seed = 1;
  bool json = false;
};

struct Prediction {
  std::vector<int> classes;
  Estimate accuracy;
};

Prediction noiseless(const TrainedModel& model, const Dataset& data) {
  std::vector<int> classes = predict_noiseless(model, data);
  const Estimate share = accuracy(classes, data.labels);
  return {std::move(classes), share};
}

Prediction on_noisy_device(const Options& options, const TrainedModel& model, const Dataset& data) {
  DeviceSetting device{read_calibration(options.calibration), options.qubits,
                       parse_noise_policy(options.policy)};
  if (device.layout.empty()) {
    if (!model.training.device)
      throw InputError("--qubits", "", "is needed: the model was not trained on a device's qubits");
    device.layout = model.training.device->qubits;
  }
  Strategy strategy{"predict", parse_readout_method(options.readout)};
  if (!options.extrapolation.empty())
    strategy.extrapolation = parse_extrapolation(options.extrapolation);
  StrategyEvaluation evaluation =
      evaluate_strategies(model, data, device, {strategy}, options.shots, options.seed, nullptr, {})
          .front();
  return {std::move(evaluation.predictions), evaluation.accuracy};
}

void predict_labels(const Options& options) {
  const TrainedModel model = read_model(options.model);
  const Dataset data = read_dataset_csv(options.data, model.class_names);
  const Prediction prediction =
      options.calibration.empty() ? noiseless(model, data) : on_noisy_device(options, model, data);
  Json labels = Json::array();
  std::string text;
  for (const int k : prediction.classes) {
    labels.push_back(model.class_names[static_cast<std::size_t>(k)]);
    text += model.class_names[static_cast<std::size_t>(k)] + "\n";
  }
  if (options.json)
    print(Json{{"predictions", labels}, {"accuracy", to_json(prediction.accuracy)}});
  else
    print(text + fmt::format("accuracy {}\n", with_interval(prediction.accuracy)));
}

}  // namespace

void add_predict(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "predict", "Classify samples with a trained model, noiseless or on a recorded device");
  auto options = std::make_shared<Options>();
  verb->add_option("model", options->model, "Model file of 'rhodrift train'")->required();
  verb->add_option("data", options->data, "CSV of labelled samples")->required();
  verb->add_option("--calibration", options->calibration,
                   "Run on this device; without it there is no noise");
  verb->add_option("--qubits", options->qubits, "Device qubits; by default the model's")
      ->delimiter(',');
  verb->add_option("--policy", options->policy, "aer or ideal")->capture_default_str();
  verb->add_option("--readout", options->readout, "none, inversion or least-squares")
      ->capture_default_str();
  verb->add_option("--zne", options->extrapolation, "linear or richardson; none without it");
  verb->add_option("--shots", options->shots, "Shots a sample")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed of the shots")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift predict model.json test.csv --calibration belem.json");
  verb->callback([options] { predict_labels(*options); });
}

}  // namespace rhodrift::cli
