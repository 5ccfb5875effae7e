#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "cli/commands.hpp"
#include "cli/device_setting.hpp"
#include "cli/drift_output.hpp"
#include "cli/learning_task.hpp"
#include "cli/model_evaluation.hpp"
#include "cli/run_info.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::vector<std::string> models;
  std::string data;
  std::string series;
  DeviceOptions device;  // of every state
  std::string output;
  bool json = false;
};

// The qubits that were given, else those the first device-trained model was trained on.
Layout layout_of(const Options& options, const std::vector<TrainedModel>& models) {
  if (!options.device.layout.empty()) return options.device.layout;
  for (const TrainedModel& model : models)
    if (model.training.device) return model.training.device->qubits;
  throw InputError("--layout", "",
                   "is needed: none of the models was trained on a device's qubits");
}

void study(const Options& options, const std::string& command_line) {
  std::vector<TrainedModel> models;
  for (const std::string& path : options.models) models.push_back(read_model(path));
  const Dataset data = samples_for(models.front(), load_samples(options.data));
  for (std::size_t m = 0; m < models.size(); ++m) {
    require_fitting(models[m], options.models[m], data, options.data);
    require_same_outputs(models[m], options.models[m], models[0], options.models[0]);
    for (std::size_t earlier = 0; earlier < m; ++earlier)
      if (models[earlier].name == models[m].name)
        throw InputError(options.models[m], "/name",
                         "'" + models[m].name + "' is also that of " + options.models[earlier]);
  }
  const CalibrationSeries series = read_calibration_series(options.series);
  std::optional<RunWriter> writer;
  if (!options.output.empty()) writer.emplace(options.output, run_info(0, command_line));
  ProgressBar bar("following the drift");
  const DriftStudy result = study_models(models, data, series, layout_of(options, models),
                                         parse_noise_policy(options.device.policy), std::ref(bar));
  if (writer) {
    for (const TrainedModel& model : models)
      writer->write_text("model-" + model.name, rhodrift::to_json(model));
    writer->write_text("test-data", as_csv(data));
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
  verb->add_option("--data", options->data, "Labelled samples, see docs/formats/data.md")
      ->required();
  verb->add_option("--series", options->series, "Calibration series")->required();
  options->device.add_policy_and_layout(*verb, "those the first device-trained model names");
  verb->add_option("-o,--output", options->output, "Run file to write");
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer(
      "Example: rhodrift drift study model.json --data test.csv --series ibmq_16_melbourne.json");
  verb->callback([options, command_line] { study(*options, command_line); });
}

}  // namespace rhodrift::cli
