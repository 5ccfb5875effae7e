#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>

#include "calibration/importing.hpp"
#include "calibration/units.hpp"

// Amazon Braket's standardized gate-model properties, alone or as the member "standardized" of a
// device's capabilities, whose "paradigm" and "service" then say more. Versions 1 and 2 have
// figures a qubit and a pair; version 3 has the device's averages.

namespace rhodrift {

namespace {

const std::string schema = "braket.device_schema.standardized_gate_model_qpu_device_properties";

/// The document, in a file of either kind; nullopt when there is none.
std::optional<JsonPlace> standardized(const RawFile& file) {
  if (file.kind() != RawFile::Kind::json || !file.json().value().is_object()) return std::nullopt;
  const auto part = file.json().find("standardized");
  const JsonPlace root = part ? *part : file.json();
  if (!root.value().is_object()) return std::nullopt;
  const auto header = root.find("braketSchemaHeader");
  if (!header || !header->find("name") || header->at("name").value() != schema) return std::nullopt;
  return root;
}

/// Absent or null.
std::optional<JsonPlace> member(const JsonPlace& object, const std::string& key) {
  const auto place = object.find(key);
  if (!place || place->is_null()) return std::nullopt;
  return place;
}

/// The schema leaves the unit open, and Braket's own SDK writes "S". A capital M or P is another
/// prefix, mega or peta; U and N are none, so "US" and "NS" can only be meant one way.
std::string usual_case(std::string unit) {
  if (unit.ends_with('S')) unit.back() = 's';
  if (unit == "Us") return "us";
  if (unit == "Ns") return "ns";
  return unit;
}

double seconds(const JsonPlace& time) {
  const JsonPlace unit = time.at("unit");
  const auto scale = units_per_second(usual_case(unit.string()));
  if (scale) return time.at("value").number() / *scale;
  unit.refuse(fmt::format("unknown unit \"{}\"; known are {}", unit.string(), time_unit_names()));
}

std::optional<double> time_of(const JsonPlace& object, const std::string& key) {
  const auto time = member(object, key);
  return time ? std::optional(seconds(*time)) : std::nullopt;
}

double error_of(const JsonPlace& figure) {
  const auto unit = member(figure, "unit");
  if (unit && unit->string() != "fraction") {
    unit->refuse(fmt::format("unknown unit \"{}\"; known is \"fraction\"", unit->string()));
  }
  const JsonPlace fidelity = figure.at("fidelity");
  if (!(fidelity.number() >= 0 && fidelity.number() <= 1)) {
    fidelity.refuse(fmt::format("{} is outside [0, 1]", fidelity.number()));
  }
  return 1 - fidelity.number();
}

std::string type_of(const JsonPlace& figure) {
  const auto type = member(figure, "fidelityType");
  return type ? type->at("name").string() : "";
}

/// What Braket and what our circuits call a 2-qubit gate. MS with phases 0 is rxx; other phases are
/// virtual z rotations around it.
struct PairGate {
  std::string_view braket;
  std::string_view ours;
  bool symmetric;
};
constexpr std::array pair_gates = {
    PairGate{"CZ", "cz", true},       PairGate{"CNOT", "cx", false},
    PairGate{"CX", "cx", false},      PairGate{"ECR", "ecr", false},
    PairGate{"ISWAP", "iswap", true}, PairGate{"XY", "xy", true},
    PairGate{"CPHASE", "cp", true},   PairGate{"CPHASESHIFT", "cp", true},
    PairGate{"ZZ", "rzz", true},      PairGate{"RZZ", "rzz", true},
    PairGate{"XX", "rxx", true},      PairGate{"RXX", "rxx", true},
    PairGate{"YY", "ryy", true},      PairGate{"RYY", "ryy", true},
    PairGate{"MS", "rxx", true}};

/// nullptr for a gate that we have no name for.
const PairGate* find_pair_gate(const std::string& braket) {
  std::string upper = braket;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  const auto known = std::find_if(pair_gates.begin(), pair_gates.end(),
                                  [&](const PairGate& gate) { return gate.braket == upper; });
  return known == pair_gates.end() ? nullptr : &*known;
}

class BraketReader {
 public:
  BraketReader(const RawFile& file, const ImportOptions& options)
      : file_(file), options_(options), root_(*standardized(file)) {}

