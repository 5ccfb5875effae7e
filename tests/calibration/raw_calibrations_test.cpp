#include "calibration/raw_calibrations.hpp"

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

// Every raw file of the vendors: it imports, or is refused with a reason, and its figures are those
// that a reading of the raw text gives, without any of the importers' code.

using namespace rhodrift;
using namespace rhodrift::testing;

namespace fs = std::filesystem;

namespace {

void check_figure(const std::optional<double>& ours, std::optional<double> raw) {
  REQUIRE(ours.has_value() == raw.has_value());
  if (ours) CHECK(std::abs(*ours - *raw) <= 1e-15 * std::abs(*raw));
}

/// The raw metrics of a Google file: values by name and targets.
using Metrics = std::map<std::string, std::map<std::vector<std::string>, double>>;

Metrics read_metrics(const fs::path& file) {
  Metrics metrics;
  const auto document = nlohmann::json::parse(read_file(file));
  for (const auto& item : document.at("metrics").at("metrics")) {
    auto& metric = metrics[item.at("name").get<std::string>()];
    metric[item.at("targets").get<std::vector<std::string>>()] =
        item.at("values").at(0).at("doubleVal").get<double>();
  }
  return metrics;
}

std::string label(const Calibration& c, int q) {
  return c.qubit_labels[static_cast<std::size_t>(q)];
}

/// Every gate of the name against the raw cycle errors, less those of its single-qubit gates.
void check_entanglers(const Calibration& c, const Metrics& raw, const std::string& gate_name,
                      const std::string& metric) {
  const std::string prefix = "two_qubit_parallel_" + metric + "_xeb_";
  const auto& cycles = raw.at(prefix + "pauli_error_per_cycle");
  const auto& pulses = raw.at("single_qubit_rb_pauli_error_per_gate");
  std::size_t n = 0;
  for (const GateCalibration& gate : c.gates) {
    if (gate.name != gate_name) continue;
    const std::string a = label(c, gate.qubits[0]), b = label(c, gate.qubits[1]);
    const auto of_pair = [&](const auto& values) {
      return values.contains({a, b}) ? values.at({a, b}) : values.at({b, a});
    };
    const double cycle = of_pair(cycles);
    const double alone = cycle - pulses.at({a}) - pulses.at({b});
    CHECK(std::abs(*gate.error - 0.8 * (alone > 0 ? alone : cycle)) < 1e-15);
    check_figure(gate.fsim_theta_error_rad,
                 of_pair(raw.at(prefix + "entangler_theta_error_per_cycle")));
    check_figure(gate.fsim_phi_error_rad,
                 of_pair(raw.at(prefix + "entangler_phi_error_per_cycle")));
    ++n;
  }
  CHECK(n == 2 * cycles.size());
}

void check_google(const Calibration& c, const Metrics& raw, const std::string& readout) {
  for (std::size_t q = 0; q < c.qubits.size(); ++q) {
    const std::vector<std::string> target{c.qubit_labels[q]};
    const QubitCalibration& qubit = c.qubits[q];
    check_figure(qubit.t1_s, raw.at("single_qubit_idle_t1_micros").at(target) * 1e-6);
    check_figure(qubit.readout_p10, raw.at(readout + "_p00_error").at(target));
    check_figure(qubit.readout_p01, raw.at(readout + "_p11_error").at(target));
    const double incoherent = raw.at("single_qubit_rb_incoherent_error_per_gate").at(target);
    const double t = 25e-9, t_phi = 1 / (1 / *qubit.t2_s - 0.5 / *qubit.t1_s);
    CHECK(t / (3 * *qubit.t1_s) + t / (3 * t_phi) == Approx(incoherent).epsilon(1e-9));
    for (const char* gate : {"u3", "sx", "x"}) {
      CHECK(
          *c.find_gate(gate, {static_cast<int>(q)})->error ==
          Approx(raw.at("single_qubit_rb_pauli_error_per_gate").at(target) * 2 / 3).epsilon(1e-14));
    }
  }
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// Day, column, and what the file says there, "no data" left out.
std::map<std::string, std::map<std::size_t, double>> read_daily(const fs::path& file) {
  std::map<std::string, std::map<std::size_t, double>> days;
  const std::vector<std::string> lines = split(read_file(file), '\n');
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::vector<std::string> fields = split(lines[i], ',');
    for (std::size_t column = 1; column < fields.size(); ++column) {
      if (fields[column].starts_with("no data")) continue;
      days[fields[0]][column - 1] = std::stod(fields[column]);
    }
  }
  return days;
}

}  // namespace

TEST_CASE("Every raw file imports, alone or with the files that belong to it") {
  const auto raw = raw_folder();
  if (!raw) return;
  std::map<std::string, std::size_t> n_imported;
  std::vector<std::string> refused;
  for (const auto& entry : fs::recursive_directory_iterator(*raw)) {
    const fs::path path = entry.path();
    const std::string extension = path.extension().string();
    if (!entry.is_regular_file() || (extension != ".json" && extension != ".csv")) continue;
    std::vector<fs::path> files{path};
    // A configuration alone says nothing of a state: its properties come with it.
    if (path.filename().string().starts_with("conf_")) {
      const std::string properties = "props_" + path.filename().string().substr(5);
      files.push_back(path.parent_path() / properties);
    }
    const std::string message = refusal([&] { import_calibration(files, repairing()); });
    const std::string folder = fs::relative(path, *raw).begin()->string();
    if (message == "accepted") {
      ++n_imported[folder];
    } else {
      refused.push_back(message);
    }
  }
  CAPTURE(refused);
  CHECK(refused.empty());
  CHECK(n_imported == std::map<std::string, std::size_t>{{"dashboard_csv", 462},
                                                         {"google", 2},
                                                         {"ibm", 32},
                                                         {"ibm_fez_week", 59},
                                                         {"qprov", 8},
                                                         {"rigetti", 2}});
}

