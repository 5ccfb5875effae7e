#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/import.hpp>
#include <rhodrift/calibration/validate.hpp>

#include "calibration/examples.hpp"
#include "calibration/raw_calibrations.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace fs = std::filesystem;

namespace {

const fs::path shipped = fs::path(RHODRIFT_SOURCE_DIR) / "data/calibrations";

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// A figure of qiskit's lists of {"name", "unit", "value"}, in SI units, converted on its own.
std::optional<double> raw_figure(const nlohmann::json& items, const std::string& name) {
  static const std::map<std::string, double> factors = {
      {"", 1.0}, {"us", 1e-6}, {"µs", 1e-6}, {"ns", 1e-9}, {"GHz", 1e9}};
  for (const auto& item : items) {
    if (item.at("name") != name) continue;
    return item.at("value").get<double>() * factors.at(item.at("unit").get<std::string>());
  }
  return std::nullopt;
}

void check_figure(const std::optional<double>& ours, const std::optional<double>& raw) {
  REQUIRE(ours.has_value() == raw.has_value());
  if (ours) CHECK(std::abs(*ours - *raw) <= 4e-16 * std::abs(*raw));
}

/// Every figure of `ours` against the raw properties, but for T2, which may have been clamped.
void check_against_raw(const Calibration& ours, const nlohmann::json& properties) {
  REQUIRE(ours.qubits.size() == properties.at("qubits").size());
  for (std::size_t q = 0; q < ours.qubits.size(); ++q) {
    const auto& raw = properties.at("qubits")[q];
    const QubitCalibration& qubit = ours.qubits[q];
    check_figure(qubit.t1_s, raw_figure(raw, "T1"));
    auto t2_s = raw_figure(raw, "T2");
    if (t2_s && qubit.t1_s) t2_s = std::min(*t2_s, 2 * *qubit.t1_s);
    check_figure(qubit.t2_s, t2_s);
    check_figure(qubit.frequency_hz, raw_figure(raw, "frequency"));
    check_figure(qubit.readout_p10, raw_figure(raw, "prob_meas1_prep0"));
    check_figure(qubit.readout_p01, raw_figure(raw, "prob_meas0_prep1"));
    check_figure(qubit.readout_duration_s, raw_figure(raw, "readout_length"));
  }
  std::size_t n_gates = 0;
  std::map<std::pair<std::string, std::vector<int>>, const GateCalibration*> gates;
  for (const GateCalibration& gate : ours.gates) gates[{gate.name, gate.qubits}] = &gate;
  for (const auto& raw : properties.at("gates")) {
    const auto name = raw.at("gate").get<std::string>();
    if (name.starts_with("measure")) continue;
    const auto gate = gates.find({name, raw.at("qubits").get<std::vector<int>>()});
    REQUIRE(gate != gates.end());
    check_figure(gate->second->error, raw_figure(raw.at("parameters"), "gate_error"));
    check_figure(gate->second->duration_s, raw_figure(raw.at("parameters"), "gate_length"));
    ++n_gates;
  }
  CHECK(n_gates == ours.gates.size());
}

}  // namespace

TEST_CASE("Every shipped snapshot is sound, canonical and has its provenance") {
  const auto files = json_files(shipped);
  CHECK(files.size() == 22);
  const std::set<std::string> licences = {"Apache-2.0", "BSD-3-Clause", "MIT"};
  std::set<std::string> vendors;
  std::size_t most_qubits = 0;
  for (const fs::path& file : files) {
    CAPTURE(file.filename());
    const Calibration calibration = read_calibration(file);
    CHECK(to_json(calibration) == read_file(file));
    CHECK(!calibration.provenance.source.empty());
    CHECK(licences.contains(calibration.provenance.licence));
    vendors.insert(calibration.vendor);
    CHECK(!calibration.native_gates.empty());
    most_qubits = std::max(most_qubits, calibration.qubits.size());
  }
  CHECK(most_qubits == 156);
  CHECK(vendors == std::set<std::string>{"Google", "IBM", "Rigetti"});
}

TEST_CASE("What is shipped stays small") {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(shipped)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  CHECK(bytes < 20'000'000);
}

TEST_CASE("Every shipped series is sound, canonical and has its provenance") {
  const std::map<std::string, std::size_t> n_states = {
      {"ibm_fez", 59},       {"ibmq_16_melbourne", 30}, {"ibmq_16_melbourne-2019", 58},
      {"ibmq_athens", 30},   {"ibmq_athens-2020", 55},  {"ibmq_valencia-2020", 56},
      {"ibmq_vigo-2019", 58}};
  for (const auto& [name, n] : n_states) {
    CAPTURE(name);
    const fs::path file = shipped / "series" / (name + ".json");
    const CalibrationSeries series = read_calibration_series(file);
    CHECK(to_json(series) == read_file(file));
    CHECK(series.states.size() == n);
    CHECK(!series.states[0].provenance.source.empty());
    CHECK(!series.states[0].provenance.licence.empty());
  }
  CHECK(json_files(shipped / "series").size() == n_states.size());
}

TEST_CASE("A shipped snapshot keeps its hash") {
  // sha256sum data/calibrations/belem.json
  CHECK(content_hash(read_calibration(shipped / "belem.json")) ==
        "ef1839b45c6d393caaca7e9b4ec5100879b53fad33a918fcda86bb2cef9dd33c");
}

