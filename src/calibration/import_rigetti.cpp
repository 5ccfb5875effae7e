#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "calibration/durations.hpp"
#include "calibration/importing.hpp"

// Rigetti describes a device twice. The ISA of QCS has an architecture (nodes, edges), instructions
// and benchmarks, each with sites (nodes) and characteristics (name, value, timestamp). The ISA of
// the quilc compiler has "1Q" and "2Q": by qubit and edge a list of gates with fidelity and
// duration in ns; what does not work is "dead".

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;

/// RX works at multiples of a quarter turn alone, and these have names. Empty for others.
std::string rx_name(double angle_rad) {
  const auto is = [&](double angle) { return std::abs(angle_rad - angle) < 1e-9; };
  if (is(pi / 2)) return "sx";
  if (is(-pi / 2)) return "sxdg";
  if (is(pi)) return "x";
  return "";
}

double error_of(const JsonPlace& fidelity) {
  const double value = fidelity.number();
  if (!(value >= 0 && value <= 1)) {
    fidelity.refuse(fmt::format("the fidelity {} is outside [0, 1]", value));
  }
  return 1 - value;
}

/// Our names of a 2-qubit gate, all symmetric in their qubits; none of one that is unknown here.
/// XY(pi) is iSWAP.
std::vector<std::string> pair_gate_names(const std::string& name) {
  if (name == "CZ") return {"cz"};
  if (name == "CPHASE") return {"cp"};
  if (name == "ISWAP") return {"iswap"};
  if (name == "XY") return {"xy", "iswap"};
  return {};
}

/// What is left may be a figure that would have mattered.
void note_left(Calibration& calibration, const std::string& what) {
  note(calibration, "unknown-figure-left", "/gates", what + " is not known here and is left");
}

/// A figure that a file may state more than once, as long as it says the same.
void set_once(std::optional<double>& figure, double value, const JsonPlace& stated) {
  if (figure && *figure != value) {
    stated.refuse(
        fmt::format("{} contradicts an earlier figure of the same qubit: it makes {} "
                    "where that made {}",
                    stated.number(), value, *figure));
  }
  figure = value;
}

double positive(const JsonPlace& figure) {
  if (!(figure.number() > 0)) figure.refuse(fmt::format("{} is not > 0", figure.number()));
  return figure.number();
}

void set_readout_error(Calibration& calibration, int q, const JsonPlace& fidelity) {
  QubitCalibration& qubit = calibration.qubits[static_cast<std::size_t>(q)];
  set_once(qubit.readout_p10, error_of(fidelity), fidelity);
  qubit.readout_p01 = qubit.readout_p10;
  note(calibration, "symmetric-readout", "/qubits",
       "the file has one readout fidelity f a qubit; p10 and p01 are both 1 - f");
}

void finish(Calibration& calibration, const QubitNames& names) {
  calibration.vendor = "Rigetti";
  calibration.qubit_labels = names.labels();
  add_virtual_rz(calibration);
  calibration.native_gates = listed_gates(calibration);
  calibration.coupling = coupling_of(calibration);
  for (Repair& repair : add_family_durations(calibration)) {
    calibration.repairs.push_back(std::move(repair));
  }
}

// --- The ISA of QCS -----------------------------------------------------------------------------

class QcsIsa {
 public:
  QcsIsa(const RawFile& file, const ImportOptions& options)
      : file_(file), options_(options), names_(node_names(file.json())) {}

  Calibration read() {
    const JsonPlace root = file_.json();
    calibration_.device = root.at("name").string();
    calibration_.qubits.resize(static_cast<std::size_t>(names_.size()));
    for (const JsonPlace& benchmark : root.at("benchmarks").elements()) read_benchmark(benchmark);
    for (const JsonPlace& instruction : root.at("instructions").elements()) {
      read_instruction(instruction);
    }
    add_pulses();
    finish(calibration_, names_);
    // Devices of another kind date with the epoch what they do not date.
    if (last_.unix_s > 0) {
      calibration_.timestamp = last_;
    } else {
      date_undated(calibration_, file_.path(), options_);
    }
    return std::move(calibration_);
  }

 private:
  static QubitNames node_names(const JsonPlace& root) {
    std::vector<std::string> names;
    for (const JsonPlace& node : root.at("architecture").at("nodes").elements()) {
      names.push_back(std::to_string(node.at("node_id").integer()));
    }
    return QubitNames(std::move(names));
  }

