#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/report/text_table.hpp>

#include "cli/calibration_commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

std::string figure(const std::optional<double>& value, double unit, const char* format) {
  return value ? fmt::format(fmt::runtime(format), *value / unit) : "–";
}

/// "+0.012 rad", "θ -0.03 φ +0.1 rad"; empty where there is none.
std::string coherent_text(const GateCalibration& gate) {
  std::string text;
  if (gate.over_rotation_rad) text += fmt::format("{:+.4f} ", *gate.over_rotation_rad);
  if (gate.fsim_theta_error_rad) text += fmt::format("θ {:+.4f} ", *gate.fsim_theta_error_rad);
  if (gate.fsim_phi_error_rad) text += fmt::format("φ {:+.4f} ", *gate.fsim_phi_error_rad);
  return text.empty() ? text : text + "rad";
}

/// The vendor's name of a qubit beside its index.
std::string qubit_text(const Calibration& calibration, std::size_t q) {
  if (calibration.qubit_labels.empty()) return std::to_string(q);
  return fmt::format("{} ({})", q, calibration.qubit_labels[q]);
}

std::string source_text(const Provenance& provenance) {
  return provenance.licence.empty()
             ? provenance.source
             : fmt::format("{}, licence {}", provenance.source, provenance.licence);
}

std::string snapshot_text(const Calibration& calibration) {
  std::string text =
      fmt::format("{} ({}), {} qubits, {}\n  native gates {}\n  source {}\n", calibration.device,
                  calibration.vendor, calibration.n_qubits(), to_iso8601(calibration.timestamp),
                  fmt::join(calibration.native_gates, " "), source_text(calibration.provenance));
  for (const Repair& repair : calibration.repairs)
    text += fmt::format("  repair {} at {}: {}\n", repair.policy, repair.place, repair.detail);
  TextTable qubits({"qubit", "T1 µs", "T2 µs", "f GHz", "P(1|0)", "P(0|1)"});
  for (std::size_t q = 0; q < calibration.qubits.size(); ++q) {
    const QubitCalibration& figures = calibration.qubits[q];
    qubits.add_row(
        {qubit_text(calibration, q), figure(figures.t1_s, 1e-6, "{:.1f}"),
         figure(figures.t2_s, 1e-6, "{:.1f}"), figure(figures.frequency_hz, 1e9, "{:.4f}"),
         figure(figures.readout_p10, 1.0, "{:.4f}"), figure(figures.readout_p01, 1.0, "{:.4f}")});
  }
  TextTable gates({"gate", "qubits", "error", "duration ns", "coherent error"});
  for (const GateCalibration& gate : calibration.gates)
    gates.add_row({gate.name, fmt::format("{}", fmt::join(gate.qubits, ",")),
                   figure(gate.error, 1.0, "{:.2e}"), figure(gate.duration_s, 1e-9, "{:.1f}"),
                   coherent_text(gate)});
  text += qubits.to_string() + gates.to_string();
  if (calibration.zz_couplings.empty()) return text;
  TextTable shifts({"qubits", "ZZ shift kHz"});
  for (const ZzCoupling& zz : calibration.zz_couplings)
    shifts.add_row({fmt::format("{},{}", zz.qubits.first, zz.qubits.second),
                    fmt::format("{:.1f}", zz.shift_hz / 1e3)});
  return text + shifts.to_string();
}

double median(const std::vector<double>& values) {
  return arma::median(arma::vec(values));
}

std::string series_text(const CalibrationSeries& series) {
  const Calibration& first = series.states.front();
  std::string text =
      fmt::format("{} ({}), {} qubits, {} states\n  source {}\n", series.device, first.vendor,
                  first.n_qubits(), series.states.size(), source_text(first.provenance));
  for (const Repair& repair : first.repairs)
    text += fmt::format("  repair {} at {}: {}\n", repair.policy, repair.place, repair.detail);
  TextTable table({"state", "UTC", "median T1 µs", "median T2 µs", "median readout error"});
  const auto over_qubits = [](const Calibration& state, auto value_of) {
    std::vector<double> values;
    for (const QubitCalibration& qubit : state.qubits)
      if (const std::optional<double> value = value_of(qubit)) values.push_back(*value);
    return values.empty() ? std::optional<double>() : median(values);
  };
  for (std::size_t s = 0; s < series.states.size(); ++s) {
    const Calibration& state = series.states[s];
    const auto readout = [](const QubitCalibration& qubit) -> std::optional<double> {
      if (!qubit.readout_p10 || !qubit.readout_p01) return std::nullopt;
      return (*qubit.readout_p10 + *qubit.readout_p01) / 2;
    };
    table.add_row({std::to_string(s), to_iso8601(state.timestamp),
                   figure(over_qubits(state, [](const auto& q) { return q.t1_s; }), 1e-6, "{:.1f}"),
                   figure(over_qubits(state, [](const auto& q) { return q.t2_s; }), 1e-6, "{:.1f}"),
                   figure(over_qubits(state, readout), 1.0, "{:.4f}")});
  }
  return text + table.to_string();
}

void show(const std::string& path, bool json) {
  const auto document = read_any_calibration(path);
  if (json) {
    print(std::visit([](const auto& content) { return rhodrift::to_json(content); }, document));
  } else if (const auto* snapshot = std::get_if<Calibration>(&document)) {
    print(snapshot_text(*snapshot));
  } else {
    print(series_text(std::get<CalibrationSeries>(document)));
  }
}

}  // namespace

void add_calibration_show(CLI::App& calibration) {
  CLI::App* verb = calibration.add_subcommand("show", "Print the figures of a snapshot or series");
  struct Options {
    std::string path;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  verb->add_option("file", options->path, "Calibration or series file")->required();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift calibration show belem.json");
  verb->callback([options] { show(options->path, options->json); });
}

}  // namespace rhodrift::cli