TEST_CASE("The examples on the page of the format are read") {
  const std::string page = read_file(fs::path(RHODRIFT_SOURCE_DIR) / "docs/formats/calibration.md");
  std::vector<std::string> examples;
  const std::string begin = "```json\n";
  for (std::size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at)) {
    at += begin.size();
    examples.push_back(page.substr(at, page.find("```", at) - at));
  }
  REQUIRE(examples.size() == 2);
  const Calibration snapshot = calibration_from_json(examples[0], "page");
  CHECK(snapshot.readout_matrices[0].matrix(0, 1) == 0.06);
  const CalibrationSeries series = calibration_series_from_json(examples[1], "page");
  CHECK(to_json(series) == examples[1]);
}

TEST_CASE("Shipped snapshots have the raw files' figures") {
  const auto raw = raw_folder();
  if (!raw) return;
  std::size_t n_compared = 0;
  for (const auto& entry : fs::directory_iterator(*raw / "ibm")) {
    const std::string name = entry.path().filename().string();
    const fs::path ours = shipped / (name + ".json");
    if (!fs::exists(ours)) continue;
    CAPTURE(name);
    const auto properties =
        nlohmann::json::parse(read_file(entry.path() / ("props_" + name + ".json")));
    check_against_raw(read_calibration(ours), properties);
    ++n_compared;
  }
  CHECK(n_compared == 16);  // all of the folder
}

TEST_CASE("Every raw pair of properties and configuration imports, repaired where it must be") {
  const auto raw = raw_folder();
  if (!raw) return;
  // T2 > 2 T1 on these many qubits
  const std::map<std::string, std::size_t> n_repairs = {
      {"brussels", 2}, {"cusco", 4}, {"marrakesh", 1}, {"torino", 5}};
  std::size_t n_devices = 0;
  for (const auto& entry : fs::directory_iterator(*raw / "ibm")) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    ImportOptions options;
    const std::vector<fs::path> files = {entry.path() / ("props_" + name + ".json"),
                                         entry.path() / ("conf_" + name + ".json")};
    const auto expected = n_repairs.find(name);
    const bool accepted = refusal([&] { import_calibration(files, options); }) == "accepted";
    CHECK(accepted == (expected == n_repairs.end()));
    options.repair = true;
    const auto calibration = std::get<Calibration>(import_calibration(files, options));
    CHECK(calibration.repairs.size() == (accepted ? 0 : expected->second));
    ++n_devices;
  }
  CHECK(n_devices == 16);
}

TEST_CASE("The shipped week of ibm_fez has the raw files' figures") {
  const auto raw = raw_folder();
  if (!raw) return;
  const CalibrationSeries series = read_calibration_series(shipped / "series/ibm_fez.json");
  const auto files = json_files(*raw / "ibm_fez_week");
  REQUIRE(files.size() == series.states.size());
  for (const std::size_t i : {std::size_t{0}, files.size() / 2, files.size() - 1}) {
    const auto document = nlohmann::json::parse(read_file(files[i]));
    CHECK(parse_utc(document.at("timestamp").get<std::string>(), "raw", "") ==
          series.states[i].timestamp);
    check_against_raw(series.states[i], document.at("properties"));
  }
}

TEST_CASE("The shipped series of ibmq_16_melbourne has the raw tables' figures") {
  const auto raw = raw_folder();
  if (!raw) return;
  const CalibrationSeries series =
      read_calibration_series(shipped / "series/ibmq_16_melbourne.json");
  ImportOptions options;
  options.repair = true;
  const auto import_table = [&](const char* folder) {
    return std::get<Calibration>(import_calibration(
        {*raw / "dashboard_csv" / folder / "ibmq_16_melbourne_calibrations.csv"}, options));
  };
  const auto close = [](std::optional<double> a, std::optional<double> b) {
    return std::abs(a.value() - b.value()) <= 1e-15 * std::abs(a.value());
  };
  std::size_t n_compared = 0;
  for (const Calibration& state : series.states) {
    const std::string time = to_iso8601(state.timestamp);  // "2021-03-22T21:00:00Z"
    const std::string folder = time.substr(5, 5) + "-" + time.substr(0, 4) + " " +
                               time.substr(11, 2) + "-" + time.substr(14, 2) + "-" +
                               time.substr(17, 2);
    if (!fs::exists(*raw / "dashboard_csv" / folder)) continue;
    CAPTURE(folder);
    const Calibration table = import_table(folder.c_str());
    for (std::size_t q = 0; q < 15; ++q) {
      CHECK(close(table.qubits[q].t1_s, state.qubits[q].t1_s));
      CHECK(close(table.qubits[q].t2_s, state.qubits[q].t2_s));
      CHECK(close(table.qubits[q].readout_p10, state.qubits[q].readout_p10));
    }
    for (const GateCalibration& gate : table.gates) {
      const GateCalibration* ours = state.find_gate(gate.name, gate.qubits);
      REQUIRE(ours != nullptr);
      CHECK(close(gate.error, ours->error));
    }
    ++n_compared;
  }
  CHECK(n_compared == 29);  // all but 2021-04-07, which is only in the merged table
}
