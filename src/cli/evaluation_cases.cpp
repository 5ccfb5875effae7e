#include "cli/evaluation_cases.hpp"

#include <fmt/format.h>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/compile/compile.hpp>
#include <rhodrift/core/error.hpp>

#include "cli/arguments.hpp"

namespace rhodrift::cli {

namespace {

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

}  // namespace

void EvaluationCaseOptions::add_to(CLI::App& verb) {
  verb.add_option("circuits", circuits, "OpenQASM files")->required();
  verb.add_option("--observable", observables,
                  "Pauli strings on classical bits, e.g. \"Z0 Z1\"; repeatable")
      ->allow_extra_args(false)
      ->required();
  verb.add_option("--layout", layout,
                  "Device qubits of circuit qubits 0, 1, …; without it circuits are compiled to "
                  "where the device does them best")
      ->delimiter(',');
}

std::vector<EvaluationCase> EvaluationCaseOptions::read(const Calibration& device) const {
  std::vector<Observable> parsed;
  for (const std::string& text : observables)
    parsed.push_back(naming("--observable", [&] { return Observable::parse(text); }));
  std::vector<EvaluationCase> cases;
  for (const std::string& file : circuits) {
    const Circuit circuit = read_qasm_file(file);
    cases.push_back(
        naming(file, [&] { return placed(file, circuit.bound({}), parsed, layout, device); }));
  }
  return cases;
}

}  // namespace rhodrift::cli
