#include <filesystem>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/core/hash.hpp>
#include <rhodrift/report/text_table.hpp>
#include <rhodrift/store/checkpoint.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/model_evaluation.hpp"
#include "cli/output.hpp"
#include "cli/run_info.hpp"
#include "cli/score_table.hpp"
#include "cli/scores.hpp"
#include "cli/train_config.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string config;
  std::string output;
  std::string run_file;
  std::uint64_t checkpoint_every = 0;
  bool resume = false;
  bool json = false;

  std::filesystem::path checkpoint() const { return output + ".checkpoint"; }
};

/// Two runs of the same identity take the same steps.
std::string identity_of(const Options& options, const TrainConfig& config,
                        const TrainConfig::Data& data) {
  std::string all = read_file(options.config) + as_csv(data.train);
  if (data.validation) all += as_csv(*data.validation);
  if (config.setting.device)
    for (const NoiseModel& state : config.setting.device->states)
      all += content_hash(state.calibration());
  return sha256_hex(all);
}

/// Trains with the checkpoints that are asked for; the last one goes when the run is at its end.
TrainingOutcome train_with_checkpoints(const Options& options, const std::string& command_line,
                                       const TrainConfig& config, const TrainConfig::Data& data,
                                       const Progress& progress) {
  const TrainingSetting& setting = config.setting;
  if (std::holds_alternative<ClusterNoise>(setting.noise) &&
      (options.resume || options.checkpoint_every > 0))
    throw InputError(
        options.config, "training.noise",
        fmt::format("is {}, whose several models have no checkpoint", to_string(setting.noise)));
  const auto info = [&] { return run_info(setting.options.seed, command_line); };
  CheckpointRun run{setting.name, identity_of(options, config, data), 0};
  std::optional<TrainingState> from;
  if (options.resume) from = read_checkpoint(options.checkpoint(), run);
  const auto after_step = [&](const TrainingState& state) {
    if (options.checkpoint_every > 0 && state.n_steps() % options.checkpoint_every == 0)
      write_checkpoint(options.checkpoint(), info(), run, state);
  };
  return naming(options.config, [&] {
    return train_model(setting, data.train, data.validation, progress, std::move(from), after_step);
  });
}

std::string repository_text(const std::optional<ModelRepository>& repository) {
  if (!repository) return "";
  TextTable table({"model for the state of", "and states like it", "final loss"});
  for (const ModelRepository::Entry& entry : repository->entries)
    table.add_row({to_iso8601(entry.calibration_time), std::to_string(entry.n_states - 1),
                   fmt::format("{:.4f}", entry.final_loss)});
  return table.to_string();
}

void train_from_config(const Options& options, const std::string& command_line) {
  if (options.output == options.config || options.output == options.run_file)
    throw InputError("--output", options.output, "is also the configuration or the run file");
  const TrainConfig config = read_train_config(options.config);
  const TrainingSetting& setting = config.setting;
  const PendingFile can_be_written(options.output);  // or fail before the work, not after
  const TrainConfig::Data data = naming(options.config, [&] { return config.load(); });
  std::optional<RunWriter> writer;
  if (!options.run_file.empty())
    writer.emplace(options.run_file, run_info(setting.options.seed, command_line));
  ProgressBar bar("training " + setting.name);
  const auto [model, result, device] =
      train_with_checkpoints(options, command_line, config, data, std::ref(bar));

  std::vector<Tested> tested{{model.name, "without noise", noiseless_outputs(model, data.test)}};
  if (device) {
    StrategyEvaluation raw =
        evaluate_strategies(model, data.test, *device, {{"raw"}}, config.test_shots,
                            setting.options.seed, writer ? &*writer : nullptr, std::ref(bar))
            .front();
    tested.push_back({model.name, "on " + place_name(*device), std::move(raw.outputs), raw.score});
  }
  ScoreTable table(std::move(tested), data.train, data.test);
  table.add_ensemble();
  const std::vector<Tested>& rows = table.rows();

  write_model(model, options.output);
  if (writer) {
    writer->write_text("test-data", as_csv(data.test));
    writer->write_circuit(model.name, model.network.circuit);
    if (device) writer->write_calibration(device->calibration());
    writer->write_training(
        model.name, {result.parameters_by_step, result.parameters.weights.n_elem, result.history});
    const std::string score = "/" + score_name(data.test);
    std::vector<NamedEstimate> results{{model.name + "/noiseless" + score, *rows[0].score}};
    if (device) results.push_back({model.name + "/raw" + score, *rows[1].score});
    for (const Tested& row : rows)
      if (row.where.empty()) results.push_back({row.name + score, *row.score});
    writer->write_estimates("results", results);
    writer->write_text("model-" + model.name, rhodrift::to_json(model));
    writer->commit();
  }
  std::filesystem::remove(options.checkpoint());  // what it was for is done

  if (options.json) {
    Json summary{{"model", options.output},
                 {"final_loss", result.final_loss},
                 {"steps", result.history.size()},
                 {"training_shots", result.shots},
                 {"training_samples", data.train.n_samples()},
                 {"test_samples", data.test.n_samples()}};
    const auto scores = [&](const Tested& row) {
      return score_json(*row.score, row.outputs, data.test);
    };
    const std::string key = data.test.is_regression() ? "scores" : "accuracy";
    summary["noiseless_" + key] = scores(rows[0]);
    if (device) {
      summary["device_qubits"] = device->layout;
      summary["device_" + key] = scores(rows[1]);
    }
    for (const Tested& row : rows)
      if (row.is_baseline()) summary["baselines"][row.name] = scores(row);
    summary["ensemble_" + key] = scores(rows.back());
    summary[data.test.is_regression() ? "targets" : "labels"] = truth(data.test);
    summary["predictions"] = said(table.judged().outputs, data.test);
    print(summary);
    return;
  }
  print(fmt::format("{}: {} steps, {}final loss {:.4f}\n", model.name, result.history.size(),
                    result.shots > 0 ? fmt::format("{} shots, ", result.shots) : "",
                    result.final_loss) +
        repository_text(model.repository) + table.to_string() + text_of(table.warnings()) +
        fmt::format("model in {}\n", options.output));
}

}  // namespace

void add_train(CLI::App& program, const std::string& command_line) {
  CLI::App* verb = program.add_subcommand("train", "Train a QNN from a TOML configuration");
  auto options = std::make_shared<Options>();
  verb->add_option("config", options->config, "TOML file, see docs/formats/train-config.md")
      ->required();
  verb->add_option("-o,--output", options->output, "Model file to write")->required();
  verb->add_option("--run", options->run_file, "Run file (HDF5) to write");
  verb->add_option(
          "--checkpoint-every", options->checkpoint_every,
          "Every so many steps, keep what it takes to go on in OUTPUT.checkpoint; 0: never")
      ->check(whole_number(0, 1'000'000'000))
      ->capture_default_str();
  verb->add_flag("--resume", options->resume,
                 "Go on from OUTPUT.checkpoint: the model is the same to the last bit");
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift train digits.toml -o model.json");
  verb->callback([options, command_line] { train_from_config(*options, command_line); });
}

}  // namespace rhodrift::cli