TEST_CASE("What is no calibration among the raw files is refused with the reasons") {
  const auto raw = raw_folder();
  if (!raw) return;
  for (const char* name : {"google/LICENSE.txt", "README.md"}) {
    CHECK(refusal([&] {
            import_calibration({*raw / name}, repairing());
          }).find((*raw / name).string() + ": line 1, column ") == 0);
  }
}

TEST_CASE("Google's raw metrics and our figures agree, on Rainbow with its own averages too") {
  const auto raw = raw_folder();
  if (!raw) return;
  const fs::path file = *raw / "google/rainbow_2021_11_16_calibration.json";
  const auto c = std::get<Calibration>(import_calibration({file}, repairing()));
  const Metrics metrics = read_metrics(file);
  CHECK(c.n_qubits() == 23);
  CHECK(c.device == "rainbow");
  CHECK(to_iso8601(c.timestamp) == "2021-11-16T00:00:00Z");
  check_google(c, metrics, "parallel");
  check_entanglers(c, metrics, "syc", "sycamore_gate");
  check_entanglers(c, metrics, "sqrt_iswap", "sqrt_iswap_gate");
  // Rainbow lists average errors beside Pauli errors.
  for (int q = 0; q < c.n_qubits(); ++q) {
    CHECK(*c.find_gate("sx", {q})->error ==
          Approx(metrics.at("single_qubit_rb_average_error_per_gate").at({label(c, q)}))
              .epsilon(1e-9));
  }
}

TEST_CASE("Willow's raw metrics and our figures agree") {
  const auto raw = raw_folder();
  if (!raw) return;
  const fs::path file = *raw / "google/willow_pink_d7v1-2024_08_16_calibration.json";
  const auto c = std::get<Calibration>(import_calibration({file}, repairing()));
  const Metrics metrics = read_metrics(file);
  CHECK(c.n_qubits() == 105);
  CHECK(to_iso8601(c.timestamp) == "2024-08-16T00:00:00Z");
  check_google(c, metrics, "single_qubit");
  check_entanglers(c, metrics, "cz", "cz_gate");
}

TEST_CASE("Both ISAs of Aspen-8 give the same errors") {
  const auto raw = raw_folder();
  if (!raw) return;
  const auto import_isa = [&](const std::string& name) {
    return std::get<Calibration>(import_calibration({*raw / "rigetti" / name}, repairing()));
  };
  const Calibration qcs = import_isa("qcs-isa-Aspen-8.json");
  const Calibration compiler = import_isa("compiler-isa-Aspen-8.json");
  CHECK(qcs.device == "Aspen-8");
  CHECK(qcs.qubit_labels == compiler.qubit_labels);
  CHECK(qcs.n_qubits() == 32);
  std::size_t n_compared = 0;
  for (const GateCalibration& gate : compiler.gates) {
    const GateCalibration* other = qcs.find_gate(gate.name, gate.qubits);
    REQUIRE(other != nullptr);
    CHECK(other->error == gate.error);
    ++n_compared;
  }
  // 30 qubits with sx, sxdg and x; those have rz, and so has 31, which only pairs use; 32 cz, and
  // 30 xy, which are iswap as well.
  CHECK(n_compared == 30 * 3 + 31 + 2 * (32 + 30 + 30));
  for (std::size_t q = 0; q < qcs.qubits.size(); ++q) {
    CHECK(qcs.qubits[q].readout_p10 == compiler.qubits[q].readout_p10);
  }
  CHECK(qcs.qubits[0].readout_p10 == 1 - 0.981);
  CHECK(qcs.find_gate("sx", {0})->error == 1 - 0.989821537688075);
}

TEST_CASE("QProv's raw tables and our figures agree, with their gaps") {
  const auto raw = raw_folder();
  if (!raw) return;
  for (const std::string device : {"ibmq_athens", "ibmq_valencia"}) {
    CAPTURE(device);
    ImportOptions options = repairing();
    options.device = device;
    const auto series = std::get<CalibrationSeries>(import_calibration({*raw / "qprov"}, options));
    const auto table = [&](const std::string& figure) {
      return read_daily(*raw / "qprov" / (device + "_" + figure + ".csv"));
    };
    auto t1 = table("t1"), t2 = table("t2"), readout = table("readout_error");
    std::set<std::string> days;
    for (const auto& daily : {t1, t2, readout, table("cnot_error")}) {
      for (const auto& [day, values] : daily) days.insert(day);
    }
    CHECK(series.states.size() == days.size());
    for (const Calibration& state : series.states) {
      const std::string day = to_iso8601(state.timestamp).substr(0, 10);
      CHECK(days.contains(day));
      const auto value = [&](auto& daily, std::size_t q) {
        const auto found = daily[day].find(q);
        return found == daily[day].end() ? std::nullopt : std::optional<double>(found->second);
      };
      for (std::size_t q = 0; q < 5; ++q) {
        check_figure(state.qubits[q].t1_s, value(t1, q));
        check_figure(state.qubits[q].readout_p10, value(readout, q));
        auto t2_s = value(t2, q);
        if (t2_s && state.qubits[q].t1_s) t2_s = std::min(*t2_s, 2 * *state.qubits[q].t1_s);
        check_figure(state.qubits[q].t2_s, t2_s);
      }
    }
  }
}
