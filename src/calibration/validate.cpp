#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>

#include "calibration/durations.hpp"
#include "calibration/importing.hpp"
#include "calibration/repair.hpp"

namespace rhodrift {

namespace {

using Severity = Finding::Severity;

/// Walks over a calibration in the order of its file and collects what is wrong.
class Validation {
 public:
  explicit Validation(const Calibration& calibration) : calibration_(calibration) {
    for (const QubitCalibration& qubit : calibration.qubits) has_t1_ = has_t1_ || qubit.t1_s;
  }

  std::vector<Finding> run() {
    if (calibration_.device.empty()) error("/device", "the name is empty");
    check_native_gates();
    check_coupling();
    check_labels();
    if (calibration_.qubits.empty()) error("/qubits", "no qubits; at least one is needed");
    for (std::size_t q = 0; q < calibration_.qubits.size(); ++q) {
      check_qubit(calibration_.qubits[q], fmt::format("/qubits/{}", q));
    }
    std::set<std::pair<std::string, std::vector<int>>> seen;
    for (std::size_t g = 0; g < calibration_.gates.size(); ++g) {
      const GateCalibration& gate = calibration_.gates[g];
      const std::string place = fmt::format("/gates/{}", g);
      check_gate(gate, place);
      const auto [first, added] = operands_of_.emplace(gate.name, gate.qubits);
      if (!added && !first->second.empty() && first->second.size() != gate.qubits.size()) {
        warning(place + "/qubits", fmt::format("{} on {}; the first one is on {}", gate.name,
                                               list(gate.qubits), list(first->second)));
      }
      if (!seen.emplace(gate.name, gate.qubits).second) {
        error(place, fmt::format("gate {} on {} is listed twice", gate.name, list(gate.qubits)));
      }
    }
    check_zz_couplings();
    check_readout_matrices();
    const bool is_sound = std::ranges::none_of(
        findings_, [](const Finding& finding) { return finding.severity == Severity::error; });
    if (is_sound) check_uncoupled_gates();  // else it may follow from an error
    return std::move(findings_);
  }

 private:
  void error(std::string place, std::string problem, std::string repair = "") {
    findings_.push_back({Severity::error, std::move(place), std::move(problem), std::move(repair)});
  }
  void warning(std::string place, std::string problem, std::string repair = "") {
    findings_.push_back(
        {Severity::warning, std::move(place), std::move(problem), std::move(repair)});
  }
  static std::string list(const std::vector<int>& qubits) {
    return fmt::format("[{}]", fmt::join(qubits, ", "));
  }

  void check_native_gates() {
    std::set<std::string> seen, with_figures;
    for (const GateCalibration& gate : calibration_.gates) with_figures.insert(gate.name);
    for (std::size_t i = 0; i < calibration_.native_gates.size(); ++i) {
      const std::string& name = calibration_.native_gates[i];
      const std::string place = fmt::format("/native_gates/{}", i);
      if (!seen.insert(name).second) {
        error(place, fmt::format("\"{}\" is listed twice", name));
      } else if (!with_figures.contains(name)) {
        warning(place, fmt::format("no gate \"{}\" is listed in /gates", name));
      }
    }
  }

  void check_coupling() {
    std::set<std::pair<int, int>> seen;
    for (std::size_t i = 0; i < calibration_.coupling.size(); ++i) {
      const auto& pair = calibration_.coupling[i];
      const std::string place = fmt::format("/coupling/{}", i);
      check_operands({pair.first, pair.second}, place);
      if (!seen.insert(pair).second) {
        error(place, fmt::format("the pair [{}, {}] is listed twice", pair.first, pair.second));
      }
    }
  }

  /// Every pair with a native gate is one that circuits can use.
  void check_uncoupled_gates() {
    const std::set<std::pair<int, int>> coupled(calibration_.coupling.begin(),
                                                calibration_.coupling.end());
    for (const auto& pair : coupling_of(calibration_)) {
      if (!coupled.contains(pair)) {
        warning("/coupling", fmt::format("[{}, {}] has a native gate, but is not among the pairs",
                                         pair.first, pair.second));
      }
    }
  }

