#include "calibration/repair.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>

#include "calibration/durations.hpp"
#include "calibration/importing.hpp"

namespace rhodrift {

namespace {

std::vector<Repair> symmetric_readout(Calibration& calibration) {
  std::vector<Repair> made;
  for (std::size_t q = 0; q < calibration.qubits.size(); ++q) {
    QubitCalibration& qubit = calibration.qubits[q];
    if (qubit.readout_p10.has_value() == qubit.readout_p01.has_value()) continue;
    auto& missing = qubit.readout_p10 ? qubit.readout_p01 : qubit.readout_p10;
    const char* name = qubit.readout_p10 ? "p01" : "p10";
    missing = qubit.readout_p10 ? qubit.readout_p10 : qubit.readout_p01;
    made.push_back({"symmetric-readout", fmt::format("/qubits/{}/readout/{}", q, name),
                    fmt::format("missing; set to the other one, {}", *missing)});
  }
  return made;
}

std::vector<Repair> median_t1(Calibration& calibration) {
  std::vector<double> known;
  for (const QubitCalibration& qubit : calibration.qubits) {
    if (qubit.t1_s) known.push_back(*qubit.t1_s);
  }
  if (known.empty()) return {};
  const double median_s = arma::median(arma::vec(known));
  std::vector<Repair> made;
  for (std::size_t q = 0; q < calibration.qubits.size(); ++q) {
    QubitCalibration& qubit = calibration.qubits[q];
    if (qubit.t1_s) continue;
    qubit.t1_s = std::max(median_s, qubit.t2_s.value_or(0) / 2);
    made.push_back({"median-t1", fmt::format("/qubits/{}/t1_s", q),
                    fmt::format("missing; set to {} s, from the median {} s of {} qubits",
                                *qubit.t1_s, median_s, known.size())});
  }
  return made;
}

std::vector<Repair> clamp_t2(Calibration& calibration) {
  std::vector<Repair> made;
  for (std::size_t q = 0; q < calibration.qubits.size(); ++q) {
    QubitCalibration& qubit = calibration.qubits[q];
    if (!exceeds_physical_t2(qubit)) continue;
    const double before = *qubit.t2_s;
    qubit.t2_s = 2 * *qubit.t1_s;
    made.push_back({"clamp-t2", fmt::format("/qubits/{}/t2_s", q),
                    fmt::format("{} s exceeds 2 T1; set to {} s", before, *qubit.t2_s)});
  }
  return made;
}

bool is_faulty(const GateCalibration& gate) {
  return gate.error && *gate.error >= 1;
}

std::vector<Repair> drop_faulty_gate(Calibration& calibration) {
  std::vector<Repair> made;
  for (const GateCalibration& gate : calibration.gates) {
    if (!is_faulty(gate)) continue;
    made.push_back({"drop-faulty-gate", "/gates",
                    fmt::format("{} on [{}] has the error {}; no longer listed", gate.name,
                                fmt::join(gate.qubits, ", "), *gate.error)});
  }
  if (made.empty()) return made;
  std::erase_if(calibration.gates, is_faulty);
  const auto left = coupling_of(calibration);
  std::erase_if(calibration.coupling, [&](const auto& pair) {
    return !std::binary_search(left.begin(), left.end(), pair);
  });
  return made;
}

struct Action {
  RepairPolicy policy;
  std::vector<Repair> (*apply)(Calibration&);
};

/// Later ones rely on what earlier ones set.
const std::vector<Action>& actions() {
  using enum Finding::Severity;
  static const std::vector<Action> all = {
      {{"symmetric-readout", "the missing one of p10 and p01 is set to the other", error},
       symmetric_readout},
      {{"median-t1", "a missing T1 is the median of the device's, at least T2 / 2", warning},
       median_t1},
      {{"clamp-t2", "T2 > 2 T1 is set to 2 T1", error}, clamp_t2},
      {{"drop-faulty-gate", "gates with error >= 1 are no longer listed", warning},
       drop_faulty_gate},
      {{"duration-from-family", "missing durations are those of the device's family", warning},
       add_family_durations},
  };
  return all;
}

template <typename Choice>
std::vector<Repair> repair_with(Calibration& calibration, Choice chosen) {
  std::vector<Repair> made;
  for (const Action& action : actions()) {
    if (!chosen(action.policy)) continue;
    const std::vector<Repair> repairs = action.apply(calibration);
    made.insert(made.end(), repairs.begin(), repairs.end());
  }
  calibration.repairs.insert(calibration.repairs.end(), made.begin(), made.end());
  return made;
}

}  // namespace

bool exceeds_physical_t2(const QubitCalibration& qubit) {
  return qubit.t1_s && *qubit.t1_s > 0 && qubit.t2_s && *qubit.t2_s > 2 * *qubit.t1_s;
}

const std::vector<RepairPolicy>& repair_policies() {
  static const std::vector<RepairPolicy> policies = [] {
    std::vector<RepairPolicy> list;
    for (const Action& action : actions()) list.push_back(action.policy);
    return list;
  }();
  return policies;
}

std::vector<Repair> repair(Calibration& calibration, const std::vector<std::string>& policies) {
  std::vector<std::string> known;
  for (const RepairPolicy& policy : repair_policies()) known.push_back(policy.name);
  for (const std::string& name : policies) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw InputError(
          "repair policy", "",
          fmt::format("\"{}\" is unknown; known are {}", name, fmt::join(known, ", ")));
    }
  }
  return repair_with(calibration, [&](const RepairPolicy& policy) {
    return std::find(policies.begin(), policies.end(), policy.name) != policies.end();
  });
}

std::size_t repair(CalibrationSeries& series, const std::vector<std::string>& policies) {
  std::size_t n_repairs = 0;
  std::set<std::pair<int, int>> had_gates, have_gates;
  auto coupling = series.states.front().coupling;  // every state's
  for (Calibration& state : series.states) {
    const auto before = coupling_of(state);
    had_gates.insert(before.begin(), before.end());
    n_repairs += repair(state, policies).size();
    const auto after = coupling_of(state);
    have_gates.insert(after.begin(), after.end());
  }
  std::erase_if(coupling, [&](const auto& pair) {
    return had_gates.contains(pair) && !have_gates.contains(pair);
  });
  for (Calibration& state : series.states) state.coupling = coupling;
  return n_repairs;
}

std::vector<Repair> repair(Calibration& calibration) {
  return repair_with(calibration, [](const RepairPolicy& policy) {
    return policy.mends == Finding::Severity::error;
  });
}

}  // namespace rhodrift