  std::vector<int> operands(const JsonPlace& node_ids) const {
    std::vector<int> qubits;
    for (const JsonPlace& id : node_ids.elements()) {
      const auto q = names_.index(std::to_string(id.integer()));
      if (!q) id.refuse(fmt::format("{} is no node of the architecture", id.integer()));
      qubits.push_back(*q);
    }
    return qubits;
  }

  /// In every characteristic of an instruction or a benchmark: its name, value and nodes, which are
  /// its own or those of its site.
  template <typename Use>
  void for_each_characteristic(const JsonPlace& operation, Use use) {
    for (const JsonPlace& site : operation.at("sites").elements()) {
      for (const JsonPlace& item : site.at("characteristics").elements()) {
        const auto own = item.find("node_ids");
        use(item.at("name").string(), item.at("value"), operands(own ? *own : site.at("node_ids")));
        if (const auto time = item.find("timestamp")) {
          last_ = std::max(last_, parse_utc(time->string(), time->source(), time->pointer()));
        }
      }
    }
  }

  void leave(const JsonPlace& operation, const std::string& characteristic) {
    note_left(calibration_, fmt::format("the characteristic {} of {}", characteristic,
                                        operation.at("name").string()));
  }

  /// "fCZ_std_err": how well another characteristic is known, which we do not keep.
  static bool is_spread(const std::string& name) { return name.ends_with("_std_err"); }

  void read_benchmark(const JsonPlace& benchmark) {
    const bool simultaneous =
        benchmark.at("name").string().find("simultaneous") != std::string::npos;
    for_each_characteristic(benchmark, [&](const std::string& name, const JsonPlace& value,
                                           const std::vector<int>& qubits) {
      if (is_spread(name)) return;
      if (qubits.size() != 1) return leave(benchmark, name);
      const int q = qubits[0];
      QubitCalibration& qubit = calibration_.qubits[static_cast<std::size_t>(q)];
      if (name == "fRB") {
        set_once((simultaneous ? together_ : alone_)[q], error_of(value), value);
      } else if (name == "T1" || name == "T2") {
        set_once(name == "T1" ? qubit.t1_s : qubit.t2_s, positive(value), value);
      } else {
        leave(benchmark, name);
      }
    });
  }

  void read_instruction(const JsonPlace& instruction) {
    const std::string& gate = instruction.at("name").string();
    for_each_characteristic(instruction, [&](const std::string& name, const JsonPlace& value,
                                             const std::vector<int>& qubits) {
      if (name == "fRO" && qubits.size() == 1) {
        set_readout_error(calibration_, qubits[0], value);
      } else if (name == "fAR" && qubits.size() == 1) {
        calibration_.gates.push_back({"reset", qubits, error_of(value), {}});
      } else if (name == "f" + gate && qubits.size() == 2 && !pair_gate_names(gate).empty()) {
        for (const std::string& ours : pair_gate_names(gate)) {
          add_symmetric_gate(calibration_, {ours, qubits, error_of(value), {}});
        }
      } else if (!is_spread(name)) {
        leave(instruction, name);
      }
    });
  }

  /// Randomized benchmarking of all qubits together where it was done, else of each alone.
  void add_pulses() {
    for (const auto& [q, error] : alone_) together_.emplace(q, error);
    for (const auto& [q, error] : together_) {
      for (const char* gate : {"sx", "sxdg", "x"}) {
        calibration_.gates.push_back({gate, {q}, error, {}});
      }
    }
    note(calibration_, "pulses-from-rb", "/gates",
         "sx, sxdg and x have the error of randomized benchmarking, which names no gate");
  }

  const RawFile& file_;
  const ImportOptions& options_;
  QubitNames names_;
  Calibration calibration_;
  std::map<int, std::optional<double>> alone_, together_;
  UtcTime last_;
};

// --- The ISA of the compiler --------------------------------------------------------------------

double nanoseconds(const JsonPlace& gate) {
  const JsonPlace duration = gate.at("duration");
  if (!(duration.number() >= 0)) duration.refuse(fmt::format("{} is not >= 0", duration.number()));
  return duration.number() / 1e9;
}

