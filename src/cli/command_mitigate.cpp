#include <fmt/format.h>

#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

#include "cli/arguments.hpp"
#include "cli/circuit_setting.hpp"
#include "cli/commands.hpp"
#include "cli/device_setting.hpp"
#include "cli/mitigate_commands.hpp"
#include "cli/output.hpp"
#include "cli/strategy_options.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  CircuitOptions circuit;
  DeviceOptions device;
  std::vector<std::string> observables;
  StrategyOptions strategy;
  std::uint64_t shots = 4096;
  std::uint64_t seed = 1;
  bool json = false;
};

void mitigate(const Options& options) {
  const Circuit circuit = options.circuit.read_bound();
  const Device device = options.device.read(circuit.n_qubits(), trivial_layout(circuit.n_qubits()));
  std::vector<Observable> observables;
  for (const std::string& text : options.observables)
    observables.push_back(naming("--observable", [&] { return Observable::parse(text); }));
  const Strategy strategy = options.strategy.parse();
  if (strategy.readout.method != ReadoutMethod::none) require_readout_figures(device, "--readout");

  const auto prepare = [&](const Strategy& chosen, std::uint64_t shots) {
    return naming(options.circuit.file, [&] {
      return PreparedStrategy(chosen, circuit, observables, device, shots, options.seed);
    });
  };
  DensityMatrixExecutor noiseless(options.seed);
  const auto run = [&](const PreparedStrategy& prepared) {
    const Device place(device.model, prepared.layout());
    DensityMatrixExecutor executor(options.seed, [&](const Circuit& c, double noise_scale) {
      return on_device(c, place, noise_scale);
    });
    return rhodrift::run(prepared, executor, noiseless);
  };
  const Strategy raw = parse_strategy("raw");
  const PreparedStrategy prepared = prepare(strategy, options.shots);
  const std::vector<std::string> notes = device.model.notes(prepared.layout());
  const std::vector<Estimate> mitigated = run(prepared);
  const std::vector<Estimate> unmitigated = run(prepare(raw, options.shots));
  const PreparedStrategy exact = prepare(raw, 0);
  const std::vector<Estimate> truth = exact.combine(noiseless.run(exact.plan().jobs));

  if (options.json) {
    Json result{{"expectations", Json::object()}};
    for (std::size_t k = 0; k < observables.size(); ++k)
      result["expectations"][options.observables[k]] = {{"mitigated", to_json(mitigated[k])},
                                                        {"raw", to_json(unmitigated[k])},
                                                        {"noiseless", truth[k].value}};
    result["notes"] = notes;
    print(result);
    return;
  }
  TextTable table({"observable", "raw", "mitigated", "95% interval", "noiseless"});
  for (std::size_t k = 0; k < observables.size(); ++k)
    table.add_row({options.observables[k], with_std_error(unmitigated[k]),
                   with_std_error(mitigated[k]),
                   fmt::format("[{:.4f}, {:.4f}]", mitigated[k].ci.low, mitigated[k].ci.high),
                   fmt::format("{:.4f}", truth[k].value)});
  std::string text = fmt::format("{}: {} shots in {} circuits; raw: {} shots in {}\n",
                                 mitigated.at(0).method, mitigated[0].shots, mitigated[0].circuits,
                                 unmitigated[0].shots, unmitigated[0].circuits) +
                     table.to_string();
  for (const std::string& note : notes) text += "note: " + note + "\n";
  print(text);
}

}  // namespace

void add_mitigate(CLI::App& program) {
  CLI::App* mitigation = program.add_subcommand("mitigate", "Error mitigation");
  mitigation->require_subcommand(1);
  add_mitigate_extrapolate(*mitigation);
  CLI::App* verb = mitigation->add_subcommand(
      "run", "Run a circuit on the simulated device, raw and mitigated at equal shots");
  auto options = std::make_shared<Options>();
  options->circuit.add_to(*verb, ", any gates");
  verb->add_option("--calibration", options->device.calibration, "Calibration file")->required();
  options->device.add_policy_and_layout(*verb, "the same numbers");
  verb->add_option("--observable", options->observables,
                   "Pauli strings on classical bits, e.g. \"Z0 Z1\"; repeatable")
      ->allow_extra_args(false)
      ->required();
  options->strategy.add_to(*verb);
  verb->add_option("--shots", options->shots,
                   "In total, for all circuits of the strategy; 0: exact")
      ->check(whole_number(0, max_shots))
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed of the shots")
      ->check(whole_number(0, max_seed))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer(
      "Gates are translated to the device's own; operands must be coupled. docs/mitigation.md has\n"
      "the strategies.\n"
      "Example: rhodrift mitigate run bell.qasm --calibration belem.json --observable \"Z0 Z1\" "
      "--readout inversion --zne linear");
  verb->callback([options] { mitigate(*options); });
  add_mitigate_readout(*mitigation);
}

}  // namespace rhodrift::cli
