#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/report/text_table.hpp>
#include <rhodrift/sim/outcome_program.hpp>
#include <rhodrift/sim/program.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/sim/sampling.hpp>
#include <rhodrift/sim/trajectories.hpp>

#include "cli/arguments.hpp"
#include "cli/circuit_setting.hpp"
#include "cli/commands.hpp"
#include "cli/device_setting.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  CircuitOptions circuit;
  DeviceOptions device;
  std::vector<std::string> observables;
  bool readout = false;
  bool probabilities = false;
  bool sensitivities = false;
  std::uint64_t trajectories = 0;  // 0: exactly, with the density matrix
  std::uint64_t shots = 0;
  std::uint64_t seed = 1;
  bool json = false;
};

struct DeviceRun {
  Circuit circuit;                         // with the device's noise in it
  std::vector<std::string> notes;          // what the noise model assumed
  std::vector<ReadoutDerivative> readout;  // of the circuit's readout error
};

// What --calibration, --policy and --layout make of the circuit.
DeviceRun prepare(const Options& options) {
  const Circuit circuit = options.circuit.read_bound();
  if (options.device.calibration.empty()) return {circuit, {}, {}};
  const Device device = options.device.read(circuit.n_qubits(), trivial_layout(circuit.n_qubits()));
  if (options.readout) require_readout_figures(device, "--readout");
  const auto derivatives = options.sensitivities ? Derivatives::with : Derivatives::without;
  std::vector<int> measured;  // bit by bit
  for (const int qubit : circuit.qubit_of_bit())
    measured.push_back(device.layout[static_cast<std::size_t>(qubit)]);
  return {naming(options.circuit.file,
                 [&] { return device.model.apply(circuit, device.layout, derivatives); }),
          device.model.notes(device.layout), device.model.readout_derivatives(measured)};
}

// What the device would report for the observable if one group of its readout error were another.
double reported_with(const ConfusionMatrix& group, std::size_t which, const Observable& observable,
                     const Circuit& circuit, const PauliVector& state) {
  Circuit changed = circuit;
  ReadoutError error = circuit.readout_error();
  error[which] = group;
  changed.set_readout_error(std::move(error));
  return state.expectation(reported_observable(observable, changed));
}

// d<O>/d(number) for every number of the calibration that the result depends on.
Json sensitivities_of(const Options& options, const DeviceRun& device, const Program& program,
                      const std::vector<Observable>& observables, const PauliVector& state) {
  const arma::mat by_channel = program.sensitivities({}, observables);
  Json result = Json::object();
  for (std::size_t k = 0; k < observables.size(); ++k) {
    Json& numbers = result[options.observables[k]] = Json::object();
    for (std::size_t n = 0; n < program.numbers().size(); ++n)
      numbers[program.numbers()[n]] = by_channel(n, k);
    if (!options.readout) continue;
    const Observable plain = Observable::parse(options.observables[k]);
    // Linear in every group of the readout error, and a group affine in its figures.
    // A qubit that is read repeatedly has the same figures in several groups.
    for (const ReadoutDerivative& d : device.readout)
      numbers[d.number] =
          numbers.value(d.number, 0.0) +
          d.slope * (reported_with(d.at_one, d.group, plain, device.circuit, state) -
                     reported_with(d.at_zero, d.group, plain, device.circuit, state));
  }
  return result;
}

Json counts_of(const ShotTable& shots) {
  Json counts = Json::object();
  for (const auto& [bits, count] : shots.outcomes().counts())
    counts[to_text(bits, shots.n_bits())] = count;
  return counts;
}

std::string as_text(const Json& result) {
  std::string text = fmt::format("{} qubits\n", result["n_qubits"].get<int>());
  if (!result["expectations"].empty()) {
    const bool estimated = result.contains("estimates");
    TextTable table(estimated ? std::vector<std::string>{"observable", "expectation", "std. error"}
                              : std::vector<std::string>{"observable", "expectation"});
    for (const auto& [name, value] : result["expectations"].items()) {
      std::vector<std::string> row{name, fmt::format("{:.10f}", value.get<double>())};
      if (estimated)
        row.push_back(fmt::format("{:.2e}", result["estimates"][name]["std_error"].get<double>()));
      table.add_row(row);
    }
    text += table.to_string();
  }
  if (result.contains("probabilities")) {
    const auto& probabilities = result["probabilities"];
    const int n_bits = static_cast<int>(std::bit_width(probabilities.size() - 1));
    TextTable table({"outcome", "probability"});
    for (std::size_t b = 0; b < probabilities.size(); ++b)
      table.add_row({to_text(b, n_bits), fmt::format("{:.10f}", probabilities[b].get<double>())});
    text += table.to_string();
  }
  if (result.contains("counts")) {
    TextTable table({"outcome", "count"});
    for (const auto& [bits, count] : result["counts"].items())
      table.add_row({bits, std::to_string(count.get<std::uint64_t>())});
    text += table.to_string();
  }
  if (result.contains("sensitivities"))
    for (const auto& [name, numbers] : result["sensitivities"].items()) {
      TextTable table({"number", "d<" + name + ">/d(number)"});
      for (const auto& [number, slope] : numbers.items())
        table.add_row({number, fmt::format("{:.6e}", slope.get<double>())});
      text += table.to_string();
    }
  for (const auto& note : result["notes"]) text += "note: " + note.get<std::string>() + "\n";
  return text;
}

