#include <cmath>
#include <functional>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/device/routing.hpp>
#include <rhodrift/report/text_table.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/born_machine.hpp>
#include <rhodrift/train/outcome_distribution.hpp>
#include <rhodrift/train/warning.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/generator_config.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string config;
  std::string output;
  bool json = false;
};

/// Where a generator is trained, or its outcomes are from.
struct Place {
  std::string name;
  ProgramExpectations projectors;
};

std::vector<Place> places_of(const GeneratorConfig& config, const Circuit& circuit) {
  const std::vector<Observable> projectors = outcome_projectors(config.n_qubits());
  std::vector<Place> places;
  places.push_back({"without noise", ProgramExpectations(circuit, projectors)});
  if (!config.history) return places;
  const Device device = device_for(circuit, *config.history);
  const RoutedCircuit routed = route(circuit, projectors, device.calibration(), device.layout);
  places.push_back({"on " + place_name(device),
                    ProgramExpectations(on_device(routed.circuit, {device.model, routed.layout}),
                                        routed.observables)});
  return places;
}

/// How far a distribution is from the target.
struct Distances {
  double discrepancy;  ///< MMD²
  double total_variation;
  double kl_divergence;  ///< may be infinite
};

Distances distances_to(const GeneratorConfig& config, const arma::vec& probabilities) {
  return {config.discrepancy()(probabilities).value, total_variation(probabilities, config.target),
          kl_divergence(config.target, probabilities)};
}

struct Generated {
  std::string trained;  ///< the name of a Place
  std::string from;     ///< of another
  Distances distances;
};

struct Result {
  const GeneratorConfig& config;
  std::vector<BatchMinimum> minima;  ///< one a place
  std::vector<Generated> rows;       ///< of each trained one, a row a place
  Distances independent_bits;

  /// What it comes to: trained and read where it runs.
  const Generated& judged() const { return rows.back(); }
  std::vector<Warning> warnings() const {
    if (judged().distances.total_variation < independent_bits.total_variation) return {};
    return {{Warning::Code::not_above_baseline,
             fmt::format("trained and read {}, the generator is as far from the target as "
                         "independent bits are (total variation {:.3f}, not below {:.3f})",
                         judged().from, judged().distances.total_variation,
                         independent_bits.total_variation),
             "take more layers, another seed or initial_weights, or fewer gates where the noise is "
             "what is in the way"}};
  }
};

Result trained(const GeneratorConfig& config, const Circuit& circuit,
               const std::vector<Place>& places) {
  const MaximumMeanDiscrepancy discrepancy = config.discrepancy();
  const arma::vec start = initial_weights(config.initial_weights, circuit, config.seed);
  Result result{config, {}, {}, distances_to(config, independent_bits(config.target))};
  ProgressBar bar("training " + config.name);
  const std::size_t most = config.minimizer.max_evaluations;
  for (const Place& place : places) {
    std::size_t done = result.minima.size() * most;
    result.minima.push_back(
        minimize_batch([&](const arma::vec& weights,
                           bool) { return generator_loss(discrepancy, place.projectors, weights); },
                       start, config.minimizer, {},
                       [&](const BatchEvaluation&) { bar(++done, places.size() * most); }));
    for (const Place& from : places)
      result.rows.push_back(
          {place.name, from.name,
           distances_to(config, outcome_probabilities(from.projectors,
                                                      result.minima.back().best.parameters))});
  }
  return result;
}

std::vector<std::string> cells(const Distances& distances) {
  return {fmt::format("{:.5f}", distances.discrepancy),
          fmt::format("{:.4f}", distances.total_variation),
          std::isinf(distances.kl_divergence) ? "infinite"
                                              : fmt::format("{:.4f}", distances.kl_divergence)};
}

std::string as_text(const Result& result) {
  TextTable table({"trained", "outcomes", "MMD²", "total variation", "KL divergence"});
  const auto add = [&](const std::string& trained, const std::string& from,
                       const Distances& distances) {
    std::vector<std::string> row{trained, from};
    for (std::string& cell : cells(distances)) row.push_back(std::move(cell));
    table.add_row(std::move(row));
  };
  for (const Generated& row : result.rows) add(row.trained, row.from, row.distances);
  add("independent bits", "", result.independent_bits);
  std::uint64_t evaluations = 0;
  for (const BatchMinimum& minimum : result.minima) evaluations += minimum.evaluations;
  return fmt::format("{}: {} qubits, {} weights, {} evaluations\n", result.config.name,
                     result.config.n_qubits(), result.minima[0].best.parameters.n_elem,
                     evaluations) +
         table.to_string() + text_of(result.warnings());
}

Json json_of(const Distances& distances) {
  Json json{{"mmd", distances.discrepancy},
            {"total_variation", distances.total_variation},
            {"kl_divergence", nullptr}};
  if (std::isfinite(distances.kl_divergence)) json["kl_divergence"] = distances.kl_divergence;
  return json;
}

Json as_json(const Result& result, const std::string& output) {
  Json trainings = Json::array();
  const std::size_t n = result.minima.size();
  for (std::size_t i = 0; i < n; ++i) {
    const BatchMinimum& minimum = result.minima[i];
    Json training{{"trained", result.rows[i * n].trained},
                  {"evaluations", minimum.evaluations},
                  {"end", to_string(minimum.end)},
                  {"weights", arma::conv_to<std::vector<double>>::from(minimum.best.parameters)},
                  {"outcomes", Json::array()}};
    for (std::size_t k = i * n; k < (i + 1) * n; ++k) {
      Json outcomes{{"from", result.rows[k].from}};
      outcomes.update(json_of(result.rows[k].distances));
      training["outcomes"].push_back(std::move(outcomes));
    }
    trainings.push_back(std::move(training));
  }
  Json warnings = Json::array();
  for (const Warning& warning : result.warnings()) warnings.push_back(to_json(warning));
  return {{"circuit", output},
          {"n_qubits", result.config.n_qubits()},
          {"trainings", std::move(trainings)},
          {"independent_bits", json_of(result.independent_bits)},
          {"warnings", std::move(warnings)}};
}

void train_generator(const Options& options) {
  if (options.output == options.config)
    throw InputError("--output", options.output, "is also the configuration");
  const GeneratorConfig config = read_generator_config(options.config);
  const PendingFile can_be_written(options.output);  // or fail before the work, not after
  const auto [circuit, result] = naming(options.config, [&] {
    Circuit ansatz = ansatz_circuit(config.ansatz, config.n_qubits());
    Result all = trained(config, ansatz, places_of(config, ansatz));
    return std::pair(std::move(ansatz), std::move(all));
  });
  const auto weights =
      arma::conv_to<std::vector<double>>::from(result.minima.back().best.parameters);
  write_file(options.output, to_qasm3(circuit.bound({weights, {}})));
  if (options.json)
    print(as_json(result, options.output));
  else
    print(as_text(result) + fmt::format("circuit in {}\n", options.output));
}

}  // namespace

void add_generate(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "generate", "Train a circuit whose outcomes have a given distribution (Born machine)");
  auto options = std::make_shared<Options>();
  verb->add_option("config", options->config, "TOML file, see docs/formats/generator-config.md")
      ->required();
  verb->add_option("-o,--output", options->output,
                   "OpenQASM 3 file to write: the circuit as it was trained last,\n"
                   "in the device's noise where there is one")
      ->required();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer(
      "Example: rhodrift generate bars.toml -o bars.qasm\n"
      "         rhodrift simulate bars.qasm --calibration belem.json --shots 1000");
  verb->callback([options] { train_generator(*options); });
}

}  // namespace rhodrift::cli