  void check_labels() {
    const auto& labels = calibration_.qubit_labels;
    if (labels.empty()) return;
    if (labels.size() != calibration_.qubits.size()) {
      error("/qubit_labels",
            fmt::format("{} labels of {} qubits", labels.size(), calibration_.qubits.size()));
    }
    std::set<std::string> seen;
    for (std::size_t q = 0; q < labels.size(); ++q) {
      if (!seen.insert(labels[q]).second) {
        error(fmt::format("/qubit_labels/{}", q), fmt::format("\"{}\" is listed twice", labels[q]));
      }
    }
  }

  /// A figure that no superconducting device has comes from a wrong unit. Of others we know less.
  void check_plausible(std::optional<double> value, const std::string& place, double low,
                       double high, const char* unit) {
    const std::string& vendor = calibration_.vendor;
    if (vendor != "IBM" && vendor != "Google" && vendor != "Rigetti") return;
    if (!value || !(*value > 0) || (*value >= low && *value <= high)) return;
    warning(place, fmt::format("{} {} is outside {} to {} {}: a wrong unit?", *value, unit, low,
                               high, unit));
  }

  void check_qubit(const QubitCalibration& qubit, const std::string& place) {
    check_positive(qubit.t1_s, place + "/t1_s", " s");
    check_positive(qubit.t2_s, place + "/t2_s", " s");
    if (exceeds_physical_t2(qubit)) {
      error(place + "/t2_s", fmt::format("{} s exceeds 2 T1 = {} s", *qubit.t2_s, 2 * *qubit.t1_s),
            "clamp-t2");
    }
    if (!qubit.t1_s) warning(place, "t1_s is missing", has_t1_ ? "median-t1" : "");
    if (!qubit.t2_s) warning(place, "t2_s is missing");
    if (qubit.frequency_hz) check_positive(qubit.frequency_hz, place + "/frequency_hz", " Hz");
    check_probability(qubit.readout_p10, place + "/readout/p10");
    check_probability(qubit.readout_p01, place + "/readout/p01");
    if (!qubit.readout_p10 && !qubit.readout_p01) {
      warning(place, "readout is missing");
    } else if (!qubit.readout_p10 || !qubit.readout_p01) {
      error(place + "/readout",
            fmt::format("only {} is given; p10 and p01 belong together",
                        qubit.readout_p10 ? "p10" : "p01"),
            "symmetric-readout");
    } else if (*qubit.readout_p10 <= 1 && *qubit.readout_p01 <= 1 &&
               *qubit.readout_p10 + *qubit.readout_p01 >= 1) {
      warning(place + "/readout",
              fmt::format("p10 + p01 = {}: >= 1 says nothing of the qubit, or the contrary",
                          *qubit.readout_p10 + *qubit.readout_p01));
    }
    check_not_negative(qubit.readout_duration_s, place + "/readout_duration_s", " s");
    check_plausible(qubit.t1_s, place + "/t1_s", 1e-8, 0.1, "s");
    check_plausible(qubit.t2_s, place + "/t2_s", 1e-8, 0.1, "s");
    check_plausible(qubit.frequency_hz, place + "/frequency_hz", 1e8, 2e10, "Hz");
  }

