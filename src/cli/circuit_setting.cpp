#include "cli/circuit_setting.hpp"

#include <rhodrift/circuit/qasm.hpp>

#include "cli/arguments.hpp"

namespace rhodrift::cli {

CLI::Option* CircuitFileOptions::add_to(CLI::App& verb, const std::string& restrictions,
                                        const std::string& name) {
  CLI::Option* circuit = verb.add_option(name, file, "OpenQASM 2 or 3 file" + restrictions);
  verb.add_option("--dt", dt_s, "Seconds in a dt, for programs with durations in dt")
      ->check(CLI::PositiveNumber)
      ->needs(circuit);
  return circuit;
}

Circuit CircuitFileOptions::read() const {
  return read_qasm_file(file, {dt_s});
}

void CircuitOptions::add_to(CLI::App& verb, const std::string& restrictions) {
  CircuitFileOptions::add_to(verb, restrictions)->required();
  verb.add_option("--weights", weights, "Values of the program's inputs, in order, e.g. 0.1,0.2")
      ->delimiter(',');
  verb.add_option("--features", features, "Values of the inputs annotated @rhodrift.feature")
      ->delimiter(',');
}

Circuit CircuitOptions::read_bound() const {
  const Circuit circuit = read();
  return naming(file, [&] { return circuit.bound({weights, features}); });
}

}  // namespace rhodrift::cli
