#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/compile/compile.hpp>
#include <rhodrift/core/file.hpp>

#include "cli/arguments.hpp"
#include "cli/circuit_setting.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  CircuitFileOptions circuit;
  std::string calibration;
  Layout layout;
  std::string decoupling = "none";
  bool no_schedule = false;
  int trials = CompileOptions{}.n_trials;
  std::uint64_t seed = CompileOptions{}.seed;
  std::string output;
  std::string format = "qasm3";
  bool json = false;
};

CompileOptions compile_options(const Options& options) {
  CompileOptions result;
  if (!options.layout.empty()) result.layout = options.layout;
  result.n_trials = options.trials;
  result.seed = options.seed;
  result.schedule = !options.no_schedule;
  result.decoupling =
      naming("--decoupling", [&] { return parse_decoupling_sequence(options.decoupling); });
  return result;
}

auto count_gates_on(const Circuit& circuit, std::size_t n_qubits) {
  return std::ranges::count_if(circuit.instructions(), [&](const Instruction& instruction) {
    return info(instruction.op).unitary != nullptr && instruction.op != Op::delay &&
           instruction.qubits.size() == n_qubits;
  });
}

Json as_json(const CompiledCircuit& compiled, const Calibration& device) {
  return {{"device", device.device},
          {"timestamp", to_iso8601(device.timestamp)},
          {"layout", compiled.layout},
          {"final_qubit", compiled.final_qubit},
          {"one_qubit_gates", count_gates_on(compiled.circuit, 1)},
          {"two_qubit_gates", count_gates_on(compiled.circuit, 2)},
          {"expected_fidelity", compiled.expected_fidelity},
          {"duration_s", compiled.duration_s},
          {"start_s", compiled.start_s},
          {"circuit", Json::parse(to_json(compiled.circuit))}};
}

std::string as_text(const CompiledCircuit& compiled, const Calibration& device) {
  std::string text = fmt::format(
      "{} as recorded {}, qubits {}\n"
      "  2-qubit gates      {}\n"
      "  1-qubit gates      {}\n"
      "  expected fidelity  {:.6g} (gates and readout, without idle time)\n",
      device.device, to_iso8601(device.timestamp), fmt::join(compiled.layout, "-"),
      count_gates_on(compiled.circuit, 2), count_gates_on(compiled.circuit, 1),
      compiled.expected_fidelity);
  if (!compiled.start_s.empty())
    text += fmt::format("  duration           {:.6g} s\n", compiled.duration_s);
  for (std::size_t q = 0; q < compiled.final_qubit.size(); ++q)
    text += fmt::format("  qubit {:<3}          on {}, ends on {}\n", q, compiled.layout[q],
                        compiled.layout[static_cast<std::size_t>(compiled.final_qubit[q])]);
  return text;
}

std::string in_format(const Circuit& circuit, const std::string& format) {
  if (format == "qasm2") return to_qasm2(circuit);
  return format == "qasm3" ? to_qasm3(circuit) : to_json(circuit);
}

void compile_file(const Options& options) {
  const Circuit source = options.circuit.read();
  const Calibration device = read_calibration(options.calibration);
  const CompileOptions compilation = compile_options(options);
  const CompiledCircuit compiled =
      naming(options.circuit.file, [&] { return compile(source, device, compilation); });
  if (!options.output.empty())
    write_file(options.output, in_format(compiled.circuit, options.format));
  if (options.json)
    print(as_json(compiled, device));
  else
    print(as_text(compiled, device));
}

}  // namespace

void add_compile(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "compile", "Native gates, qubits, swaps and a schedule for a circuit on a device");
  auto options = std::make_shared<Options>();
  options->circuit.add_to(*verb)->required();
  verb->add_option("--calibration", options->calibration, "Calibration file")->required();
  verb->add_option("--layout", options->layout,
                   "Device qubits that circuit qubits 0, 1, … start on, e.g. 0,1,3; by default "
                   "where the device does the circuit best")
      ->delimiter(',');
  verb->add_option("--decoupling", options->decoupling, "Pulses in idle stretches: none, xx or xy4")
      ->capture_default_str();
  verb->add_flag("--no-schedule", options->no_schedule,
                 "Leave out the delays; gates need no durations");
  verb->add_option("--trials", options->trials, "Layouts that routing starts from")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed of layouts and ties")
      ->check(whole_number(0, max_seed))
      ->capture_default_str();
  CLI::Option* output = verb->add_option("-o,--output", options->output, "Circuit file to write");
  verb->add_option("--format", options->format,
                   "What to write: qasm3, qasm2 (which has no delays: --no-schedule) or json")
      ->check(CLI::IsMember({"qasm3", "qasm2", "json"}))
      ->capture_default_str()
      ->needs(output);
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift compile qft.qasm --calibration belem.json -o qft-belem.qasm");
  verb->callback([options] { compile_file(*options); });
}

}  // namespace rhodrift::cli
