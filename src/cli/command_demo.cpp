#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>
#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/data_directory.hpp"
#include "cli/device_setting.hpp"
#include "cli/drift_output.hpp"
#include "cli/model_evaluation.hpp"
#include "cli/model_training.hpp"
#include "cli/run_info.hpp"
#include "cli/scores.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  // Without calibration: the first state of the series. Policy aer, under which the figures of
  // README.md and docs/validation.md were made.
  DeviceOptions device{.calibration = {}, .policy = "aer", .layout = {}};
  std::string series;  // empty: the melbourne series, unless a calibration is given
  LearningTask task{
      .data = "digits_4x4", .classes = {}, .ansatz = {HardwareEfficient{.layers = 8}}};
  TrainingOptions training{.epochs = 25, .batch_size = 32, .optimizer = {.learning_rate = 0.03}};
  std::uint64_t shots = 4096;
  std::string output = "rhodrift-demo.h5";
  bool json = false;
};

struct Evaluated {
  TrainingOutcome trained;
  Estimate noiseless;  // accuracy
  std::vector<StrategyEvaluation> strategies;
};

struct Demo {
  std::optional<CalibrationSeries> series;
  Device device;
  Split data;
  std::vector<Evaluated> models;  // noise-free, noise-aware
  std::optional<DriftStudy> drift;
};

std::optional<CalibrationSeries> choose_series(const Options& options) {
  if (!options.series.empty()) return read_calibration_series(options.series);
  if (!options.device.calibration.empty()) return std::nullopt;
  return read_calibration_series(data_directory() / "calibrations/series/ibmq_16_melbourne.json");
}

/// In the first state of the series unless a calibration is given.
Device choose_device(const Options& options, const std::optional<CalibrationSeries>& series) {
  const Calibration calibration = options.device.calibration.empty()
                                      ? series->states.at(0)
                                      : read_calibration(options.device.calibration);
  if (series && series->device != calibration.device)
    throw InputError(
        "--series", "",
        fmt::format("is of {}, the calibration is of {}", series->device, calibration.device));
  return {calibration,
          options.device.layout.empty() ? best_path(calibration, options.task.n_qubits)
                                        : options.device.layout,
          parse_noise_policy(options.device.policy)};
}

std::vector<NamedEstimate> result_rows(const Demo& demo) {
  std::vector<NamedEstimate> rows;
  for (const auto& [trained, noiseless, strategies] : demo.models) {
    rows.push_back({trained.model.name + "/noiseless/accuracy", noiseless});
    for (const StrategyEvaluation& evaluation : strategies) {
      const std::string name = trained.model.name + "/" + evaluation.strategy;
      rows.push_back({name + "/accuracy", evaluation.score});
      rows.push_back({name + "/expectation-error", evaluation.expectation_error});
    }
  }
  return rows;
}

// The comparisons the table is about, each sample against itself.
std::vector<NamedEstimate> comparisons(const Demo& demo) {
  const auto& labels = demo.data.test.labels;
  const auto& free = demo.models[0].strategies;
  const auto& aware = demo.models[1].strategies;
  std::vector<NamedEstimate> rows;
  rows.push_back({"accuracy, noise-aware - noise-free, raw",
                  paired_difference(correctness(predicted_classes(aware[0].outputs), labels),
                                    correctness(predicted_classes(free[0].outputs), labels))});
  for (const auto& [trained, noiseless, strategies] : demo.models)
    for (std::size_t s = 1; s < strategies.size(); ++s)
      rows.push_back(
          {fmt::format("|error of <Z>|, {} - raw, {}", strategies[s].strategy, trained.model.name),
           paired_difference(strategies[s].expectation_error_by_sample,
                             strategies[0].expectation_error_by_sample)});
  return rows;
}

// Trains one model, runs it on the device, and puts both into the run file.
Evaluated evaluate(const Options& options, const Demo& demo, const std::string& name,
                   const TrainingNoise& noise, RunWriter& writer) {
  const auto trained = [&] {
    ProgressBar bar("training " + name);
    const DeviceHistory now{{demo.device.model}, demo.device.layout};
    return train_model({name, options.task, noise, now, options.training}, demo.data.train,
                       std::nullopt, std::ref(bar));
  }();
  const auto& [model, result, device] = trained;
  ProgressBar bar("running " + name);
  std::vector<StrategyEvaluation> strategies =
      evaluate_strategies(model, demo.data.test, *device, demo_strategies(), options.shots,
                          options.training.seed, &writer, std::ref(bar));
  const PlacedQnn placed = place(model, device->calibration(), device->layout);
  writer.write_circuit(name, on_device(placed.network.circuit, {device->model, placed.layout}));
  writer.write_training(
      name, {result.parameters_by_step, result.parameters.weights.n_elem, result.history});
  writer.write_text("model-" + name, rhodrift::to_json(model));
  const Estimate noiseless = score_of(noiseless_outputs(model, demo.data.test), demo.data.test);
  return {trained, noiseless, std::move(strategies)};
}

