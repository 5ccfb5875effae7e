#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "calibration/importing.hpp"

// qiskit's BackendProperties: `qubits[q]` and `gates[g].parameters` are lists of
// {"name", "unit", "value", "date"}.

namespace rhodrift {

namespace {

struct Unit {
  std::string_view name;
  double scale;  ///< an exact power of ten
};
/// So many of the unit are a second.
constexpr std::array time_units = {Unit{"s", 1},         Unit{"ms", 1e3},      Unit{"us", 1e6},
                                   Unit{"\u00b5s", 1e6}, Unit{"\u03bcs", 1e6}, Unit{"ns", 1e9}};
/// The unit is so many Hz.
constexpr std::array frequency_units = {Unit{"Hz", 1}, Unit{"kHz", 1e3}, Unit{"MHz", 1e6},
                                        Unit{"GHz", 1e9}};
constexpr std::array no_units = {Unit{"", 1}};

template <std::size_t n>
double scale(const JsonPlace& item, const std::array<Unit, n>& units) {
  const JsonPlace unit = item.at("unit");
  const auto known = std::find_if(units.begin(), units.end(),
                                  [&](const Unit& u) { return u.name == unit.string(); });
  if (known != units.end()) return known->scale;
  std::vector<std::string_view> names;
  for (const Unit& u : units) names.push_back(u.name);
  unit.refuse(fmt::format("unknown unit \"{}\" of {}; known are \"{}\"", unit.string(),
                          item.at("name").string(), fmt::join(names, "\", \"")));
}

/// Dividing by an exact power of ten rounds once; multiplying by 1e-6 would round twice.
double seconds(const JsonPlace& item) {
  return item.at("value").number() / scale(item, time_units);
}
double hertz(const JsonPlace& item) {
  return item.at("value").number() * scale(item, frequency_units);
}
double plain(const JsonPlace& item) {
  return item.at("value").number() * scale(item, no_units);
}

/// The items of one qubit or gate by name. Others than those asked for are left alone.
class Items {
 public:
  explicit Items(const JsonPlace& list) {
    for (const JsonPlace& item : list.elements()) {
      const std::string& name = item.at("name").string();
      if (!items_.emplace(name, item).second) item.refuse(fmt::format("{} is given twice", name));
    }
  }

  std::optional<double> find(const std::string& name, double (*convert)(const JsonPlace&)) const {
    const auto item = items_.find(name);
    if (item == items_.end()) return std::nullopt;
    return convert(item->second);
  }

