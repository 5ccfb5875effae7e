#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "calibration/calibration_json.hpp"
#include "calibration/figures.hpp"
#include "calibration/json_header.hpp"

// A series keeps what does not change once, and of each state only the rows of figures that differ
// from the state before. A row is one kind of figure over all qubits, or over all operands of one
// gate, because devices are recalibrated kind by kind: all readouts, all cx errors, …

namespace rhodrift {

namespace {

using Row = std::vector<std::optional<double>>;

/// Every gate that some state lists, by name, its operands in order; without figures.
using GateTable = std::map<std::string, std::vector<GateCalibration>>;

GateTable gate_table(const CalibrationSeries& series) {
  std::map<std::string, std::set<std::vector<int>>> operands;
  for (const Calibration& state : series.states) {
    for (const GateCalibration& gate : state.gates) operands[gate.name].insert(gate.qubits);
  }
  GateTable table;
  for (const auto& [name, all] : operands) {
    for (const std::vector<int>& qubits : all) {
      table[name].push_back({name, qubits, std::nullopt, std::nullopt});
    }
  }
  return table;
}

/// The table with the figures of one state.
GateTable with_figures(GateTable table, const Calibration& state) {
  for (const GateCalibration& gate : state.gates) {
    std::vector<GateCalibration>& all = table.at(gate.name);
    *std::lower_bound(all.begin(), all.end(), gate, in_file_order) = gate;
  }
  return table;
}

template <typename Record>
Row row_of(const std::vector<Record>& records, std::optional<double> Record::*figure) {
  Row row;
  row.reserve(records.size());
  for (const Record& record : records) row.push_back(record.*figure);
  return row;
}

std::string row_to_json(const Row& row) {
  std::vector<std::string> numbers;
  numbers.reserve(row.size());
  for (const auto& number : row) numbers.push_back(number ? json_number(*number) : "null");
  return fmt::format("[{}]", fmt::join(numbers, ", "));
}

bool is_empty(const Row& row) {
  return std::none_of(row.begin(), row.end(), [](const auto& number) { return number; });
}

/// `"key": [row]` of every figure whose row differs from the one before.
template <typename Record, std::size_t n, typename Figure>
std::vector<std::string> changed_rows(const std::array<Figure, n>& figures,
                                      const std::vector<Record>& records,
                                      const std::vector<Record>* before) {
  std::vector<std::string> rows;
  for (const Figure& figure : figures) {
    const Row row = row_of(records, figure.figure);
    if (before ? row == row_of(*before, figure.figure) : is_empty(row)) continue;
    rows.push_back(fmt::format("\"{}\": {}", figure.key, row_to_json(row)));
  }
  return rows;
}

/// One state and its gate figures in the order of the table.
struct State {
  const Calibration* calibration;
  GateTable gates;
};

std::string state_to_json(const State& state, const State* before) {
  const Calibration& now = *state.calibration;
  std::vector<std::string> members = {"\"timestamp\": " + json_string(to_iso8601(now.timestamp))};
  const auto qubits =
      changed_rows(qubit_figures, now.qubits, before ? &before->calibration->qubits : nullptr);
  if (!qubits.empty()) {
    members.push_back(
        fmt::format("\"qubits\": {{\n        {}\n      }}", fmt::join(qubits, ",\n        ")));
  }
  std::vector<std::string> gates;
  for (const auto& [name, records] : state.gates) {
    const auto rows =
        changed_rows(gate_figures, records, before ? &before->gates.at(name) : nullptr);
    if (rows.empty()) continue;
    gates.push_back(fmt::format("{}: {{\n          {}\n        }}", json_string(name),
                                fmt::join(rows, ",\n          ")));
  }
  if (!gates.empty()) {
    members.push_back(
        fmt::format("\"gates\": {{\n        {}\n      }}", fmt::join(gates, ",\n        ")));
  }
  const auto add_if_changed = [&](const char* key, const auto& to_text) {
    const std::string text = to_text(now);
    if (text != (before ? to_text(*before->calibration) : "[]")) {
      members.push_back(fmt::format("\"{}\": {}", key, text));
    }
  };
  add_if_changed("zz_couplings",
                 [](const Calibration& c) { return zz_couplings_to_json(c.zz_couplings, 6); });
  add_if_changed("readout_matrices",
                 [](const Calibration& c) { return matrices_to_json(c.readout_matrices, 6); });
  add_if_changed("repairs", [](const Calibration& c) { return repairs_to_json(c.repairs, 6); });
  return fmt::format("{{\n      {}\n    }}", fmt::join(members, ",\n      "));
}

/// What the file cannot say is refused: a gate without figures is one that is not listed.
void require_writable(const CalibrationSeries& series) {
  require_consistent(series, "calibration series");
  for (std::size_t i = 0; i < series.states.size(); ++i) {
    for (const GateCalibration& gate : series.states[i].gates) {
      if (has_figures(gate)) continue;
      throw InputError(
          "calibration series", fmt::format("state {}", i),
          fmt::format("gate {} on {} has no figure", gate.name, json_qubits(gate.qubits)));
    }
  }
}

template <typename Record, std::size_t n, typename Figure>
void read_rows(const JsonPlace& place, const std::array<Figure, n>& figures,
               std::vector<Record>& records) {
  for (const std::string& key : place.keys()) {
    const JsonPlace row = place.at(key);
    const auto figure = std::find_if(figures.begin(), figures.end(),
                                     [&](const Figure& known) { return known.key == key; });
    if (figure == figures.end()) row.refuse("unknown key");
    const std::vector<JsonPlace> numbers = row.elements();
    if (numbers.size() != records.size()) {
      row.refuse(fmt::format("{} entries where {} are expected", numbers.size(), records.size()));
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i].*(figure->figure) =
          numbers[i].is_null() ? std::nullopt : std::optional(numbers[i].number());
    }
  }
}

GateTable gate_table_from_json(const JsonPlace& place) {
  GateTable table;
  for (const JsonPlace& item : place.elements()) {
    item.allow_keys({"name", "qubits"});
    const std::string& name = item.at("name").string();
    if (table.contains(name)) item.refuse(fmt::format("gate \"{}\" is listed twice", name));
    std::vector<GateCalibration>& records = table[name];
    for (const JsonPlace& operands : item.at("qubits").elements()) {
      records.push_back({name, qubits_from_json(operands), std::nullopt, std::nullopt});
    }
  }
  return table;
}

/// Changes `calibration` and `gates`, which hold the state before, into the state at `place`.
void read_state(const JsonPlace& place, Calibration& calibration, GateTable& gates) {
  place.allow_keys({"timestamp", "qubits", "gates", "zz_couplings", "readout_matrices", "repairs"});
  calibration.timestamp = timestamp_from_json(place.at("timestamp"));
  if (const auto qubits = place.find("qubits")) {
    read_rows(*qubits, qubit_figures, calibration.qubits);
  }
  if (const auto changed = place.find("gates")) {
    for (const std::string& name : changed->keys()) {
      const JsonPlace rows = changed->at(name);
      const auto records = gates.find(name);
      if (records == gates.end()) rows.refuse("the series lists no gate of that name");
      read_rows(rows, gate_figures, records->second);
    }
  }
  if (const auto zz = place.find("zz_couplings")) {
    calibration.zz_couplings = zz_couplings_from_json(*zz);
  }
  if (const auto matrices = place.find("readout_matrices")) {
    calibration.readout_matrices = matrices_from_json(*matrices);
  }
  if (const auto repairs = place.find("repairs")) calibration.repairs = repairs_from_json(*repairs);
  calibration.gates.clear();
  for (const auto& [name, records] : gates) {
    std::copy_if(records.begin(), records.end(), std::back_inserter(calibration.gates),
                 has_figures);
  }
  std::sort(calibration.gates.begin(), calibration.gates.end(), in_file_order);
}

}  // namespace