void run(const Options& options, const std::string& command_line, Demo& demo) {
  RunWriter writer(options.output, run_info(options.training.seed, command_line));
  demo.data = options.task.load();
  writer.write_calibration(demo.device.calibration());
  writer.write_text("test-data", as_csv(demo.data.test));
  demo.models.push_back(evaluate(options, demo, "noise-free", NoNoise{}, writer));
  demo.models.push_back(evaluate(options, demo, "noise-aware", ExactNoise{}, writer));
  writer.write_estimates("results", result_rows(demo));
  writer.write_estimates("comparisons", comparisons(demo));
  if (demo.series) {
    ProgressBar bar("following the drift");
    demo.drift =
        study_models({demo.models[0].trained.model, demo.models[1].trained.model}, demo.data.test,
                     *demo.series, demo.device.layout, demo.device.policy(), std::ref(bar));
    writer.write_calibration_series(*demo.series);
    writer.write_drift_study(*demo.drift);
  }
  writer.commit();
}

std::string as_text(const Options& options, const Demo& demo) {
  const Calibration& calibration = demo.device.calibration();
  std::string text = fmt::format(
      "{} as recorded {}, qubits {}; {} ({} classes), {} training and {} test samples, {} shots a "
      "sample\n\n",
      calibration.device, to_iso8601(calibration.timestamp), fmt::join(demo.device.layout, "-"),
      demo.data.test.name, demo.data.test.n_classes(), demo.data.train.n_samples(),
      demo.data.test.n_samples(), options.shots);
  TextTable table(
      {"trained", "read", "accuracy [95% interval]", "mean |error of ⟨Z⟩| ± std. error"});
  for (const auto& [trained, noiseless, strategies] : demo.models) {
    if (&trained != &demo.models.front().trained) table.add_rule();
    table.add_row({trained.model.name, "without noise", with_interval(noiseless), "–"});
    for (const StrategyEvaluation& evaluation : strategies)
      table.add_row({trained.model.name, evaluation.strategy, with_interval(evaluation.score),
                     with_std_error(evaluation.expectation_error)});
  }
  text += table.to_string() + "\nEach sample against itself (difference ± std. error):\n";
  for (const NamedEstimate& row : comparisons(demo))
    text += fmt::format("  {:<50} {:+.4f} ± {:.4f}\n", row.name, row.estimate.value,
                        row.estimate.std_error);
  if (demo.drift) text += "\n" + drift_text(*demo.drift);
  return text + fmt::format("\nThe run is in {}\n", options.output);
}

Json as_json(const Options& options, const Demo& demo) {
  Json result{{"device", demo.device.calibration().device},
              {"timestamp", to_iso8601(demo.device.calibration().timestamp)},
              {"qubits", demo.device.layout},
              {"test_samples", demo.data.test.n_samples()},
              {"results", Json::object()},
              {"comparisons", Json::object()}};
  for (const NamedEstimate& row : result_rows(demo))
    result["results"][row.name] = to_json(row.estimate);
  for (const NamedEstimate& row : comparisons(demo))
    result["comparisons"][row.name] = to_json(row.estimate);
  if (demo.drift) result["drift"] = to_json(*demo.drift);
  result["run_file"] = options.output;
  return result;
}

void demonstrate(const Options& options, const std::string& command_line) {
  const std::optional<CalibrationSeries> series = choose_series(options);
  Demo demo{series, choose_device(options, series), {}, {}, {}};
  run(options, command_line, demo);
  if (options.json)
    print(as_json(options, demo));
  else
    print(as_text(options, demo));
}

}  // namespace

void add_demo(CLI::App& program, const std::string& command_line) {
  CLI::App* verb = program.add_subcommand(
      "demo", "Train a classifier noise-free and noise-aware, run both on the noisy device");
  auto options = std::make_shared<Options>();
  verb->add_option("--calibration", options->device.calibration,
                   "Snapshot to train and run on; by default the first state of the series");
  verb->add_option("--series", options->series,
                   "Series to follow the models over; by default ibmq_16_melbourne's, or none when "
                   "a calibration is given");
  options->device.add_policy_and_layout(*verb, "the chain with the smallest reported errors");
  verb->add_option("--classes", options->task.classes,
                   "Digits to tell apart, e.g. 0,1,2,3; all ten by default")
      ->delimiter(',');
  verb->add_option("--layers", std::get<HardwareEfficient>(options->task.ansatz.form).layers,
                   "Layers of the hardware-efficient ansatz")
      ->check(whole_number(0, 1000))
      ->capture_default_str();
  verb->add_option("--epochs", options->training.epochs, "Training epochs")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  verb->add_option("--shots", options->shots, "Shots a sample")
      ->check(whole_number(1, max_shots))
      ->capture_default_str();
  verb->add_option("--seed", options->training.seed, "Seed of training and shots")
      ->check(whole_number(0, max_seed))
      ->capture_default_str();
  verb->add_option("-o,--output", options->output, "Run file to write")->capture_default_str();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift demo --calibration data/calibrations/belem.json");
  verb->callback([options, command_line] { demonstrate(*options, command_line); });
}

}  // namespace rhodrift::cli
