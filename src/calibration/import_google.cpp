#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <numbers>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>

#include "calibration/durations.hpp"
#include "calibration/importing.hpp"

// Google's calibration metrics as Cirq writes them: a flat list of {"name", "targets", "values"},
// the targets being qubits "row_column" of the grid.

namespace rhodrift {

namespace {

/// One metric by its targets.
using Metric = std::map<std::vector<std::string>, double>;

JsonPlace value_of(const JsonPlace& item) {
  const std::vector<JsonPlace> values = item.at("values").elements();
  if (values.size() != 1) {
    item.at("values").refuse(fmt::format("{} values where one is expected", values.size()));
  }
  for (const char* kind : {"doubleVal", "floatVal"}) {
    if (const auto number = values[0].find(kind)) return *number;
  }
  values[0].refuse("neither doubleVal nor floatVal");
}

/// What the metrics that are read may be, by the ends of their names. Angles are called errors too.
struct Range {
  std::string_view suffix;
  double low, high;
  const char* text;
};
constexpr double pi = std::numbers::pi;
constexpr std::array ranges = {Range{"_p00_error", 0, 1, "[0, 1]"},
                               Range{"_p11_error", 0, 1, "[0, 1]"},
                               Range{"_rb_pauli_error_per_gate", 0, 1, "[0, 1]"},
                               Range{"_rb_incoherent_error_per_gate", 0, 1, "[0, 1]"},
                               Range{"_xeb_pauli_error_per_cycle", 0, 1, "[0, 1]"},
                               Range{"_theta_error_per_cycle", -pi, pi, "[-pi, pi] rad"},
                               Range{"_phi_error_per_cycle", -pi, pi, "[-pi, pi] rad"}};

/// The value of a metric, where it is one that the metric can have.
double checked_value(const JsonPlace& item, const std::string& name,
                     const std::vector<std::string>& targets) {
  const JsonPlace place = value_of(item);
  const double value = place.number();
  const auto refuse = [&](const std::string& problem) {
    place.refuse(fmt::format("{} of {}: {} {}", name, fmt::join(targets, ", "), value, problem));
  };
  if (name == "single_qubit_idle_t1_micros" && !(value > 0)) refuse("is not > 0");
  for (const Range& range : ranges) {
    if (name.ends_with(range.suffix) && !(value >= range.low && value <= range.high)) {
      refuse(fmt::format("is outside {}", range.text));
    }
  }
  return value;
}

/// All metrics of a file by name.
class Metrics {
 public:
  explicit Metrics(const JsonPlace& list) {
    for (const JsonPlace& item : list.elements()) {
      std::vector<std::string> targets;
      for (const JsonPlace& target : item.at("targets").elements()) {
        // Older files write "q4_2".
        const std::string& name = target.string();
        targets.push_back(name.starts_with('q') ? name.substr(1) : name);
      }
      const std::string& name = item.at("name").string();
      if (!metrics_[name].emplace(targets, checked_value(item, name, targets)).second) {
        item.refuse(fmt::format("{} of these targets is given twice", name));
      }
    }
  }

  /// Empty when the file has none of that name.
  const Metric& operator[](const std::string& name) const {
    static const Metric none;
    const auto found = metrics_.find(name);
    return found == metrics_.end() ? none : found->second;
  }
  std::optional<double> find(const std::string& name, const std::string& qubit) const {
    const Metric& metric = (*this)[name];
    const auto found = metric.find({qubit});
    return found == metric.end() ? std::nullopt : std::optional(found->second);
  }
  /// Of a gate that is symmetric: in either order of its targets.
  std::optional<double> find(const std::string& name, const std::string& a,
                             const std::string& b) const {
    const Metric& metric = (*this)[name];
    for (const auto& targets : {std::vector{a, b}, std::vector{b, a}}) {
      const auto found = metric.find(targets);
      if (found != metric.end()) return found->second;
    }
    return std::nullopt;
  }
  std::vector<std::string> qubits() const {
    std::set<std::string> names;
    for (const auto& [name, metric] : metrics_) {
      for (const auto& [targets, value] : metric) names.insert(targets.begin(), targets.end());
    }
    return {names.begin(), names.end()};
  }

