#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>

#include "calibration/importing.hpp"
#include "calibration/units.hpp"

// qiskit's BackendProperties: `qubits[q]`, `gates[g].parameters` and `general` are lists of
// {"name", "unit", "value", "date"}.

namespace rhodrift {

namespace {

double seconds(const JsonPlace& item) {
  const JsonPlace unit = item.at("unit");
  const auto scale = units_per_second(unit.string());
  if (scale) return item.at("value").number() / *scale;
  unit.refuse(fmt::format("unknown unit \"{}\" of {}; known are {}", unit.string(),
                          item.at("name").string(), time_unit_names()));
}

double hertz(const JsonPlace& item) {
  const JsonPlace unit = item.at("unit");
  const auto scale = hertz_per_unit(unit.string());
  if (scale) return item.at("value").number() * *scale;
  unit.refuse(fmt::format("unknown unit \"{}\" of {}; known are {}", unit.string(),
                          item.at("name").string(), frequency_unit_names()));
}

double plain(const JsonPlace& item) {
  const JsonPlace unit = item.at("unit");
  if (unit.string().empty()) return item.at("value").number();
  unit.refuse(fmt::format("unknown unit \"{}\" of {}, which has none", unit.string(),
                          item.at("name").string()));
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
    auto error = items.find("gate_error", plain);
    if (items.find("operational", plain) == 0.0 && !(error && *error >= 1)) {
      note(calibration, "not-operational", "/gates",
           fmt::format("{} on {} is not operational; its error is set to 1", name,
                       fmt::join(qubits, ", ")));
      error = 1;
    }
    calibration.gates.push_back({name, qubits, error, duration_s});
  } else if (name == "measure" && qubits.size() == 1) {
    QubitCalibration& qubit = calibration.qubits[static_cast<std::size_t>(qubits[0])];
    if (!qubit.readout_duration_s) qubit.readout_duration_s = duration_s;
  }
}

/// A qubit that is not operational has no gate that works.
void read_operational(const JsonPlace& items, std::size_t q, Calibration& calibration) {
  if (Items(items).find("operational", plain) != 0.0) return;
  note(calibration, "not-operational", fmt::format("/qubits/{}", q),
       fmt::format("qubit {} is not operational; the errors of its gates are set to 1", q));
  for (GateCalibration& gate : calibration.gates) {
    if (std::ranges::find(gate.qubits, static_cast<int>(q)) != gate.qubits.end()) gate.error = 1;
  }
}

/// The configuration has to be of the same device as the properties.
void require_same_device(const JsonPlace& configuration, const Calibration& calibration) {
  const JsonPlace name = configuration.at("backend_name");
  if (name.string() != calibration.device) {
    name.refuse(fmt::format("the configuration is of \"{}\", the properties are of \"{}\"",
                            name.string(), calibration.device));
  }
  const JsonPlace n_qubits = configuration.at("n_qubits");
  if (n_qubits.integer() != calibration.n_qubits()) {
    n_qubits.refuse(fmt::format("{} qubits configured, {} in the properties", n_qubits.integer(),
                                calibration.n_qubits()));
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

/// "zz_717" is of qubits 7 and 17 where these are coupled, and 71 and 7 are not.
std::optional<std::pair<int, int>> coupled_pair(const std::string& digits,
                                                const std::set<std::pair<int, int>>& coupled) {
  for (std::size_t n = 1; n < digits.size(); ++n) {
    if (n > 6 || digits.size() - n > 6) continue;
    const std::pair<int, int> pair{std::stoi(digits.substr(0, n)), std::stoi(digits.substr(n))};
    if (coupled.contains(pair)) return std::minmax(pair.first, pair.second);
  }
  return std::nullopt;
}

/// The static ZZ shifts among the `general` items. Those of pairs without a 2-qubit gate are left.
void read_zz_couplings(const JsonPlace& general, Calibration& calibration) {
  std::set<std::pair<int, int>> coupled;
  for (const auto& [a, b] : calibration.coupling) coupled.insert({{a, b}, {b, a}});
  std::set<std::pair<int, int>> seen;
  for (const JsonPlace& item : general.elements()) {
    const std::string& name = item.at("name").string();
    const std::string digits = name.starts_with("zz_") ? name.substr(3) : "";
    if (digits.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto pair = coupled_pair(digits, coupled);
    if (!pair) continue;
    if (!seen.insert(*pair).second) item.refuse(fmt::format("{} is given twice", name));
    calibration.zz_couplings.push_back({*pair, hertz(item)});
  }
}

/// "2024-02-29T23:30:00-05:00"; with a space, as Python prints it; or as qiskit-ibm-runtime's JSON
/// encoder wraps it, {"__type__": "datetime", "__value__": "…"}.
UtcTime read_time(const JsonPlace& place) {
  const JsonPlace text = place.value().is_object() ? place.at("__value__") : place;
  std::string iso = text.string();
  if (iso.size() > 10 && iso[10] == ' ') iso[10] = 'T';
  return parse_utc(iso, text.source(), text.pointer());
}

/// IBM's documents of one state. Without a configuration every listed gate is taken for native.
Calibration ibm_state(const JsonPlace& properties, const std::optional<JsonPlace>& configuration,
                      const Provenance& provenance) {
  Calibration calibration;
  calibration.device = properties.at("backend_name").string();
  calibration.vendor = "IBM";
  calibration.provenance = provenance;
  calibration.timestamp = read_time(properties.at("last_update_date"));
  const std::vector<JsonPlace> qubits = properties.at("qubits").elements();
  for (std::size_t q = 0; q < qubits.size(); ++q) {
    calibration.qubits.push_back(read_qubit(qubits[q], q, calibration.repairs));
  }
  for (const JsonPlace& gate : properties.at("gates").elements()) read_gate(gate, calibration);
  for (std::size_t q = 0; q < qubits.size(); ++q) read_operational(qubits[q], q, calibration);
  if (configuration) {
    require_same_device(*configuration, calibration);
    calibration.native_gates = read_native_gates(*configuration, calibration);
  } else {
    calibration.native_gates = listed_gates(calibration);
    note(calibration, "native-from-properties", "/native_gates",
         "no configuration says which gates are native; every gate in the properties is");
  }
  calibration.coupling = coupling_of(calibration);
  if (const auto general = properties.find("general")) read_zz_couplings(*general, calibration);
  return calibration;
}

std::string misfit(const RawFile& file) {
  if (file.has_member("properties") && file.has_member("configuration")) return "";
  if (file.has_member("gates") && file.has_member("qubits")) return "";
  if (file.has_member("basis_gates")) return "";
  return "no JSON object with gates and qubits (BackendProperties), with basis_gates "
         "(BackendConfiguration), or with properties and configuration (both)";
}

/// Each file holds both documents, or properties are read against the one configuration among the
/// files. One document is in memory at a time, besides the configuration.
std::vector<Calibration> states(const ImportInput& input) {
  if (input.options.time) {
    throw InputError(input.source, "/last_update_date",
                     "says when the figures are of; a time of one's own is for files without");
  }
  const Provenance provenance = input.provenance("ibm-properties");
  std::vector<Calibration> all;
  std::optional<std::string> device;
  const auto add = [&](Calibration state, const RawFile& file) {
    if (device.value_or(state.device) != state.device) {
      throw InputError(file.source(), "/backend_name",
                       fmt::format("\"{}\", but \"{}\" in the files before; one device at a time",
                                   state.device, *device));
    }
    device = state.device;
    if (input.options.device) state.device = *input.options.device;
    finish_state(state, file.source());
    all.push_back(std::move(state));
  };
  std::vector<std::filesystem::path> properties;
  std::optional<RawFile> configuration;
  for (const std::filesystem::path& path : input.files) {
    RawFile file = open_raw(path, ibm_importer);
    if (file.has_member("properties")) {
      add(ibm_state(file.json().at("properties"), file.json().at("configuration"), provenance),
          file);
    } else if (!file.has_member("basis_gates")) {
      properties.push_back(path);
    } else if (configuration && configuration->json().value() != file.json().value()) {
      file.json().refuse("a second BackendConfiguration, which is another; one at a time");
    } else {
      configuration.emplace(std::move(file));
    }
  }
  if (configuration && properties.empty() && all.empty()) {
    configuration->json().refuse("is a BackendConfiguration without its BackendProperties");
  }
  for (const std::filesystem::path& path : properties) {
    const RawFile file(path);
    add(ibm_state(file.json(), configuration ? std::optional(configuration->json()) : std::nullopt,
                  provenance),
        file);
  }
  return ordered_states(std::move(all), Repeats::same_time, input.source);
}

}  // namespace

const Importer ibm_importer{ImportFormat::ibm, "ibm", misfit, states};

}  // namespace rhodrift
