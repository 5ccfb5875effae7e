#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run_info.hpp"
#include "cli/train_config.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string config;
  std::string output;
  std::string run_file;
  bool json = false;
};

void train_from_config(const Options& options, const std::string& command_line) {
  if (options.output == options.config || options.output == options.run_file)
    throw InputError("--output", options.output, "is also the configuration or the run file");
  const TrainConfig config = read_train_config(options.config);
  const PendingFile can_be_written(options.output);  // or fail before the work, not after
  const Split data = naming(options.config, [&] { return config.task.load(); });
  std::optional<RunWriter> writer;
  if (!options.run_file.empty())
    writer.emplace(options.run_file, run_info(config.training.seed, command_line));
  ProgressBar bar("training " + config.name);
  const TrainingOutcome trained = naming(options.config, [&] {
    return train_classifier(config.name, config.task, data.train,
                            config.noise_aware ? config.device : std::nullopt, config.training,
                            std::ref(bar));
  });
  const auto& [model, result] = trained;

  const Estimate noiseless = accuracy(predict_noiseless(model, data.test), data.test.labels);
  std::optional<Estimate> on_noisy_device;
  if (config.device)
    on_noisy_device =
        evaluate_strategies(model, data.test, *config.device, {{"raw"}}, config.test_shots,
                            config.training.seed, writer ? &*writer : nullptr, std::ref(bar))
            .front()
            .accuracy;
  write_model(model, options.output);
  if (writer) {
    writer->write_text("test-data", as_csv(data.test));
    writer->write_circuit(model.name, model.network.circuit);
    if (config.device) writer->write_calibration(config.device->calibration());
    writer->write_training(
        model.name, {result.parameters_by_step, result.parameters.weights.n_elem, result.history});
    std::vector<NamedEstimate> rows{{model.name + "/noiseless/accuracy", noiseless}};
    if (on_noisy_device) rows.push_back({model.name + "/raw/accuracy", *on_noisy_device});
    writer->write_estimates("results", rows);
    writer->write_text("model-" + model.name, rhodrift::to_json(model));
    writer->commit();
  }

  if (options.json) {
    Json summary{{"model", options.output},
                 {"final_loss", result.final_loss},
                 {"training_samples", data.train.n_samples()},
                 {"test_samples", data.test.n_samples()},
                 {"noiseless_accuracy", to_json(noiseless)}};
    if (on_noisy_device) summary["device_accuracy"] = to_json(*on_noisy_device);
    print(summary);
    return;
  }
  std::string text = fmt::format("{}: {} steps, final loss {:.4f}\n", model.name,
                                 result.history.size(), result.final_loss);
  text += fmt::format("  accuracy on {} test samples, noiseless: {}\n", data.test.n_samples(),
                      with_interval(noiseless));
  if (on_noisy_device)
    text += fmt::format("  accuracy on {} qubits {}, {} shots a sample: {}\n",
                        config.device->calibration().device, fmt::join(config.device->layout, "-"),
                        config.test_shots, with_interval(*on_noisy_device));
  print(text + fmt::format("  model in {}\n", options.output));
}

}  // namespace

void add_train(CLI::App& program, const std::string& command_line) {
  CLI::App* verb = program.add_subcommand("train", "Train a QNN from a TOML configuration");
  auto options = std::make_shared<Options>();
  verb->add_option("config", options->config, "TOML file, see docs/formats/train-config.md")
      ->required();
  verb->add_option("-o,--output", options->output, "Model file to write")->required();
  verb->add_option("--run", options->run_file, "Run file (HDF5) to write");
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift train digits.toml -o model.json");
  verb->callback([options, command_line] { train_from_config(*options, command_line); });
}

}  // namespace rhodrift::cli