void read_qubit_gate(const JsonPlace& gate, int q, Calibration& calibration) {
  const std::string& name = gate.at("operator").string();
  const JsonPlace fidelity = gate.at("fidelity");
  const double error = error_of(fidelity);
  if (name == "MEASURE") {
    // Twice, into a bit and into none.
    set_readout_error(calibration, q, fidelity);
    set_once(calibration.qubits[static_cast<std::size_t>(q)].readout_duration_s, nanoseconds(gate),
             gate.at("duration"));
  } else if (name == "RX") {
    const std::vector<JsonPlace> angles = gate.at("parameters").elements();
    if (angles.size() != 1 || !angles[0].value().is_number()) return;
    const std::string ours = rx_name(angles[0].number());
    if (!ours.empty()) calibration.gates.push_back({ours, {q}, error, nanoseconds(gate)});
  } else if (name != "RZ" && name != "I" && name != "_") {  // virtual, nothing, quilc's wildcard
    note_left(calibration, "the gate " + name);
  }
}

void read_pair_gate(const JsonPlace& gate, const std::vector<int>& qubits,
                    Calibration& calibration) {
  const std::string& name = gate.at("operator").string();
  const double error = error_of(gate.at("fidelity"));
  if (name == "_") return;  // quilc's wildcard: no gate of its own
  if (pair_gate_names(name).empty()) note_left(calibration, "the gate " + name);
  for (const std::string& ours : pair_gate_names(name)) {
    add_symmetric_gate(calibration, {ours, qubits, error, nanoseconds(gate)});
  }
}

/// A qubit or an edge that is out of use, whatever gates it lists, if any. Each for itself: edges
/// of a dead qubit can be alive.
bool is_dead(const JsonPlace& place) {
  const auto dead = place.find("dead");
  if (!dead) return false;
  if (!dead->value().is_boolean()) {
    dead->refuse(fmt::format("{} is neither true nor false", dead->value().dump()));
  }
  return dead->value().get<bool>();
}

Calibration read_compiler_isa(const RawFile& file, const ImportOptions& options) {
  const JsonPlace qubits = file.json().at("1Q");
  const QubitNames names(qubits.keys());
  Calibration calibration;
  calibration.device = file.path().stem().string();
  calibration.qubits.resize(static_cast<std::size_t>(names.size()));
  for (int q = 0; q < names.size(); ++q) {
    const JsonPlace qubit = qubits.at(names.names()[static_cast<std::size_t>(q)]);
    if (is_dead(qubit)) continue;
    for (const JsonPlace& gate : qubit.at("gates").elements()) {
      read_qubit_gate(gate, q, calibration);
    }
  }
  const JsonPlace edges = file.json().at("2Q");
  for (const std::string& key : edges.keys()) {
    const JsonPlace edge = edges.at(key);
    if (is_dead(edge)) continue;
    std::vector<int> operands;
    for (const JsonPlace& id : edge.at("ids").elements()) {
      const auto q = names.index(std::to_string(id.integer()));
      if (!q) id.refuse(fmt::format("{} is not among the qubits of 1Q", id.integer()));
      operands.push_back(*q);
    }
    if (operands.size() != 2) edge.at("ids").refuse("two qubits are expected");
    for (const JsonPlace& gate : edge.at("gates").elements()) {
      read_pair_gate(gate, operands, calibration);
    }
  }
  finish(calibration, names);
  date_undated(calibration, file.path(), options);
  return calibration;
}

// ------------------------------------------------------------------------------------------------

bool is_compiler_isa(const RawFile& file) {
  return file.has_member("1Q") && file.has_member("2Q");
}

Calibration read(const RawFile& file, const ImportOptions& options) {
  if (is_compiler_isa(file)) return read_compiler_isa(file, options);
  return QcsIsa(file, options).read();
}

std::string misfit(const RawFile& file) {
  if (is_compiler_isa(file)) return "";
  if (file.has_member("architecture") && file.has_member("instructions") &&
      file.has_member("benchmarks")) {
    return "";
  }
  return "no JSON object with architecture, instructions and benchmarks (QCS ISA), or with 1Q and "
         "2Q (compiler ISA)";
}

std::vector<Calibration> states(const ImportInput& input) {
  return states_of_files(input, rigetti_importer, read);
}

}  // namespace

const Importer rigetti_importer{ImportFormat::rigetti, "rigetti", misfit, states};

}  // namespace rhodrift