  Calibration read() {
    calibration_.vendor = "Amazon Braket";
    calibration_.device = file_.path().stem().string();
    const JsonPlace version = root_.at("braketSchemaHeader").at("version");
    if (version.value() == "1" || version.value() == "2") {
      read_qubits_and_pairs();
    } else if (version.value() == "3") {
      read_averages();
    } else {
      version.refuse(
          fmt::format("{} is unknown; known are \"1\", \"2\", \"3\"", version.value().dump()));
    }
    add_virtual_rz(calibration_);
    calibration_.native_gates = listed_gates(calibration_);
    std::erase_if(calibration_.native_gates,
                  [&](const std::string& name) { return unnamed_.contains(name); });
    calibration_.coupling = coupling_of(calibration_);
    read_time();
    return std::move(calibration_);
  }

 private:
  // Versions 1 and 2.
  void read_qubits_and_pairs() {
    const JsonPlace qubits = root_.at("oneQubitProperties");
    const JsonPlace pairs = root_.at("twoQubitProperties");
    const QubitNames names = name_qubits(qubits.keys());
    for (const std::string& name : names.names()) {
      const JsonPlace place = qubits.at(name);
      QubitCalibration& qubit = calibration_.qubits[static_cast<std::size_t>(*names.index(name))];
      qubit.t1_s = time_of(place, "T1");
      qubit.t2_s = time_of(place, "T2");
      read_qubit_fidelities(place, *names.index(name));
    }
    for (const std::string& key : pairs.keys()) read_pair(pairs.at(key), key, names);
  }

  void read_qubit_fidelities(const JsonPlace& place, int q) {
    const JsonPlace list = place.at("oneQubitFidelity");
    if (const auto error = pulse_error(list)) add_pulses(q, *error, std::nullopt);
    if (const auto error = error_of_type(list, "READOUT")) set_readout(q, *error);
  }

  /// Qubits are driven together in a circuit, so a simultaneous figure is the better one.
  std::optional<double> pulse_error(const JsonPlace& list) {
    const auto together = error_of_type(list, "SIMULTANEOUS_RANDOMIZED_BENCHMARKING");
    return together ? together : error_of_type(list, "RANDOMIZED_BENCHMARKING");
  }

  std::optional<double> error_of_type(const JsonPlace& list, const std::string& type) {
    std::vector<JsonPlace> figures = list.elements();
    std::erase_if(figures, [&](const JsonPlace& figure) { return type_of(figure) != type; });
    if (figures.empty()) return std::nullopt;
    return first_error(figures, "/qubits", fmt::format("fidelities {} of a qubit", type));
  }

  /// Nothing in the schema tells figures of one kind apart.
  double first_error(const std::vector<JsonPlace>& figures, const std::string& place,
                     const std::string& what) {
    const double first = error_of(figures.front());
    for (const JsonPlace& other : figures) {
      if (error_of(other) == first) continue;
      note(calibration_, "first-of-several", place,
           fmt::format("there are several {}; the first is taken", what));
    }
    return first;
  }

  void read_pair(const JsonPlace& place, const std::string& key, const QubitNames& names) {
    const std::size_t dash = key.find('-');
    const auto a = names.index(key.substr(0, dash));
    const auto b = dash == std::string::npos ? a : names.index(key.substr(dash + 1));
    if (dash == std::string::npos || !a || !b) {
      place.refuse("the key is not of the form \"0-1\" with qubits of oneQubitProperties");
    }
    // Of several figures for one gate, the interleaved one is the gate's own.
    std::map<std::string, std::vector<JsonPlace>> interleaved, figures;
    for (const JsonPlace& figure : place.at("twoQubitGateFidelity").elements()) {
      const bool own = type_of(figure).find("INTERLEAVED") != std::string::npos;
      (own ? interleaved : figures)[figure.at("gateName").string()].push_back(figure);
    }
    for (const auto& [braket, own] : interleaved) figures[braket] = own;
    for (const auto& [braket, of_gate] : figures) {
      std::vector<int> qubits{*a, *b};
      const auto direction = member(of_gate.front(), "direction");
      if (direction) {
        qubits = {endpoint(direction->at("control"), names),
                  endpoint(direction->at("target"), names)};
      }
      add_pair_gate(
          braket, qubits, direction.has_value(),
          first_error(of_gate, "/gates", fmt::format("fidelities of {} on {}", braket, key)));
    }
  }

