#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "cli/classification.hpp"
#include "cli/commands.hpp"
#include "cli/drift_output.hpp"
#include "cli/run_info.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::vector<std::string> models;
  std::string data;
  std::string series;
  std::vector<int> qubits;
  std::string policy = "aer";
  std::string output;
  bool json = false;
};

// The qubits that were given, else those the first device-trained model was trained on.
Layout layout_of(const Options& options, const std::vector<TrainedModel>& models) {
  if (!options.qubits.empty()) return options.qubits;
  for (const TrainedModel& model : models)
    if (model.training.device) return model.training.device->qubits;
  throw InputError("--qubits", "",
                   "is needed: none of the models was trained on a device's qubits");
}

void study(const Options& options, const std::string& command_line) {
  std::vector<TrainedModel> models;
  for (const std::string& path : options.models) models.push_back(read_model(path));
  const Dataset data = read_dataset_csv(options.data, models.front().class_names);
  const CalibrationSeries series = read_calibration_series(options.series);
  std::optional<RunWriter> writer;
  if (!options.output.empty()) writer.emplace(options.output, run_info(0, command_line));
  ProgressBar bar("following the drift");
  const DriftStudy result = study_models(models, data, series, layout_of(options, models),
                                         parse_noise_policy(options.policy), std::ref(bar));
  if (writer) {
    for (const TrainedModel& model : models)
      writer->write_text("model-" + model.name, rhodrift::to_json(model));
    writer->write_calibration_series(series);
    writer->write_drift_study(result);
    writer->commit();
  }
  if (options.json)
    print(to_json(result));
  else
    print(drift_text(result));
}

}  // namespace

void add_drift(CLI::App& program, const std::string& command_line) {
  CLI::App* drift = program.add_subcommand("drift", "What a changing calibration does");
  drift->require_subcommand(1);
  CLI::App* verb = drift->add_subcommand(
      "study",
      "Exact accuracy of trained models, and the bias of a readout mitigation that is never\n"
      "recalibrated, over all states of a series");
  auto options = std::make_shared<Options>();
  verb->add_option("models", options->models, "Model files of 'rhodrift train'")->required();
  verb->add_option("--data", options->data, "CSV of labelled samples")->required();
  verb->add_option("--series", options->series, "Calibration series")->required();
  verb->add_option("--qubits", options->qubits,
                   "Device qubits; by default those the first device-trained model names")
      ->delimiter(',');
  verb->add_option("--policy", options->policy, "aer or ideal")->capture_default_str();
  verb->add_option("-o,--output", options->output, "Run file to write");
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer(
      "Example: rhodrift drift study model.json --data test.csv --series ibmq_16_melbourne.json");
  verb->callback([options, command_line] { study(*options, command_line); });
}

}  // namespace rhodrift::cli
