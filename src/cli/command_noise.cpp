#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>

#include "cli/arguments.hpp"
#include "cli/circuit_setting.hpp"
#include "cli/commands.hpp"
#include "cli/device_setting.hpp"
#include "cli/noise_output.hpp"

namespace rhodrift::cli {

namespace {

struct ChannelOptions {
  DeviceOptions device;
  std::string gate;
  std::vector<int> qubits;
  bool json = false;
};

struct ShowOptions {
  DeviceOptions device;
  CircuitFileOptions circuit;
  bool json = false;
};

NoiseModel read_model(const DeviceOptions& options) {
  return NoiseModel(read_calibration(options.calibration), parse_noise_policy(options.policy));
}

std::string matrix_text(const arma::mat& matrix) {
  std::string text;
  for (arma::uword r = 0; r < matrix.n_rows; ++r) {
    for (arma::uword c = 0; c < matrix.n_cols; ++c) text += fmt::format(" {:9.6f}", matrix(r, c));
    text += '\n';
  }
  return text;
}

void show_channel(const ChannelOptions& options) {
  const NoiseModel model = read_model(options.device);
  const GateNoise noise = model.gate_noise(options.gate, options.qubits);
  if (options.json) {
    print(Json{{"ptm", rows_of(noise.channel.ptm())},
               {"average_infidelity", noise.average_infidelity},
               {"depolarizing_lambda", noise.depolarizing_lambda},
               {"relaxation_infidelity", noise.relaxation_infidelity},
               {"coherent_infidelity", noise.coherent_infidelity},
               {"relaxation_s", noise.relaxation_s},
               {"notes", noise.notes}});
    return;
  }
  std::string text = fmt::format(
      "{} on qubits {} of {}, policy {}\n"
      "  average infidelity     {:.6g}\n"
      "  depolarizing lambda    {:.6g}\n"
      "  relaxation infidelity  {:.6g} in {:.4g} s\n"
      "  coherent infidelity    {:.6g}\n",
      options.gate, fmt::join(options.qubits, ","), model.calibration().device,
      to_string(model.policy()), noise.average_infidelity, noise.depolarizing_lambda,
      noise.relaxation_infidelity, noise.relaxation_s, noise.coherent_infidelity);
  for (const std::string& note : noise.notes) text += "  note: " + note + "\n";
  text += "Pauli transfer matrix (rows and columns I X Y Z of the first operand fastest):\n";
  print(text + matrix_text(noise.channel.ptm()));
}

CircuitOnDevice circuit_on_device(const ShowOptions& options, const NoiseModel& model) {
  const Circuit circuit = options.circuit.read();
  const Layout layout =
      options.device.layout.empty() ? trivial_layout(circuit.n_qubits()) : options.device.layout;
  require_valid_layout(layout, circuit.n_qubits(), model.calibration());
  return {options.circuit.file, layout, naming(options.circuit.file, [&] {
            return circuit_error_budget(
                model, native_circuit(circuit, {model.calibration(), layout, model.policy()}),
                layout);
          })};
}

void show_noise(const ShowOptions& options) {
  const NoiseModel model = read_model(options.device);
  std::optional<CircuitOnDevice> circuit;
  if (!options.circuit.file.empty()) circuit = circuit_on_device(options, model);
  const ErrorBudget device = device_error_budget(model);
  const std::vector<std::string> notes =
      model.notes(circuit ? circuit->layout : trivial_layout(model.calibration().n_qubits()));
  if (options.json)
    print(noise_json(model, device, circuit, notes));
  else
    print(noise_text(model, device, circuit, notes));
}

void add_show(CLI::App& noise) {
  CLI::App* verb = noise.add_subcommand(
      "show", "What dominates: errors by cause, of a device and of a circuit on it");
  auto options = std::make_shared<ShowOptions>();
  verb->add_option("--calibration", options->device.calibration, "Calibration file")->required();
  CLI::Option* circuit = options->circuit.add_to(*verb, ", any gates", "--circuit");
  options->device.add_policy_and_layout(*verb, "the same numbers");
  verb->get_option("--layout")->needs(circuit);
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift noise show --calibration belem.json --circuit bell.qasm");
  verb->callback([options] { show_noise(*options); });
}

void add_channel(CLI::App& noise) {
  CLI::App* verb = noise.add_subcommand("channel", "The channel that follows one gate");
  auto options = std::make_shared<ChannelOptions>();
  verb->add_option("--calibration", options->device.calibration, "Calibration file")->required();
  options->device.add_policy(*verb);
  verb->add_option("--gate", options->gate, "Native gate, e.g. cx")->required();
  verb->add_option("--qubits", options->qubits, "Operands, e.g. 0,1")->delimiter(',')->required();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift noise channel --calibration belem.json --gate cx --qubits 0,1");
  verb->callback([options] { show_channel(*options); });
}

}  // namespace

void add_noise(CLI::App& program) {
  CLI::App* noise = program.add_subcommand("noise", "The noise that a calibration gives");
  noise->require_subcommand(1);
  add_show(*noise);
  add_channel(*noise);
}

}  // namespace rhodrift::cli
