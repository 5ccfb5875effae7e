#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>
#include <rhodrift/report/format_estimate.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/device_setting.hpp"
#include "cli/learning_task.hpp"
#include "cli/model_evaluation.hpp"
#include "cli/output.hpp"
#include "cli/scores.hpp"
#include "cli/strategy_options.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string model;
  std::string data;
  DeviceOptions device;
  StrategyOptions strategy;
  std::uint64_t shots = 4096;
  std::uint64_t seed = 1;
  bool json = false;
};

struct Prediction {
  arma::mat outputs;
  Estimate score;
  std::optional<ModelChoice> choice = std::nullopt;  // of the model's repository
};

Prediction noiseless(const TrainedModel& model, const Dataset& data) {
  arma::mat outputs = noiseless_outputs(model, data);
  const Estimate score = score_of(outputs, data);
  return {std::move(outputs), score};
}

Prediction on_noisy_device(const Options& options, const TrainedModel& model, const Dataset& data) {
  if (options.device.layout.empty() && !model.training.device)
    throw InputError("--layout", "", "is needed: the model was not trained on a device's qubits");
  const Device device =
      options.device.read(model.network.circuit.n_qubits(),
                          model.training.device ? model.training.device->qubits : Layout{});
  ProgressBar bar("running " + model.name);
  const Strategy strategy = options.strategy.parse();
  StrategyEvaluation evaluation =
      evaluate_strategies(model_for(model, device.calibration()), data, device, {strategy},
                          options.shots, options.seed, nullptr, std::ref(bar))
          .front();
  Prediction prediction{std::move(evaluation.outputs), evaluation.score};
  if (model.repository) prediction.choice = choose_model(*model.repository, device.calibration());
  return prediction;
}

Json choice_json(const ModelChoice& choice, const ModelRepository& repository) {
  const ModelRepository::Entry& entry = repository.entries[choice.entry];
  return {{"calibration_time", to_iso8601(entry.calibration_time)},
          {"distance", choice.distance},
          {"reach", repository.reach}};
}

std::string choice_text(const ModelChoice& choice, const ModelRepository& repository) {
  std::string text =
      fmt::format("model {} of {}, trained in the state of {}: the device is {:.3g} from it\n",
                  choice.entry + 1, repository.entries.size(),
                  to_iso8601(repository.entries[choice.entry].calibration_time), choice.distance);
  if (choice.distance > repository.reach)
    text += fmt::format(
        "warning: no state of the training was further than {:.3g}; train again with newer ones\n",
        repository.reach);
  return text;
}

void predict_labels(const Options& options) {
  const TrainedModel model = read_model(options.model);
  const Dataset data = samples_for(model, load_samples(options.data));
  require_fitting(model, options.model, data, options.data);
  const Prediction prediction = options.device.calibration.empty()
                                    ? noiseless(model, data)
                                    : on_noisy_device(options, model, data);
  const Json said_of_each = said(prediction.outputs, data);
  if (options.json) {
    Json result{{"predictions", said_of_each},
                {data.is_regression() ? "scores" : "accuracy",
                 score_json(prediction.score, prediction.outputs, data)}};
    if (prediction.choice) result["chosen"] = choice_json(*prediction.choice, *model.repository);
    print(result);
    return;
  }
  std::string text;
  for (const Json& one : said_of_each)
    text += (one.is_string() ? one.get<std::string>() : one.dump()) + "\n";
  print(text + fmt::format("{} {}\n", score_name(data), with_interval(prediction.score)));
  if (prediction.choice) print(choice_text(*prediction.choice, *model.repository));
}

}  // namespace

void add_predict(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "predict", "Apply a trained model to samples, noiseless or on a recorded device");
  auto options = std::make_shared<Options>();
  verb->add_option("model", options->model, "Model file of 'rhodrift train'")->required();
  verb->add_option("data", options->data, "Labelled samples, see docs/formats/data.md")->required();
  verb->add_option("--calibration", options->device.calibration,
                   "Run on this device; without it there is no noise");
  options->device.add_policy_and_layout(*verb, "those the model was trained on");
  options->strategy.add_to(*verb);
  verb->add_option("--shots", options->shots, "Shots a sample")
      ->check(whole_number(1, max_shots))
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed of the shots")
      ->check(whole_number(0, max_seed))
      ->capture_default_str();
  for (const char* name : {"--policy", "--layout", "--strategy", "--readout", "--zne"})
    verb->get_option(name)->needs(verb->get_option("--calibration"));
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift predict model.json test.csv --calibration belem.json");
  verb->callback([options] { predict_labels(*options); });
}

}  // namespace rhodrift::cli
