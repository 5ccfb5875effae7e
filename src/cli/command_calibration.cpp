#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/import.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/report/text_table.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

using Document = std::variant<Calibration, CalibrationSeries>;

struct ImportCommand {
  std::vector<std::string> inputs;
  std::string output;
  std::string format;
  ImportOptions options;
  bool json = false;

  void run() {
    if (!format.empty()) options.format = import_format(format);
    const Document document = import_calibration({inputs.begin(), inputs.end()}, options);
    Json result;
    if (const auto* snapshot = std::get_if<Calibration>(&document)) {
      write_calibration(*snapshot, output);
      result = {{"kind", "snapshot"},
                {"device", snapshot->device},
                {"states", 1},
                {"repairs", snapshot->repairs.size()},
                {"file", output}};
    } else {
      const auto& series = std::get<CalibrationSeries>(document);
      write_calibration_series(series, output);
      std::size_t repairs = 0;
      for (const Calibration& state : series.states) repairs += state.repairs.size();
      result = {{"kind", "series"},
                {"device", series.device},
                {"states", series.states.size()},
                {"repairs", repairs},
                {"file", output}};
    }
    if (json)
      print(result);
    else
      print(fmt::format("{}: {} {} of {}, {} states, {} repairs\n", output,
                        result["kind"].get<std::string>(), "calibration",
                        result["device"].get<std::string>(), result["states"].get<std::size_t>(),
                        result["repairs"].get<std::size_t>()));
  }
};

std::string figure(const std::optional<double>& value, double unit, const char* format) {
  return value ? fmt::format(fmt::runtime(format), *value / unit) : "–";
}

std::string snapshot_text(const Calibration& calibration) {
  std::string text =
      fmt::format("{} ({}), {} qubits, {}\n  native gates {}\n  source {}, licence {}\n",
                  calibration.device, calibration.vendor, calibration.n_qubits(),
                  to_iso8601(calibration.timestamp), fmt::join(calibration.native_gates, " "),
                  calibration.provenance.source, calibration.provenance.licence);
  for (const Repair& repair : calibration.repairs)
    text += fmt::format("  repair {} at {}: {}\n", repair.policy, repair.place, repair.detail);
  TextTable qubits({"qubit", "T1 µs", "T2 µs", "f GHz", "P(1|0)", "P(0|1)"});
  for (std::size_t q = 0; q < calibration.qubits.size(); ++q) {
    const QubitCalibration& figures = calibration.qubits[q];
    qubits.add_row(
        {std::to_string(q), figure(figures.t1_s, 1e-6, "{:.1f}"),
         figure(figures.t2_s, 1e-6, "{:.1f}"), figure(figures.frequency_hz, 1e9, "{:.4f}"),
         figure(figures.readout_p10, 1.0, "{:.4f}"), figure(figures.readout_p01, 1.0, "{:.4f}")});
  }
  TextTable gates({"gate", "qubits", "error", "duration ns"});
  for (const GateCalibration& gate : calibration.gates)
    gates.add_row({gate.name, fmt::format("{}", fmt::join(gate.qubits, ",")),
                   figure(gate.error, 1.0, "{:.2e}"), figure(gate.duration_s, 1e-9, "{:.1f}")});
  return text + qubits.to_string() + gates.to_string();
}

double median(const std::vector<double>& values) {
  return arma::median(arma::vec(values));
}

std::string series_text(const CalibrationSeries& series) {
  const Calibration& first = series.states.front();
  std::string text = fmt::format(
      "{} ({}), {} qubits, {} states\n  source {}, licence {}\n", series.device, first.vendor,
      first.n_qubits(), series.states.size(), first.provenance.source, first.provenance.licence);
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
  const Document document = read_any_calibration(path);
  if (json) {
    print(std::visit([](const auto& content) { return rhodrift::to_json(content); }, document));
  } else if (const auto* snapshot = std::get_if<Calibration>(&document)) {
    print(snapshot_text(*snapshot));
  } else {
    print(series_text(std::get<CalibrationSeries>(document)));
  }
}

