#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <map>
#include <numbers>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/diff.hpp>
#include <rhodrift/core/error.hpp>

#include "calibration/figures.hpp"

namespace rhodrift {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double dimension(const GateCalibration& gate) {
  return std::exp2(static_cast<double>(gate.qubits.size()));
}

/// Average infidelity of a process fidelity in d dimensions: 1 - F = d (1 - F_pro)/(d + 1).
double average_infidelity(double process_fidelity, double d) {
  return d * (1 - process_fidelity) / (d + 1);
}

/// F_pro of one qubit's relaxation: (1 + e1 + 2 e2)/4. What is missing does not relax it.
double relaxation_process_fidelity(const QubitCalibration& qubit, double duration_s) {
  const double t1_s = qubit.t1_s.value_or(infinity);
  const double t2_s = std::min(qubit.t2_s.value_or(infinity), 2 * t1_s);
  return (1 + std::exp(-duration_s / t1_s) + 2 * std::exp(-duration_s / t2_s)) / 4;
}

double relaxation_infidelity(const QubitCalibration& qubit, double duration_s) {
  return average_infidelity(relaxation_process_fidelity(qubit, duration_s), 2);
}

/// exp(-i angle G/2) with G² = 1 and no trace has F_pro = cos²(angle/2).
double rotation_infidelity(double angle_rad, double d) {
  return average_infidelity(std::pow(std::cos(angle_rad / 2), 2), d);
}

/// F_pro = |tr FSim/4|².
double fsim_infidelity(const GateCalibration& gate) {
  const double theta = gate.fsim_theta_error_rad.value_or(0);
  const double phi = gate.fsim_phi_error_rad.value_or(0);
  const std::complex<double> trace = 1 + 2 * std::cos(theta) + std::polar(1.0, -phi);
  return average_infidelity(std::norm(trace / 4.0), 4);
}

class Comparison {
 public:
  Comparison(const Calibration& before, const Calibration& after)
      : before_(before), after_(after), longest_s_(before.qubits.size(), 0.0) {
    for (const GateCalibration& gate : before.gates) {
      if (gate.name == "reset") continue;
      for (const int q : gate.qubits) {
        double& longest = longest_s_[static_cast<std::size_t>(q)];
        longest = std::max(longest, gate.duration_s.value_or(0));
      }
    }
  }

  std::vector<Change> run() {
    for (std::size_t q = 0; q < before_.qubits.size(); ++q) compare_qubit(q);
    compare_gates();
    compare_zz_couplings();
    compare_sets("/native_gates", before_.native_gates, after_.native_gates,
                 [](const std::string& gate) { return gate + " as a native gate"; });
    compare_sets("/coupling", before_.coupling, after_.coupling, [](const auto& pair) {
      return fmt::format("coupling of {} with {}", pair.first, pair.second);
    });
    compare_readout_matrices();
    const auto rank = [](const Change& change) {
      return std::pair(std::abs(change.infidelity), std::abs(change.relative.value_or(infinity)));
    };
    std::stable_sort(changes_.begin(), changes_.end(),
                     [&](const Change& a, const Change& b) { return rank(a) > rank(b); });
    return std::move(changes_);
  }

 private:
  void add(std::string place, std::string what, std::optional<double> before,
           std::optional<double> after, double infidelity) {
    Change change{std::move(place), std::move(what), before, after, {}, infidelity};
    if (before && after && *before != 0) change.relative = (*after - *before) / std::abs(*before);
    changes_.push_back(std::move(change));
  }

  void compare_qubit(std::size_t q) {
    for (const QubitFigure& figure : qubit_figures) {
      const QubitCalibration& old = before_.qubits[q];
      QubitCalibration changed = old;
      changed.*(figure.figure) = after_.qubits[q].*(figure.figure);
      if (changed == old) continue;
      std::string key = figure.key;
      if (key.starts_with("readout_p")) key[7] = '/';  // its place in a snapshot
      add(fmt::format("/qubits/{}/{}", q, key), fmt::format("{} of qubit {}", figure.key, q),
          old.*(figure.figure), changed.*(figure.figure),
          qubit_infidelity(changed, q) - qubit_infidelity(old, q));
    }
  }

  /// Of relaxation over the longest gate and over readout, and of the assignment.
  double qubit_infidelity(const QubitCalibration& qubit, std::size_t q) const {
    return relaxation_infidelity(qubit, longest_s_[q]) +
           relaxation_infidelity(before_.qubits[q], qubit.readout_duration_s.value_or(0)) +
           (qubit.readout_p10.value_or(0) + qubit.readout_p01.value_or(0)) / 2;
  }

  using Operands = std::pair<std::string, std::vector<int>>;
  static std::map<Operands, std::size_t> index_of(const std::vector<GateCalibration>& gates) {
    std::map<Operands, std::size_t> index;
    for (std::size_t g = 0; g < gates.size(); ++g) index[{gates[g].name, gates[g].qubits}] = g;
    return index;
  }

  void compare_gates() {
    const auto olds = index_of(before_.gates), news = index_of(after_.gates);
    for (const auto& [operands, g] : olds) {
      const auto found = news.find(operands);
      if (found != news.end()) {
        compare_gate(before_.gates[g], after_.gates[found->second], found->second);
      } else {
        add_listing(before_.gates[g], g, "is gone", +1);
      }
    }
    for (const auto& [operands, g] : news) {
      if (!olds.contains(operands)) add_listing(after_.gates[g], g, "is new", -1);
    }
  }