  static int endpoint(const JsonPlace& place, const QubitNames& names) {
    const auto q = names.index(std::to_string(place.integer()));
    if (!q) place.refuse(fmt::format("{} is no qubit of oneQubitProperties", place.integer()));
    return *q;
  }

  /// A gate that we have no name for keeps its own: it is there, though no circuit can ask for it.
  void add_pair_gate(const std::string& braket, const std::vector<int>& qubits, bool directed,
                     double error) {
    const PairGate* gate = find_pair_gate(braket);
    if (!gate) unnamed_.insert(braket);
    const GateCalibration figures{gate ? std::string(gate->ours) : braket, qubits, error, {}};
    if (directed && !(gate && gate->symmetric)) {
      calibration_.gates.push_back(figures);
    } else {
      add_symmetric_gate(calibration_, figures);
    }
  }

  // Version 3.
  void read_averages() {
    const auto qubits = member(root_, "oneQubitProperties");
    const QubitNames names = name_qubits(qubits ? qubits->keys() : counted_qubits());
    const auto pulse_s = time_of(root_, "singleQubitGateDuration");
    const auto average = member(root_, "singleQubitFidelity");
    for (int q = 0; q < names.size(); ++q) {
      QubitCalibration& qubit = calibration_.qubits[static_cast<std::size_t>(q)];
      qubit.t1_s = time_of(root_, "T1");
      qubit.t2_s = time_of(root_, "T2");
      qubit.readout_duration_s = time_of(root_, "readoutDuration");
      if (const auto list = member(root_, "readoutFidelity")) set_readout(q, device_error(*list));
      std::optional<double> error;
      if (qubits) {
        error = pulse_error(
            qubits->at(names.names()[static_cast<std::size_t>(q)]).at("oneQubitFidelity"));
      }
      if (!error && average) error = device_error(*average);
      if (error) add_pulses(q, *error, pulse_s);
      if (const auto reset_s = time_of(root_, "activeResetDuration")) {
        calibration_.gates.push_back({"reset", {q}, {}, reset_s});
      }
    }
    add_average_pairs(names);
    note(calibration_, "device-average", "/",
         "the file has one figure for the whole device; every qubit and pair gets it");
  }

  double device_error(const JsonPlace& list) {
    const std::vector<JsonPlace> figures = list.elements();
    if (figures.empty()) list.refuse("no fidelity in the list");
    return first_error(figures, "/", "fidelities in " + list.pointer());
  }

  /// "0", "1", … as many as the capabilities' paradigm says.
  std::vector<std::string> counted_qubits() const {
    const auto paradigm = member(file_.json(), "paradigm");
    const auto count = paradigm ? member(*paradigm, "qubitCount") : std::nullopt;
    if (!count)
      root_.refuse("neither oneQubitProperties nor paradigm.qubitCount: how many qubits?");
    if (count->integer() < 1 || count->integer() > 10000) {
      count->refuse(fmt::format("{} is outside 1..10000", count->integer()));
    }
    std::vector<std::string> names;
    for (int q = 0; q < count->integer(); ++q) names.push_back(std::to_string(q));
    return names;
  }

  void add_average_pairs(const QubitNames& names) {
    const auto list = member(root_, "twoQubitGateFidelity");
    if (!list) return;
    const double error = device_error(*list);
    const auto duration_s = time_of(root_, "twoQubitGateDuration");
    const std::string gate = native_pair_gate();
    for (const auto& [a, b] : connected_pairs(names)) {
      add_symmetric_gate(calibration_, {gate, {a, b}, error, duration_s});
    }
  }

