#include "cli/evaluation_cases.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/circuit/families.hpp>
#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/compile/compile.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>

#include "cli/arguments.hpp"
#include "cli/learning_task.hpp"

namespace rhodrift::cli {

namespace {

/// A circuit of a built-in family with what it is asked when nothing else is.
struct FamilyCircuit {
  Circuit circuit;
  std::vector<Observable> observables;
};

/// "family:qubits:layers": the whole numbers after the name, those that are missing being
/// `defaults`. Throws InputError naming the text.
std::vector<int> numbers_of(const std::string& text, std::vector<int> defaults) {
  std::size_t begin = text.find(':'), given = 0;
  const auto fail = [&](const std::string& problem) { throw InputError(text, "", problem); };
  if (begin == std::string::npos) fail("needs a number of qubits, such as " + text + ":4");
  while (begin != std::string::npos) {
    const std::size_t end = text.find(':', begin + 1);
    const std::string number = text.substr(begin + 1, end - begin - 1);
    if (given == defaults.size()) fail(fmt::format("takes at most {} numbers", defaults.size()));
    if (number.empty() || number.size() > 4 ||
        number.find_first_not_of("0123456789") != std::string::npos)
      fail(fmt::format("\"{}\" is no whole number in 0..9999", number));
    defaults[given++] = std::stoi(number);
    begin = end;
  }
  return defaults;
}

Observable parity(int n_qubits) {
  std::vector<int> qubits(static_cast<std::size_t>(n_qubits));
  std::iota(qubits.begin(), qubits.end(), 0);
  return Observable(PauliString::z(qubits));
}

/// The circuit of the text if it names a family.
std::optional<FamilyCircuit> family(const std::string& text, std::uint64_t seed) {
  const std::string name = text.substr(0, text.find(':'));
  if (name == "ghz") {
    const int n = numbers_of(text, {0})[0];
    std::vector<PauliString::Factor> all_x;
    for (int q = 0; q < n; ++q) all_x.push_back({q, Pauli::X});
    const Observable ends(PauliString::z(n > 1 ? std::vector<int>{0, n - 1} : std::vector<int>{0}));
    return FamilyCircuit{families::ghz(n), {ends, Observable(PauliString(all_x))}};
  }
  if (name == "mirror") {
    const std::vector<int> numbers = numbers_of(text, {0, 2});
    const families::MirrorCircuit mirror = families::mirror(numbers[0], numbers[1], seed);
    return FamilyCircuit{mirror.circuit, {mirror.parity()}};
  }
  if (name == "qaoa") {
    const std::vector<int> numbers = numbers_of(text, {0, 1});
    const families::Edges edges = families::chain_edges(numbers[0]);
    return FamilyCircuit{families::qaoa(numbers[0], edges, families::qaoa_angles(numbers[1])),
                         {families::cut(edges)}};
  }
  if (name == "random") {
    const std::vector<int> numbers = numbers_of(text, {0, 4, 4});
    return FamilyCircuit{families::random_clifford_rz(numbers[0], numbers[1], seed, numbers[2]),
                         {Observable::z(0), parity(numbers[0])}};
  }
  return std::nullopt;
}

/// On the qubits that were asked for, or compiled to where the device does it best.
EvaluationCase placed(const std::string& name, const Circuit& circuit,
                      const std::vector<Observable>& observables, const Layout& layout,
                      const Calibration& device) {
  if (!layout.empty()) {
    require_valid_layout(layout, circuit.n_qubits(), device);
    return {name, circuit, observables, layout};
  }
  // Scheduled by whoever runs it, when all that a strategy adds is in.
  CompileOptions options;
  options.schedule = false;
  const auto compiled = compile_once(circuit, device, options);
  return {name, compiled->circuit, observables, compiled->layout};
}

/// A trained model on samples of a data set, one case a sample.
std::vector<EvaluationCase> model_cases(const EvaluationCaseOptions& options,
                                        const Calibration& device) {
  const TrainedModel model = model_for(read_model(options.model), device);
  const Dataset data = samples_for(model, load_samples(options.data));
  require_fitting(model, options.model, data, options.data);
  const arma::mat features = model.circuit_features(data.features);
  const auto weights = arma::conv_to<std::vector<double>>::from(model.parameters.weights);
  Layout layout = options.layout;
  if (layout.empty() && model.training.device) layout = model.training.device->qubits;
  PlacedQnn runs{model.network, layout};
  if (!layout.empty()) runs = place(model, device, layout);
  std::vector<EvaluationCase> cases;
  for (std::size_t b = 0; b < std::min(options.samples, data.n_samples()); ++b) {
    const auto sample = arma::conv_to<std::vector<double>>::from(features.col(b));
    cases.push_back(placed(fmt::format("{} on sample {}", model.name, b),
                           runs.network.circuit.bound({weights, sample}), runs.network.observables,
                           runs.layout, device));
  }
  return cases;
}

}  // namespace

void EvaluationCaseOptions::add_to(CLI::App& verb) {
  verb.add_option("circuits", circuits,
                  "OpenQASM files, or built-in families: ghz:QUBITS, mirror:QUBITS:LAYERS, "
                  "qaoa:QUBITS:LAYERS (MaxCut on a chain), random:QUBITS:LAYERS:NON_CLIFFORD");
  verb.add_option("--observable", observables,
                  "Pauli strings on classical bits, e.g. \"Z0 Z1\"; repeatable. Families have some "
                  "of their own")
      ->allow_extra_args(false);
  CLI::Option* model_option =
      verb.add_option("--model", model, "Also a trained model, on samples of --data");
  CLI::Option* data_option =
      verb.add_option("--data", data, "Labelled samples, see docs/formats/data.md")
          ->needs(model_option);
  model_option->needs(data_option);
  verb.add_option("--samples", samples, "The first so many samples")
      ->check(whole_number(1, 1'000'000))
      ->needs(model_option)
      ->capture_default_str();
  verb.add_option("--layout", layout,
                  "Device qubits of circuit qubits 0, 1, …; without it circuits are compiled to "
                  "where the device does them best, models stay where they were trained")
      ->delimiter(',');
}

std::vector<EvaluationCase> EvaluationCaseOptions::read(const Calibration& device,
                                                        std::uint64_t seed) const {
  if (circuits.empty() && model.empty())
    throw InputError("circuits", "", "there are none, and no --model");
  std::vector<Observable> asked;
  for (const std::string& text : observables)
    asked.push_back(naming("--observable", [&] { return Observable::parse(text); }));
  std::vector<EvaluationCase> cases;
  for (const std::string& text : circuits) {
    const std::optional<FamilyCircuit> built_in = family(text, seed);
    if (!built_in && asked.empty()) throw InputError("--observable", "", "is needed for " + text);
    const Circuit circuit = built_in ? built_in->circuit : read_qasm_file(text);
    cases.push_back(naming(text, [&] {
      return placed(text, circuit.bound({}), asked.empty() ? built_in->observables : asked, layout,
                    device);
    }));
  }
  if (!model.empty())
    for (EvaluationCase& of : model_cases(*this, device)) cases.push_back(std::move(of));
  return cases;
}

}  // namespace rhodrift::cli