std::vector<Observable> observables_of(const Options& options, const Circuit& circuit) {
  std::vector<Observable> observables;
  for (const std::string& text : options.observables) {
    const Observable observable = naming("--observable", [&] { return Observable::parse(text); });
    if (observable.min_qubits() > circuit.n_qubits())
      throw InputError("--observable", text,
                       fmt::format("reaches qubit {}, the circuit has {} qubits",
                                   observable.min_qubits() - 1, circuit.n_qubits()));
    observables.push_back(
        options.readout
            ? naming("--observable", [&] { return reported_observable(observable, circuit); })
            : observable);
  }
  return observables;
}

void add_exact_results(const Options& options, const DeviceRun& device,
                       const std::vector<Observable>& observables, Json& result) {
  const Circuit& circuit = device.circuit;
  const Program program(circuit);
  const PauliVector state = program.run({});
  for (std::size_t k = 0; k < observables.size(); ++k)
    result["expectations"][options.observables[k]] = state.expectation(observables[k]);
  if (options.probabilities || options.shots > 0) {
    const std::vector<double> reported =
        circuit.mid_circuit_bits().empty() ? reported_probabilities(circuit, state.probabilities())
                                           : OutcomeProgram(circuit).probabilities({});
    if (options.probabilities) result["probabilities"] = reported;
    if (options.shots > 0)
      result["counts"] = counts_of(sample(reported, options.shots, options.seed, 0));
  }
  if (options.sensitivities)
    result["sensitivities"] = sensitivities_of(options, device, program, observables, state);
}

void add_trajectory_results(const Options& options, const Circuit& circuit,
                            const std::vector<Observable>& observables, Json& result) {
  const TrajectoryProgram program(circuit);
  if (!observables.empty()) {
    const std::vector<Estimate> estimates =
        program.expectations({}, observables, options.trajectories, options.seed, 0);
    for (std::size_t k = 0; k < estimates.size(); ++k) {
      result["expectations"][options.observables[k]] = estimates[k].value;
      result["estimates"][options.observables[k]] = to_json(estimates[k]);
    }
  }
  if (options.shots > 0)
    result["counts"] = counts_of(program.sample({}, options.shots, options.seed, 1));
}

void simulate(const Options& options) {
  const DeviceRun device = prepare(options);
  const std::vector<Observable> observables = observables_of(options, device.circuit);
  Json result{{"n_qubits", device.circuit.n_qubits()}, {"expectations", Json::object()}};
  naming(options.circuit.file, [&] {
    if (options.trajectories > 0)
      add_trajectory_results(options, device.circuit, observables, result);
    else
      add_exact_results(options, device, observables, result);
  });
  result["notes"] = device.notes;
  if (options.json)
    print(result);
  else
    print(as_text(result));
}

}  // namespace

void add_simulate(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("simulate", "Run a circuit on the noisy device");
  auto options = std::make_shared<Options>();
  options->circuit.add_to(*verb);
  verb->add_option("--calibration", options->device.calibration,
                   "Calibration file; without it there is no noise");
  options->device.add_policy_and_layout(*verb, "the same numbers");
  verb->add_option("--observable", options->observables, "E.g. \"Z0\" or \"X0 Y3 Z4\"; repeatable")
      ->allow_extra_args(false);
  verb->add_flag("--readout", options->readout,
                 "Expectations as the device reads them, readout error included");
  verb->add_flag("--probabilities", options->probabilities, "Probabilities of the classical bits");
  verb->add_flag("--sensitivities", options->sensitivities,
                 "The exact slope of every expectation in every number of the calibration")
      ->needs(verb->get_option("--observable"));
  CLI::Option* trajectories =
      verb->add_option("--trajectories", options->trajectories,
                       "Average so many pure-state trajectories, with error bars, instead of\n"
                       "evolving the density matrix: for circuits beyond 15 qubits, up to about 26")
          ->check(whole_number(2, max_shots));
  for (const char* exact : {"--probabilities", "--sensitivities"})
    trajectories->excludes(verb->get_option(exact));
  verb->add_option("--shots", options->shots, "Number of shots to draw")
      ->check(whole_number(0, max_shots));
  verb->add_option("--seed", options->seed, "Seed of the shots and trajectories")
      ->check(whole_number(0, max_seed))
      ->capture_default_str();
  for (const char* name : {"--policy", "--layout", "--readout", "--sensitivities"})
    verb->get_option(name)->needs(verb->get_option("--calibration"));
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer(
      "Qubit 0 is the rightmost character of an outcome. Counts and probabilities are what the\n"
      "device would report; expectations are the state's unless --readout is given.\n"
      "Example: rhodrift simulate bell.qasm --calibration belem.json --observable \"Z0 Z1\" "
      "--shots 4096");
  verb->callback([options] { simulate(*options); });
}

}  // namespace rhodrift::cli