  /// A gate that only one of the states lists.
  void add_listing(const GateCalibration& gate, std::size_t g, const char* what, int sign) {
    const double d = dimension(gate);
    const std::optional<double> none;
    add(fmt::format("/gates/{}", g), fmt::format("{} {}", text(gate), what),
        sign > 0 ? gate.error : none, sign > 0 ? none : gate.error, sign * (d - 1) / d);
  }

  static std::string text(const GateCalibration& gate) {
    return fmt::format("{} on {}", gate.name, fmt::join(gate.qubits, ", "));
  }

  void compare_gate(const GateCalibration& old, const GateCalibration& now, std::size_t g) {
    for (const GateFigure& figure : gate_figures) {
      GateCalibration changed = old;
      changed.*(figure.figure) = now.*(figure.figure);
      if (changed == old) continue;
      add(fmt::format("/gates/{}/{}", g, figure.key),
          fmt::format("{} of {}", figure.key, text(old)), old.*(figure.figure),
          changed.*(figure.figure), gate_infidelity(changed) - gate_infidelity(old));
    }
  }

  /// Reported error, relaxation and coherent error; as only one of them differs, the sum's
  /// difference is that one's.
  double gate_infidelity(const GateCalibration& gate) const {
    const double d = dimension(gate);
    double process_fidelity = 1;
    for (const int q : gate.qubits) {
      process_fidelity *= relaxation_process_fidelity(before_.qubits[static_cast<std::size_t>(q)],
                                                      gate.duration_s.value_or(0));
    }
    return gate.error.value_or(0) + average_infidelity(process_fidelity, d) +
           rotation_infidelity(gate.over_rotation_rad.value_or(0), d) + fsim_infidelity(gate);
  }

  void compare_zz_couplings() {
    std::map<std::pair<int, int>, std::pair<std::optional<double>, std::optional<double>>> shifts;
    std::map<std::pair<int, int>, std::size_t> place;
    for (std::size_t i = 0; i < before_.zz_couplings.size(); ++i) {
      shifts[before_.zz_couplings[i].qubits].first = before_.zz_couplings[i].shift_hz;
      place[before_.zz_couplings[i].qubits] = i;
    }
    for (std::size_t i = 0; i < after_.zz_couplings.size(); ++i) {
      shifts[after_.zz_couplings[i].qubits].second = after_.zz_couplings[i].shift_hz;
      place[after_.zz_couplings[i].qubits] = i;
    }
    for (const auto& [pair, shift] : shifts) {
      if (shift.first == shift.second) continue;
      add(fmt::format("/zz_couplings/{}/shift_hz", place[pair]),
          fmt::format("shift_hz between {} and {}", pair.first, pair.second), shift.first,
          shift.second, zz_infidelity(pair, shift.second) - zz_infidelity(pair, shift.first));
    }
  }

  /// What only one of the lists has.
  template <typename Item, typename Name>
  void compare_sets(const char* place, const std::vector<Item>& before,
                    const std::vector<Item>& after, Name name) {
    const std::set<Item> olds(before.begin(), before.end()), news(after.begin(), after.end());
    for (const Item& item : olds) {
      if (!news.contains(item)) add(place, name(item) + " is gone", {}, {}, 0);
    }
    for (const Item& item : news) {
      if (!olds.contains(item)) add(place, name(item) + " is new", {}, {}, 0);
    }
  }

  void compare_readout_matrices() {
    std::map<std::vector<int>, std::pair<const ConfusionMatrix*, const ConfusionMatrix*>> groups;
    for (const ConfusionMatrix& matrix : before_.readout_matrices) {
      groups[matrix.bits].first = &matrix;
    }
    for (const ConfusionMatrix& matrix : after_.readout_matrices) {
      groups[matrix.bits].second = &matrix;
    }
    for (const auto& [bits, both] : groups) {
      const auto& [old, now] = both;
      if (old && now && arma::approx_equal(old->matrix, now->matrix, "absdiff", 0.0)) continue;
      add("/readout_matrices",
          fmt::format("readout matrix of {} {}", fmt::join(bits, ", "),
                      old && now ? "changed"
                      : now      ? "is new"
                                 : "is gone"),
          {}, {}, assignment_error(now) - assignment_error(old));
    }
  }

  /// Averaged over what is prepared; 0 for no matrix.
  static double assignment_error(const ConfusionMatrix* readout) {
    if (!readout) return 0;
    return 1 - arma::trace(readout->matrix) / static_cast<double>(readout->matrix.n_rows);
  }

  /// exp(-i (pi/2) shift t Z⊗Z) over the longest gate on one of the two.
  double zz_infidelity(const std::pair<int, int>& pair, std::optional<double> shift_hz) const {
    const double t = std::max(longest_s_[static_cast<std::size_t>(pair.first)],
                              longest_s_[static_cast<std::size_t>(pair.second)]);
    return rotation_infidelity(std::numbers::pi * shift_hz.value_or(0) * t, 4);
  }

  const Calibration& before_;
  const Calibration& after_;
  std::vector<double> longest_s_;  ///< of each qubit, the longest gate that it takes part in
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> diff(const Calibration& before, const Calibration& after) {
  if (before.n_qubits() != after.n_qubits()) {
    throw InputError("calibrations to compare", "",
                     fmt::format("{} has {} qubits, {} has {}: not two states of one device",
                                 before.device, before.n_qubits(), after.device, after.n_qubits()));
  }
  return Comparison(before, after).run();
}

}  // namespace rhodrift