std::string to_json(const CalibrationSeries& series) {
  require_writable(series);
  const Calibration& first = series.states.front();
  const GateTable table = gate_table(series);
  std::vector<std::string> gates;
  for (const auto& [name, records] : table) {
    std::vector<std::string> operands;
    for (const GateCalibration& gate : records) operands.push_back(json_qubits(gate.qubits));
    gates.push_back(fmt::format("{{\"name\": {}, \"qubits\": [{}]}}", json_string(name),
                                fmt::join(operands, ", ")));
  }
  std::vector<std::string> states;
  std::optional<State> before;
  for (const Calibration& calibration : series.states) {
    State state{&calibration, with_figures(table, calibration)};
    states.push_back(state_to_json(state, before ? &*before : nullptr));
    before = std::move(state);
  }
  return fmt::format(
      "{{\n{},\n"
      "  \"n_qubits\": {},\n"
      "  \"gates\": {},\n"
      "  \"states\": {}\n"
      "}}\n",
      header_to_json(first, "series"), first.n_qubits(), json_lines(gates, 2),
      json_lines(states, 2));
}

CalibrationSeries calibration_series_from_document(const JsonPlace& document) {
  require_kind(document, "series");
  document.allow_keys({"schema_version", "kind", "device", "vendor", "provenance", "native_gates",
                       "coupling", "qubit_labels", "n_qubits", "gates", "states"});
  Calibration calibration = header_from_json(document);
  const JsonPlace n_qubits = document.at("n_qubits");
  if (n_qubits.integer() < 1 || n_qubits.integer() > max_qubits) {
    n_qubits.refuse(fmt::format("{} is outside 1..{}", n_qubits.integer(), max_qubits));
  }
  calibration.qubits.resize(static_cast<std::size_t>(n_qubits.integer()));
  GateTable gates = gate_table_from_json(document.at("gates"));

  CalibrationSeries series;
  series.device = calibration.device;
  for (const JsonPlace& state : document.at("states").elements()) {
    read_state(state, calibration, gates);
    series.states.push_back(calibration);
  }
  return series;
}

CalibrationSeries calibration_series_from_json(std::string_view text, const std::string& source) {
  CalibrationSeries series = calibration_series_from_document(JsonDocument(text, source).root());
  require_valid(series, source);
  return series;
}

CalibrationSeries read_calibration_series(const std::filesystem::path& path) {
  return calibration_series_from_json(read_file(path), path.string());
}

void write_calibration_series(const CalibrationSeries& series, const std::filesystem::path& path) {
  write_file(path, to_json(series));
}

}  // namespace rhodrift