  void check_gate(const GateCalibration& gate, const std::string& place) {
    if (gate.name.empty()) error(place + "/name", "the name is empty");
    if (gate.qubits.empty()) error(place + "/qubits", "no operands; at least one is needed");
    check_operands(gate.qubits, place + "/qubits");
    check_not_negative(gate.error, place + "/error", "");
    check_not_negative(gate.duration_s, place + "/duration_s", " s");
    check_plausible(gate.duration_s, place + "/duration_s", 1e-10, 1e-3, "s");
    check_angle(gate.over_rotation_rad, place + "/over_rotation_rad");
    check_angle(gate.fsim_theta_error_rad, place + "/fsim_theta_error_rad");
    check_angle(gate.fsim_phi_error_rad, place + "/fsim_phi_error_rad");
    if ((gate.fsim_theta_error_rad || gate.fsim_phi_error_rad) && gate.qubits.size() != 2) {
      error(place, fmt::format("angles of FSim on {} qubits; it has two", gate.qubits.size()));
    }
    const std::string gate_text = fmt::format("{} on {}", gate.name, list(gate.qubits));
    // A reset's error is that of the readout where nobody says otherwise (docs/noise.md).
    if (!gate.error && gate.name != "reset") warning(place, gate_text + " has no error");
    if (!gate.duration_s) {
      warning(place, gate_text + " has no duration",
              family_duration_s(calibration_, gate.name) ? "duration-from-family" : "");
    }
    if (gate.error && *gate.error >= 1) {
      warning(place + "/error",
              fmt::format("{} of {}: >= 1 marks a faulty gate", *gate.error, gate_text),
              "drop-faulty-gate");
    }
  }

  void check_zz_couplings() {
    std::set<std::pair<int, int>> seen;
    for (std::size_t i = 0; i < calibration_.zz_couplings.size(); ++i) {
      const ZzCoupling& zz = calibration_.zz_couplings[i];
      const std::string place = fmt::format("/zz_couplings/{}", i);
      check_operands({zz.qubits.first, zz.qubits.second}, place + "/qubits");
      if (zz.qubits.first > zz.qubits.second) {
        error(place + "/qubits", "the smaller qubit comes first");
      }
      if (!seen.insert(zz.qubits).second) {
        error(place,
              fmt::format("the pair [{}, {}] is listed twice", zz.qubits.first, zz.qubits.second));
      }
      if (!std::isfinite(zz.shift_hz)) {
        error(place + "/shift_hz", fmt::format("{} Hz is not finite", zz.shift_hz));
      }
    }
  }

  void check_readout_matrices() {
    std::set<int> seen;
    for (std::size_t i = 0; i < calibration_.readout_matrices.size(); ++i) {
      const ConfusionMatrix& readout = calibration_.readout_matrices[i];
      const std::string place = fmt::format("/readout_matrices/{}", i);
      check_operands(readout.bits, place + "/qubits");
      for (const int bit : readout.bits) {
        if (!seen.insert(bit).second) {
          error(place + "/qubits", fmt::format("qubit {} is in more than one group", bit));
        }
      }
      check_stochastic(readout, place + "/matrix");
    }
  }

  void check_stochastic(const ConfusionMatrix& readout, const std::string& place) {
    const std::size_t n = readout.bits.size();
    if (n == 0 || n > 10 || readout.matrix.n_rows != (arma::uword{1} << n) ||
        readout.matrix.n_cols != readout.matrix.n_rows) {
      error(place, fmt::format("{} x {} for {} qubits; 2^k x 2^k with 1 <= k <= 10 is expected",
                               readout.matrix.n_rows, readout.matrix.n_cols, n));
      return;
    }
    for (arma::uword prepared = 0; prepared < readout.matrix.n_cols; ++prepared) {
      double sum = 0;
      for (arma::uword measured = 0; measured < readout.matrix.n_rows; ++measured) {
        const double entry = readout.matrix(measured, prepared);
        check_probability(entry, fmt::format("{}/{}/{}", place, measured, prepared));
        sum += entry;
      }
      if (!(std::abs(sum - 1) <= 1e-9)) {
        error(place, fmt::format("column {} sums to {}, not to 1 within 1e-9", prepared, sum));
      }
    }
  }

  void check_operands(const std::vector<int>& qubits, const std::string& place) {
    for (const int qubit : qubits) {
      if (qubit < 0 || qubit >= calibration_.n_qubits()) {
        error(place, fmt::format("qubit {} is outside 0..{}", qubit, calibration_.n_qubits() - 1));
      }
    }
    if (std::set(qubits.begin(), qubits.end()).size() != qubits.size()) {
      error(place, fmt::format("{} repeats a qubit", list(qubits)));
    }
  }

