#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/report/evaluation_json.hpp>
#include <rhodrift/report/evaluation_text.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/evaluation_cases.hpp"
#include "cli/evaluation_rows.hpp"
#include "cli/output.hpp"
#include "cli/price_table.hpp"
#include "cli/run_info.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  EvaluationCaseOptions cases;
  std::vector<std::string> strategies = {"raw", "readout", "zne", "readout+zne"};
  std::string calibration;
  std::string actual;
  std::string series;
  std::string policy = "device";
  std::vector<double> noise_scales;
  std::vector<double> ages_days = {1.0, 3.0, 7.0, 14.0, 30.0, 60.0, 120.0};
  std::size_t pairs = 10;
  std::string prices;
  EvaluationOptions evaluation;
  std::string output;
  bool json = false;
};

/// Without a device: no noise. Otherwise everything the calibration and its policy say.
std::unique_ptr<Executor> simulator(const Device* device) {
  if (device == nullptr) return std::make_unique<DensityMatrixExecutor>(0);
  return std::make_unique<DensityMatrixExecutor>(
      0, [device = *device](const Circuit& circuit, double noise_scale) {
        return on_device(circuit, device, noise_scale);
      });
}

std::vector<Strategy> strategies_of(const Options& options) {
  std::vector<Strategy> strategies;
  for (const std::string& text : options.strategies) {
    strategies.push_back(naming("--strategy", [&] { return parse_strategy(text); }));
    for (std::size_t s = 0; s + 1 < strategies.size(); ++s)
      if (strategies[s].name == text)
        throw InputError("--strategy", "", "\"" + text + "\" is there twice");
  }
  return strategies;
}

void write_run(const Options& options, const std::string& command_line, const NoiseModel& believed,
               const std::vector<EvaluationCase>& cases, const EvaluationReport& report) {
  RunWriter writer(options.output, run_info(options.evaluation.seed, command_line));
  writer.write_calibration(believed.calibration());
  for (std::size_t c = 0; c < cases.size(); ++c)
    writer.write_circuit(fmt::format("case-{}", c), cases[c].circuit);
  writer.write_estimates("evaluation", evaluation_rows(report));
  writer.write_text("evaluation.json", evaluation_json(report));
  writer.commit();
}

void evaluate_strategies(const Options& options, const std::string& command_line) {
  const std::vector<Strategy> strategies = strategies_of(options);
  std::optional<CalibrationSeries> series;
  if (!options.series.empty()) series = read_calibration_series(options.series);
  if (!series && options.calibration.empty())
    throw InputError("--calibration", "", "or --series is needed");
  const NoisePolicy policy = parse_noise_policy(options.policy);
  const NoiseModel believed(
      options.calibration.empty() ? series->states.at(0) : read_calibration(options.calibration),
      policy);
  const NoiseModel actual(
      options.actual.empty() ? believed.calibration() : read_calibration(options.actual), policy);
  const PriceTable prices =
      options.prices.empty() ? PriceTable{} : read_price_table(options.prices);
  const std::vector<EvaluationCase> cases =
      options.cases.read(believed.calibration(), options.evaluation.seed);

  EvaluationReport report{options.evaluation.shots,
                          options.evaluation.repetitions,
                          prices.currency,
                          {},
                          {},
                          {},
                          {},
                          {}};
  if (series) {
    ProgressBar bar("ageing calibrations");
    report.age = study_calibration_age(cases, strategies, *series, policy, options.ages_days,
                                       options.pairs, simulator, options.evaluation, std::ref(bar));
  }
  ProgressBar bar("evaluating");
  for (const EvaluationCase& of : cases) {
    naming(of.name, [&] {
      if (!options.noise_scales.empty())
        report.help_harm.push_back(help_harm(of, strategies, believed, options.noise_scales,
                                             simulator, options.evaluation));
      report.cases.push_back(
          evaluate(of, strategies, believed, actual, simulator, options.evaluation, prices));
    });
    bar(report.cases.size(), cases.size());
  }
  report.comparisons = compare_pairs(report.cases);
  report.harm = find_harm(report.cases, "raw");
  if (!options.output.empty()) write_run(options, command_line, believed, cases, report);
  print(options.json ? evaluation_json(report) + "\n" : evaluation_text(report));
}

}  // namespace

void add_evaluate(CLI::App& program, const std::string& command_line) {
  CLI::App* verb = program.add_subcommand(
      "evaluate",
      "Mitigation strategies side by side, each with the same number of shots in total");
  auto options = std::make_shared<Options>();
  options->cases.add_to(*verb);
  verb->add_option("--strategy", options->strategies,
                   "What to compare (docs/mitigation.md); repeatable")
      ->allow_extra_args(false)
      ->capture_default_str();
  CLI::Option* calibration =
      verb->add_option("--calibration", options->calibration,
                       "What is known of the device; by default the first state of the series");
  verb->add_option("--actual", options->actual,
                   "The device as it is when the circuits run; by default as it is known")
      ->needs(calibration);
  CLI::Option* series = verb->add_option("--series", options->series,
                                         "Also with each state's calibration on every later state: "
                                         "the error by the calibration's age");
  verb->add_option("--ages", options->ages_days, "Bounds of the ages, in days")
      ->delimiter(',')
      ->needs(series)
      ->capture_default_str();
  verb->add_option("--pairs", options->pairs, "At most so many pairs of states an age")
      ->check(whole_number(1, 1'000'000))
      ->needs(series)
      ->capture_default_str();
  verb->add_option("--noise-scales", options->noise_scales,
                   "Also where each strategy helps and harms, with so many times the noise, e.g. "
                   "0.5,1,2")
      ->delimiter(',');
  verb->add_option("--policy", options->policy, "Noise policy, docs/noise.md")
      ->capture_default_str();
  verb->add_option("--shots", options->evaluation.shots,
                   "Of one evaluation, in total: calibration and learning circuits included")
      ->check(whole_number(1, max_shots))
      ->capture_default_str();
  verb->add_option("--repetitions", options->evaluation.repetitions, "How often it is repeated")
      ->check(whole_number(2, 1'000'000))
      ->capture_default_str();
  verb->add_option("--seed", options->evaluation.seed, "Seed of the shots")
      ->check(whole_number(0, max_seed))
      ->capture_default_str();
  verb->add_option("--prices", options->prices, "Price table in TOML, docs/formats/prices.md");
  verb->add_option("-o,--output", options->output, "Run file to write");
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer(
      "Example: rhodrift evaluate ghz:3 qaoa:3 --calibration belem.json --strategy raw --strategy "
      "readout+zne --shots 10000");
  verb->callback([options, command_line] { evaluate_strategies(*options, command_line); });
}

}  // namespace rhodrift::cli