 private:
  std::map<std::string, JsonPlace> items_;
};

/// Readout is a property of the qubit; listed as a gate it would be counted twice.
bool is_measurement(const std::string& gate) {
  return gate.starts_with("measure");
}

QubitCalibration read_qubit(const JsonPlace& place, std::size_t q, std::vector<Repair>& repairs) {
  const Items items(place);
  QubitCalibration qubit;
  qubit.t1_s = items.find("T1", seconds);
  qubit.t2_s = items.find("T2", seconds);
  qubit.frequency_hz = items.find("frequency", hertz);
  qubit.readout_p10 = items.find("prob_meas1_prep0", plain);
  qubit.readout_p01 = items.find("prob_meas0_prep1", plain);
  qubit.readout_duration_s = items.find("readout_length", seconds);
  const auto readout_error = items.find("readout_error", plain);
  if (readout_error && !(qubit.readout_p10 && qubit.readout_p01)) {
    qubit.readout_p10 = qubit.readout_p01 = readout_error;
    repairs.push_back({"symmetric-readout", fmt::format("/qubits/{}/readout", q),
                       fmt::format("prob_meas1_prep0 or prob_meas0_prep1 is missing; both are now "
                                   "readout_error {}",
                                   *readout_error)});
  }
  return qubit;
}

std::vector<int> read_operands(const JsonPlace& place, int n_qubits) {
  std::vector<int> qubits;
  for (const JsonPlace& operand : place.elements()) {
    const int qubit = operand.integer();
    if (qubit < 0 || qubit >= n_qubits) {
      operand.refuse(fmt::format("qubit {} is outside 0..{}", qubit, n_qubits - 1));
    }
    qubits.push_back(qubit);
  }
  return qubits;
}

void read_gate(const JsonPlace& place, Calibration& calibration) {
  const std::string& name = place.at("gate").string();
  const std::vector<int> qubits = read_operands(place.at("qubits"), calibration.n_qubits());
  const Items items(place.at("parameters"));
  const auto duration_s = items.find("gate_length", seconds);
  if (!is_measurement(name)) {
    calibration.gates.push_back({name, qubits, items.find("gate_error", plain), duration_s});
  } else if (name == "measure" && qubits.size() == 1) {
    QubitCalibration& qubit = calibration.qubits[static_cast<std::size_t>(qubits[0])];
    if (!qubit.readout_duration_s) qubit.readout_duration_s = duration_s;
  }
}

/// Operations that the device runs (its configuration) and that the properties list.
std::vector<std::string> read_native_gates(const JsonPlace& configuration,
                                           const Calibration& calibration) {
  std::set<std::string> listed;
  for (const GateCalibration& gate : calibration.gates) listed.insert(gate.name);
  std::set<std::string> native;
  for (const JsonPlace& name : configuration.at("basis_gates").elements()) {
    native.insert(name.string());
  }
  for (const JsonPlace& gate : configuration.at("gates").elements()) {
    native.insert(gate.at("name").string());
  }
  std::vector<std::string> both;
  std::set_intersection(native.begin(), native.end(), listed.begin(), listed.end(),
                        std::back_inserter(both));
  return both;
}

std::vector<std::pair<int, int>> coupling_of(const Calibration& calibration) {
  const auto& native = calibration.native_gates;
  std::set<std::pair<int, int>> pairs;
  for (const GateCalibration& gate : calibration.gates) {
    if (gate.qubits.size() == 2 && std::binary_search(native.begin(), native.end(), gate.name)) {
      pairs.emplace(gate.qubits[0], gate.qubits[1]);
    }
  }
  return {pairs.begin(), pairs.end()};
}

Calibration finished(Calibration calibration, const ImportOptions& options,
                     const std::string& source) {
  if (options.device) calibration.device = *options.device;
  finish_state(calibration, source);
  require_repairs_allowed({calibration}, options, source);
  return calibration;
}

}  // namespace

Calibration ibm_state(const JsonPlace& properties, const JsonPlace& configuration,
                      const Provenance& provenance) {
  Calibration calibration;
  calibration.device = properties.at("backend_name").string();
  const JsonPlace configured = configuration.at("backend_name");
  if (configured.string() != calibration.device) {
    configured.refuse(fmt::format("the configuration is of \"{}\", the properties are of \"{}\"",
                                  configured.string(), calibration.device));
  }
  calibration.vendor = "IBM";
  calibration.provenance = provenance;
  const JsonPlace updated = properties.at("last_update_date");
  calibration.timestamp = parse_utc(updated.string(), updated.source(), updated.pointer());

  const std::vector<JsonPlace> qubits = properties.at("qubits").elements();
  const JsonPlace n_qubits = configuration.at("n_qubits");
  if (n_qubits.integer() != static_cast<int>(qubits.size())) {
    n_qubits.refuse(fmt::format("{} qubits configured, {} in the properties", n_qubits.integer(),
                                qubits.size()));
  }
  for (std::size_t q = 0; q < qubits.size(); ++q) {
    calibration.qubits.push_back(read_qubit(qubits[q], q, calibration.repairs));
  }
  for (const JsonPlace& gate : properties.at("gates").elements()) read_gate(gate, calibration);
  calibration.native_gates = read_native_gates(configuration, calibration);
  calibration.coupling = coupling_of(calibration);
  return calibration;
}

Calibration import_ibm(const std::filesystem::path& properties,
                       const std::filesystem::path& configuration, const ImportOptions& options) {
  const JsonDocument properties_document(read_file(properties), properties.string());
  const JsonDocument configuration_document(read_file(configuration), configuration.string());
  const std::string files =
      properties.filename().string() + ", " + configuration.filename().string();
  return finished(ibm_state(properties_document.root(), configuration_document.root(),
                            provenance_of(options, files, "ibm-properties")),
                  options, properties.string());
}

Calibration import_ibm_snapshot(const std::filesystem::path& path, const ImportOptions& options) {
  const JsonDocument document(read_file(path), path.string());
  const JsonPlace root = document.root();
  return finished(ibm_state(root.at("properties"), root.at("configuration"),
                            provenance_of(options, path.filename().string(), "ibm-properties")),
                  options, path.string());
}

}  // namespace rhodrift