  /// The 2-qubit gate in the paradigm's nativeGateSet, the first where there are several.
  std::string native_pair_gate() {
    const auto paradigm = member(file_.json(), "paradigm");
    const auto native = paradigm ? member(*paradigm, "nativeGateSet") : std::nullopt;
    std::vector<std::string> listed, known;
    for (const JsonPlace& name : native ? native->elements() : std::vector<JsonPlace>{}) {
      listed.push_back(name.string());
      if (const PairGate* gate = find_pair_gate(name.string())) known.emplace_back(gate->ours);
    }
    if (known.size() > 1) {
      note(calibration_, "first-of-several", "/gates",
           fmt::format("there are several native 2-qubit gates ({}); the device's figures are "
                       "given to the first",
                       fmt::join(known, ", ")));
    }
    if (!known.empty()) return known.front();
    const std::string found =
        listed.empty() ? "the file names no native gates"
                       : fmt::format(
                             "among the native gates {} is no 2-qubit gate that is known "
                             "here",
                             fmt::join(listed, ", "));
    note(calibration_, "two-qubit-gate-assumed", "/gates",
         found + "; the figures of 2-qubit gates are given to cz");
    return "cz";
  }

  std::vector<std::pair<int, int>> connected_pairs(const QubitNames& names) {
    std::vector<std::pair<int, int>> pairs;
    const auto paradigm = member(file_.json(), "paradigm");
    const auto connectivity = paradigm ? member(*paradigm, "connectivity") : std::nullopt;
    if (connectivity && connectivity->at("fullyConnected").value() == false) {
      const JsonPlace graph = connectivity->at("connectivityGraph");
      for (const std::string& key : graph.keys()) {
        for (const JsonPlace& neighbour : graph.at(key).elements()) {
          const auto a = names.index(key), b = names.index(neighbour.string());
          if (!a || !b) neighbour.refuse("an edge of a qubit that the file does not list");
          const std::pair<int, int> pair = std::minmax(*a, *b);
          if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end()) pairs.push_back(pair);
        }
      }
      return pairs;
    }
    if (!connectivity) {
      note(calibration_, "all-pairs-assumed", "/coupling",
           "the file does not say which qubits are connected; all pairs are");
    }
    for (int a = 0; a < names.size(); ++a) {
      for (int b = a + 1; b < names.size(); ++b) pairs.emplace_back(a, b);
    }
    return pairs;
  }

  // All versions.
  QubitNames name_qubits(std::vector<std::string> keys) {
    QubitNames names(std::move(keys));
    calibration_.qubits.resize(static_cast<std::size_t>(names.size()));
    calibration_.qubit_labels = names.labels();
    return names;
  }

  void add_pulses(int q, double error, std::optional<double> duration_s) {
    calibration_.gates.push_back({"sx", {q}, error, duration_s});
    calibration_.gates.push_back({"x", {q}, error, duration_s});
    note(calibration_, "pulses-from-rb", "/gates",
         "sx and x have the error of randomized benchmarking, which names no gate");
  }

  void set_readout(int q, double error) {
    QubitCalibration& qubit = calibration_.qubits[static_cast<std::size_t>(q)];
    qubit.readout_p10 = qubit.readout_p01 = error;
    note(calibration_, "symmetric-readout", "/qubits",
         "the file has one readout fidelity f a qubit; p10 and p01 are both 1 - f");
  }

  void read_time() {
    const auto service = member(file_.json(), "service");
    for (const auto& place : {std::optional(root_), service}) {
      const auto time = place ? member(*place, "updatedAt") : std::nullopt;
      if (!time) continue;
      std::string iso = time->string();
      if (iso.size() > 10 && iso.find_first_of("Z+-", 10) == std::string::npos) {
        iso += 'Z';
        note(calibration_, "utc-assumed", "/timestamp", "the time has no zone; read as UTC");
      }
      calibration_.timestamp = parse_utc(iso, time->source(), time->pointer());
      return;
    }
    date_undated(calibration_, file_.path(), options_);
  }

  const RawFile& file_;
  const ImportOptions& options_;
  JsonPlace root_;
  Calibration calibration_;
  std::set<std::string> unnamed_;  ///< listed gates that are none of ours
};

Calibration read(const RawFile& file, const ImportOptions& options) {
  return BraketReader(file, options).read();
}

std::string misfit(const RawFile& file) {
  if (standardized(file)) return "";
  return fmt::format("no JSON object with the braketSchemaHeader {}", schema);
}

std::vector<Calibration> states(const ImportInput& input) {
  return states_of_files(input, braket_importer, read);
}

}  // namespace

const Importer braket_importer{ImportFormat::braket, "braket", misfit, states};

}  // namespace rhodrift