  void check_positive(std::optional<double> value, const std::string& place, const char* unit) {
    if (value && !(*value > 0 && std::isfinite(*value))) {
      error(place, fmt::format("{}{} is not finite and > 0", *value, unit));
    }
  }
  void check_not_negative(std::optional<double> value, const std::string& place, const char* unit) {
    if (value && !(*value >= 0 && std::isfinite(*value))) {
      error(place, fmt::format("{}{} is not finite and >= 0", *value, unit));
    }
  }
  void check_angle(std::optional<double> value, const std::string& place) {
    if (value && !(std::abs(*value) <= std::numbers::pi)) {
      error(place, fmt::format("{} rad is outside [-pi, pi]", *value));
    }
  }
  void check_probability(std::optional<double> value, const std::string& place) {
    if (value && !(*value >= 0 && *value <= 1)) {
      error(place, fmt::format("{} is outside [0, 1]", *value));
    }
  }

  const Calibration& calibration_;
  bool has_t1_ = false;
  std::vector<Finding> findings_;
  std::map<std::string, std::vector<int>> operands_of_;  ///< of the first gate of a name
};

}  // namespace

std::vector<Finding> validate(const Calibration& calibration) {
  return Validation(calibration).run();
}

void require_valid(const Calibration& calibration, const std::string& source) {
  std::vector<std::string> errors;
  for (const Finding& finding : validate(calibration)) {
    if (finding.severity != Severity::error) continue;
    errors.push_back(finding.place + ": " + finding.problem +
                     (finding.repair.empty() ? "" : " (repair: " + finding.repair + ")"));
  }
  if (errors.size() == 1) throw InputError(source, "", errors.front());
  if (!errors.empty()) {
    throw InputError(source, "",
                     fmt::format("{} findings:\n  {}", errors.size(), fmt::join(errors, "\n  ")));
  }
}

void require_consistent(const CalibrationSeries& series, const std::string& source) {
  if (series.states.empty()) throw InputError(source, "/states", "a series needs a state");
  const Calibration& first = series.states.front();
  for (std::size_t i = 0; i < series.states.size(); ++i) {
    const Calibration& state = series.states[i];
    const std::string place = fmt::format("/states/{}", i);
    const auto require_same = [&](const auto& value, const auto& expected, const char* what) {
      if (value != expected) {
        throw InputError(
            source, place,
            fmt::format("the state of {} does not have the {} of the first, of {}",
                        to_iso8601(state.timestamp), what, to_iso8601(first.timestamp)));
      }
    };
    require_same(state.device, series.device, "device");
    require_same(state.vendor, first.vendor, "vendor");
    require_same(state.provenance, first.provenance, "provenance");
    require_same(state.n_qubits(), first.n_qubits(), "number of qubits");
    require_same(state.qubit_labels, first.qubit_labels, "qubit labels");
    require_same(std::set(state.native_gates.begin(), state.native_gates.end()),
                 std::set(first.native_gates.begin(), first.native_gates.end()), "native gates");
    require_same(std::set(state.coupling.begin(), state.coupling.end()),
                 std::set(first.coupling.begin(), first.coupling.end()), "coupling");
    if (i > 0 && state.timestamp <= series.states[i - 1].timestamp) {
      throw InputError(source, place + "/timestamp",
                       fmt::format("{} does not follow {}", to_iso8601(state.timestamp),
                                   to_iso8601(series.states[i - 1].timestamp)));
    }
  }
}

void require_valid(const CalibrationSeries& series, const std::string& source) {
  require_consistent(series, source);
  for (std::size_t i = 0; i < series.states.size(); ++i) {
    require_valid(series.states[i], fmt::format("{}: state {} ({})", source, i,
                                                to_iso8601(series.states[i].timestamp)));
  }
}

}  // namespace rhodrift