 private:
  std::map<std::string, Metric> metrics_;
};

/// A Pauli error e is 1 - F_pro; the average infidelity is d/(d + 1) of it.
double average_infidelity(double pauli_error, double d) {
  return pauli_error * d / (d + 1);
}

/// Simultaneous readout where it was measured, as all qubits of a circuit are read at once.
std::optional<double> readout_error(const Metrics& metrics, const std::string& which,
                                    const std::string& qubit) {
  const auto parallel = metrics.find("parallel_" + which + "_error", qubit);
  return parallel ? parallel : metrics.find("single_qubit_" + which + "_error", qubit);
}

/// Files have T1 but no T2. The incoherent error of a gate of duration t, which is an average
/// infidelity, is t/(3 T1) + t/(3 Tphi); 1/T2 = 1/(2 T1) + 1/Tphi.
double t2_from_incoherent_error(double t1_s, double error, double duration_s) {
  const double dephasing_per_s = std::max(0.0, 3 * error / duration_s - 1 / t1_s);
  return std::min(2 * t1_s, 1 / (1 / (2 * t1_s) + dephasing_per_s));
}

QubitCalibration read_qubit(const Metrics& metrics, const std::string& name,
                            std::optional<double> pulse_s) {
  QubitCalibration qubit;
  qubit.readout_p10 = readout_error(metrics, "p00", name);
  qubit.readout_p01 = readout_error(metrics, "p11", name);
  if (const auto micros = metrics.find("single_qubit_idle_t1_micros", name)) {
    qubit.t1_s = *micros / 1e6;
  }
  const auto incoherent = metrics.find("single_qubit_rb_incoherent_error_per_gate", name);
  if (qubit.t1_s && *qubit.t1_s > 0 && incoherent && pulse_s) {
    qubit.t2_s = t2_from_incoherent_error(*qubit.t1_s, *incoherent, *pulse_s);
  }
  return qubit;
}

/// PhasedXZ, under the name of qelib1 and those of its instances that circuits hold.
void add_pulses(const Metrics& metrics, const QubitNames& names, Calibration& calibration) {
  for (const auto& [targets, pauli_error] : metrics["single_qubit_rb_pauli_error_per_gate"]) {
    const int q = *names.index(targets[0]);
    for (const char* gate : {"u3", "sx", "x"}) {
      calibration.gates.push_back({gate, {q}, average_infidelity(pauli_error, 2), {}});
    }
  }
}

struct Entangler {
  const char* gate;    ///< our name
  const char* metric;  ///< what stands for it in the names of metrics
};
constexpr std::array entanglers = {Entangler{"syc", "sycamore_gate"},
                                   Entangler{"sqrt_iswap", "sqrt_iswap_gate"},
                                   Entangler{"cz", "cz_gate"}};

/// The entangler alone. A cycle of cross-entropy benchmarking has a single-qubit gate on either
/// qubit too, and small Pauli errors add up.
double entangler_error(const Metrics& metrics, const std::vector<std::string>& pair,
                       double cycle_error, Calibration& calibration) {
  double error = cycle_error;
  for (const std::string& qubit : pair) {
    error -= metrics.find("single_qubit_rb_pauli_error_per_gate", qubit).value_or(0);
  }
  if (error > 0) return error;
  note(calibration, "cycle-error-kept", "/gates",
       fmt::format("on {} and {} the error of a cycle, {}, is below those of its single-qubit "
                   "gates; it is taken for the entangler's alone",
                   pair[0], pair[1], cycle_error));
  return cycle_error;
}

void add_entangler(const Metrics& metrics, const QubitNames& names, const Entangler& entangler,
                   Calibration& calibration) {
  const std::string parallel = fmt::format("two_qubit_parallel_{}_xeb_", entangler.metric);
  const std::string isolated = fmt::format("two_qubit_{}_xeb_", entangler.metric);
  // Simultaneous figures where they were measured; only these have angles.
  const std::string& prefix =
      metrics[parallel + "pauli_error_per_cycle"].empty() ? isolated : parallel;
  std::set<std::pair<int, int>> seen;
  for (const auto& [pair, cycle_error] : metrics[prefix + "pauli_error_per_cycle"]) {
    const int a = *names.index(pair[0]), b = *names.index(pair[1]);
    if (!seen.insert(std::minmax(a, b)).second) continue;
    GateCalibration gate{entangler.gate, {a, b}, {}, {}};
    gate.error = average_infidelity(entangler_error(metrics, pair, cycle_error, calibration), 4);
    gate.fsim_theta_error_rad =
        metrics.find(prefix + "entangler_theta_error_per_cycle", pair[0], pair[1]);
    gate.fsim_phi_error_rad =
        metrics.find(prefix + "entangler_phi_error_per_cycle", pair[0], pair[1]);
    add_symmetric_gate(calibration, gate);
  }
}

/// Every metric has as many targets as its name says.
void require_targets(const Metrics& metrics, const std::string& name, std::size_t n,
                     const JsonPlace& place) {
  for (const auto& [targets, value] : metrics[name]) {
    if (targets.size() == n) continue;
    place.refuse(fmt::format("{} with {} targets; it has {}", name, targets.size(), n));
  }
}

std::string device_name(const std::filesystem::path& file) {
  std::string name = file.stem().string();
  return name.substr(0, std::min(name.find("_20"), name.find("-20")));
}

std::optional<UtcTime> stated_time(const JsonPlace& root) {
  const auto ms = root.find("timestampMs");
  if (!ms) return std::nullopt;
  // Protocol buffers write 64-bit numbers as strings.
  const std::string text = ms->value().is_number() ? ms->value().dump() : ms->string();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr double year_10000_ms = 253402300800000.0;
  if (error != std::errc() || end != text.data() + text.size() ||
      !(value >= 0 && value < year_10000_ms)) {
    ms->refuse(fmt::format("\"{}\" is no number of milliseconds from 1970 to 9999", text));
  }
  return UtcTime{static_cast<std::int64_t>(value / 1000)};
}

Calibration read(const RawFile& file, const ImportOptions& options) {
  const JsonPlace root = file.json().find("cirq_type") ? file.json().at("metrics") : file.json();
  const JsonPlace list = root.at("metrics");
  const Metrics metrics(list);
  require_targets(metrics, "single_qubit_rb_pauli_error_per_gate", 1, list);
  for (const Entangler& entangler : entanglers) {
    for (const char* form : {"two_qubit_parallel_{}_xeb_", "two_qubit_{}_xeb_"}) {
      const std::string prefix = fmt::format(fmt::runtime(form), entangler.metric);
      require_targets(metrics, prefix + "pauli_error_per_cycle", 2, list);
    }
  }
  const QubitNames names(metrics.qubits());

  Calibration calibration;
  calibration.device = device_name(file.path());
  calibration.vendor = "Google";
  if (const auto time = stated_time(root)) {
    calibration.timestamp = *time;
  } else {
    date_undated(calibration, file.path(), options);
  }
  calibration.qubit_labels = names.labels();
  add_pulses(metrics, names, calibration);
  for (const Entangler& entangler : entanglers) {
    add_entangler(metrics, names, entangler, calibration);
  }
  add_virtual_rz(calibration);
  calibration.native_gates = listed_gates(calibration);
  calibration.coupling = coupling_of(calibration);
  const std::optional<double> pulse_s = family_duration_s(calibration, "sx");
  for (const std::string& name : names.names()) {
    calibration.qubits.push_back(read_qubit(metrics, name, pulse_s));
  }
  if (std::ranges::any_of(calibration.qubits,
                          [](const QubitCalibration& qubit) { return qubit.t2_s.has_value(); })) {
    note(calibration, "t2-from-incoherent-error", "/qubits",
         fmt::format("T2 of every qubit is what makes the incoherent error of a {} s gate",
                     *pulse_s));
  }
  for (Repair& repair : add_family_durations(calibration)) {
    calibration.repairs.push_back(std::move(repair));
  }
  return calibration;
}

std::string misfit(const RawFile& file) {
  if (file.has_member("cirq_type") && file.has_member("metrics") &&
      file.json().at("cirq_type").value() == "Calibration") {
    return "";
  }
  if (file.has_member("metrics") && file.json().at("metrics").value().is_array()) return "";
  return "no JSON object with cirq_type \"Calibration\" and metrics, or with a list of metrics";
}

std::vector<Calibration> states(const ImportInput& input) {
  return states_of_files(input, google_importer, read);
}

}  // namespace

const Importer google_importer{ImportFormat::google, "google", misfit, states};

}  // namespace rhodrift