struct PlacedFinding {
  std::string state;  // of a series; empty for a snapshot
  Finding finding;
};

// Reading refuses every error; what is left in a file that can be read are warnings.
Document read_or_report(const std::string& path, bool json) {
  try {
    return read_any_calibration(path);
  } catch (const InputError& error) {
    if (json) print(Json{{"file", path}, {"valid", false}, {"problem", error.what()}});
    throw;
  }
}

void validate_file(const std::string& path, bool json) {
  const Document document = read_or_report(path, json);
  std::vector<PlacedFinding> findings;
  if (const auto* snapshot = std::get_if<Calibration>(&document)) {
    for (Finding& finding : validate(*snapshot)) findings.push_back({"", std::move(finding)});
  } else {
    for (const Calibration& state : std::get<CalibrationSeries>(document).states)
      for (Finding& finding : validate(state))
        findings.push_back({to_iso8601(state.timestamp), std::move(finding)});
  }
  const auto severity = [](const Finding& finding) {
    return finding.severity == Finding::Severity::error ? "error" : "warning";
  };
  if (json) {
    Json rows = Json::array();
    for (const auto& [state, finding] : findings) {
      Json row{{"severity", severity(finding)},
               {"place", finding.place},
               {"problem", finding.problem},
               {"repair", finding.repair}};
      if (!state.empty()) row["state"] = state;
      rows.push_back(row);
    }
    print(Json{{"file", path}, {"valid", true}, {"findings", rows}});
    return;
  }
  std::string text;
  for (const auto& [state, finding] : findings)
    text += fmt::format("{}: {}{}: {}: {}\n", path, state.empty() ? "" : state + ": ",
                        finding.place, severity(finding), finding.problem);
  print(text + fmt::format("{}: valid, {} warnings\n", path, findings.size()));
}

void add_import(CLI::App& calibration) {
  CLI::App* verb = calibration.add_subcommand("import", "Vendor files in, our format out");
  auto command = std::make_shared<ImportCommand>();
  verb->add_option("inputs", command->inputs, "Files or folders of one device")->required();
  verb->add_option("-o,--output", command->output, "File to write")->required();
  verb->add_option("--from", command->format, "ibm or ibm-csv; detected without it");
  verb->add_option("--device", command->options.device, "Device name, where the files have none");
  verb->add_option("--source", command->options.source, "Who published the files");
  verb->add_option("--licence", command->options.licence, "SPDX identifier of their licence");
  verb->add_option(
      "--durations-from", command->options.durations_from,
      "Recorded state of the device to take gate durations from, where files have none");
  verb->add_flag("--repair", command->options.repair,
                 "Apply the named repairs and record each; without it such files are refused");
  verb->add_flag("--json", command->json, "Machine-readable output");
  verb->footer(
      "Example: rhodrift calibration import props_belem.json conf_belem.json -o belem.json");
  verb->callback([command] { command->run(); });
}

}  // namespace

void add_calibration(CLI::App& program) {
  CLI::App* calibration = program.add_subcommand("calibration", "Recorded device calibrations");
  calibration->require_subcommand(1);
  add_import(*calibration);

  struct FileOptions {
    std::string path;
    bool json = false;
  };
  const auto add_reader = [&](const char* name, const char* description, auto action) {
    CLI::App* verb = calibration->add_subcommand(name, description);
    auto options = std::make_shared<FileOptions>();
    verb->add_option("file", options->path, "Calibration or series file")->required();
    verb->add_flag("--json", options->json, "Machine-readable output");
    verb->footer(fmt::format("Example: rhodrift calibration {} belem.json", name));
    verb->callback([options, action] { action(options->path, options->json); });
  };
  add_reader("show", "Print the figures of a snapshot or series", show);
  add_reader("validate", "List everything that is wrong or odd in a file", validate_file);
}

}  // namespace rhodrift::cli
