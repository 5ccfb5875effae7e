#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string calibration;
  std::string policy = "aer";
  std::string gate;
  std::vector<int> qubits;
  bool json = false;
};

Json rows_of(const arma::mat& matrix) {
  Json rows = Json::array();
  for (arma::uword r = 0; r < matrix.n_rows; ++r)
    rows.push_back(arma::conv_to<std::vector<double>>::from(matrix.row(r)));
  return rows;
}

std::string matrix_text(const arma::mat& matrix) {
  std::string text;
  for (arma::uword r = 0; r < matrix.n_rows; ++r) {
    for (arma::uword c = 0; c < matrix.n_cols; ++c) text += fmt::format(" {:9.6f}", matrix(r, c));
    text += '\n';
  }
  return text;
}

void show_channel(const Options& options) {
  const NoiseModel model(read_calibration(options.calibration), parse_noise_policy(options.policy));
  const GateNoise noise = model.gate_noise(options.gate, options.qubits);
  if (options.json) {
    print(Json{{"ptm", rows_of(noise.channel.ptm())},
               {"average_infidelity", noise.average_infidelity},
               {"depolarizing_lambda", noise.depolarizing_lambda},
               {"relaxation_infidelity", noise.relaxation_infidelity},
               {"notes", noise.notes}});
    return;
  }
  std::string text = fmt::format(
      "{} on qubits {} of {}, policy {}\n"
      "  average infidelity     {:.6g}\n"
      "  depolarizing lambda    {:.6g}\n"
      "  relaxation infidelity  {:.6g}\n",
      options.gate, fmt::join(options.qubits, ","), model.calibration().device, options.policy,
      noise.average_infidelity, noise.depolarizing_lambda, noise.relaxation_infidelity);
  for (const std::string& note : noise.notes) text += "  note: " + note + "\n";
  text += "Pauli transfer matrix (rows and columns I X Y Z of the first operand fastest):\n";
  print(text + matrix_text(noise.channel.ptm()));
}

}  // namespace

void add_noise(CLI::App& program) {
  CLI::App* noise = program.add_subcommand("noise", "The noise that a calibration gives");
  noise->require_subcommand(1);
  CLI::App* channel = noise->add_subcommand("channel", "The channel that follows one gate");
  auto options = std::make_shared<Options>();
  channel->add_option("--calibration", options->calibration, "Calibration file")->required();
  channel->add_option("--policy", options->policy, "aer or ideal")->capture_default_str();
  channel->add_option("--gate", options->gate, "Native gate, e.g. cx")->required();
  channel->add_option("--qubits", options->qubits, "Operands, e.g. 0,1")
      ->delimiter(',')
      ->required();
  channel->add_flag("--json", options->json, "Machine-readable output");
  channel->footer(
      "Example: rhodrift noise channel --calibration belem.json --gate cx --qubits 0,1");
  channel->callback([options] { show_channel(*options); });
}

}  // namespace rhodrift::cli
