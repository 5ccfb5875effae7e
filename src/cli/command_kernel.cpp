#include <memory>
#include <optional>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/report/text_table.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/kernel_runs.hpp"
#include "cli/output.hpp"
#include "cli/score_table.hpp"
#include "cli/scores.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string config;
  std::string output;
  bool json = false;
};

struct Result {
  const KernelConfig& config;
  const Split& data;
  std::vector<KernelRun> runs;
  ScoreTable table;  ///< its first rows are the runs

  std::vector<Warning> warnings() const {
    std::vector<Warning> all = table.warnings();
    for (const KernelRun& run : runs)
      if (auto warning = concentration_warning(run.measured)) {
        warning->finding = fmt::format("{}: {}", run.where, warning->finding);
        all.push_back(std::move(*warning));
        break;  // noise can only make it worse
      }
    return all;
  }
};

ScoreTable table_of(const KernelConfig& config, const Split& data,
                    const std::vector<KernelRun>& runs) {
  std::vector<Tested> models;
  for (const KernelRun& run : runs) {
    Estimate share = score_of(run.outputs, data.test);
    share.shots = run.shots;
    share.circuits = run.circuits;
    models.push_back({config.name, run.where, run.outputs, std::move(share)});
  }
  return ScoreTable(std::move(models), data.train, data.test);
}

std::string as_text(const Result& result) {
  TextTable kernels(
      {"", "alignment", "measured: mean", "spread", "shot error", "support vectors", "circuits"});
  for (const KernelRun& run : result.runs)
    kernels.add_row(
        {run.where, fmt::format("{:.3f}", run.alignment), fmt::format("{:.3f}", run.measured.mean),
         fmt::format("{:.3f}", run.measured.spread), fmt::format("{:.3f}", run.measured.shot_error),
         fmt::format("{}", run.support_vectors), fmt::format("{}", run.circuits)});
  return fmt::format("{}: {} kernel of {} training samples, C = {}\n", result.config.name,
                     to_string(result.config.kind), result.data.train.n_samples(),
                     result.config.c) +
         kernels.to_string() + "\n" + result.table.to_string() + text_of(result.warnings());
}

Json as_json(const Result& result) {
  Json runs = Json::array();
  for (std::size_t i = 0; i < result.runs.size(); ++i) {
    const KernelRun& run = result.runs[i];
    Json entry{{"where", run.where},
               {"accuracy", to_json(*result.table.rows()[i].score)},
               {"alignment", run.alignment},
               {"support_vectors", run.support_vectors},
               {"measured",
                {{"mean", run.measured.mean},
                 {"spread", run.measured.spread},
                 {"shot_error", run.measured.shot_error}}}};
    if (run.gamma) entry["gamma"] = *run.gamma;
    runs.push_back(std::move(entry));
  }
  Json document{{"kind", to_string(result.config.kind)},
                {"c", result.config.c},
                {"mitigation", rhodrift::to_string(result.config.mitigation)},
                {"training_samples", result.data.train.n_samples()},
                {"test_samples", result.data.test.n_samples()},
                {"runs", std::move(runs)}};
  for (const Tested& row : result.table.rows())
    if (row.is_baseline()) document["baselines"][row.name] = to_json(*row.score);
  document["warnings"] = Json::array();
  for (const Warning& warning : result.warnings()) document["warnings"].push_back(to_json(warning));
  document["labels"] = truth(result.data.test);
  document["predictions"] = said(result.table.judged().outputs, result.data.test);
  return document;
}

void classify_by_kernel(const Options& options) {
  if (options.output == options.config)
    throw InputError("--output", options.output, "is also the configuration");
  const KernelConfig config = read_kernel_config(options.config);
  std::optional<PendingFile> can_be_written;  // or fail before the work, not after
  if (!options.output.empty()) can_be_written.emplace(options.output);
  const Split data = naming(options.config, [&] { return config.task.load(); });
  ProgressBar bar("measuring " + config.name);
  std::vector<KernelRun> runs = naming(
      options.config, [&] { return kernel_runs(config, data.train, data.test, std::ref(bar)); });
  ScoreTable table = table_of(config, data, runs);
  const Result result{config, data, std::move(runs), std::move(table)};
  if (!options.output.empty()) write_file(options.output, as_json(result).dump(1) + "\n");
  if (options.json)
    print(as_json(result));
  else
    print(as_text(result));
}

}  // namespace

void add_kernel(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "kernel", "Classify by a quantum kernel: without noise, on a device, and mitigated");
  auto options = std::make_shared<Options>();
  verb->add_option("config", options->config, "TOML file, see docs/formats/kernel-config.md")
      ->required();
  verb->add_option("-o,--output", options->output, "JSON file to write the results to");
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift kernel moons.toml -o results.json");
  verb->callback([options] { classify_by_kernel(*options); });
}

}  // namespace rhodrift::cli
