#include "calibration/durations.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

struct GateDuration {
  std::string_view gate;
  double duration_s;
};

/// Devices of one generation.
struct Family {
  std::string_view name;
  std::string_view vendor;
  std::string_view marking_gate;  ///< native on these and on no family before it in the list
  double readout_s;
  std::span<const GateDuration> gates;
};

// IBM: medians over the snapshots that data/calibrations ships. Google: Cirq's device
// specifications of Rainbow and Willow. Rigetti: the compiler ISA of Aspen-8.
constexpr std::array ibm_cx = {
    GateDuration{"rz", 0},        GateDuration{"u1", 0},        GateDuration{"id", 35.56e-9},
    GateDuration{"sx", 35.56e-9}, GateDuration{"x", 35.56e-9},  GateDuration{"u2", 35.56e-9},
    GateDuration{"u3", 71.11e-9}, GateDuration{"cx", 391.1e-9}, GateDuration{"reset", 6.588e-6}};
constexpr std::array ibm_ecr = {GateDuration{"rz", 0},         GateDuration{"id", 56.89e-9},
                                GateDuration{"sx", 56.89e-9},  GateDuration{"x", 56.89e-9},
                                GateDuration{"ecr", 533.3e-9}, GateDuration{"reset", 1.56e-6}};
constexpr std::array ibm_cz = {GateDuration{"rz", 0},      GateDuration{"id", 32e-9},
                               GateDuration{"rx", 32e-9},  GateDuration{"sx", 32e-9},
                               GateDuration{"x", 32e-9},   GateDuration{"cz", 68e-9},
                               GateDuration{"rzz", 68e-9}, GateDuration{"reset", 2.312e-6}};
constexpr std::array sycamore = {GateDuration{"rz", 0},         GateDuration{"sx", 25e-9},
                                 GateDuration{"x", 25e-9},      GateDuration{"u3", 25e-9},
                                 GateDuration{"syc", 12e-9},    GateDuration{"sqrt_iswap", 32e-9},
                                 GateDuration{"reset", 0.25e-6}};
constexpr std::array willow = {GateDuration{"rz", 0},     GateDuration{"sx", 25e-9},
                               GateDuration{"x", 25e-9},  GateDuration{"u3", 25e-9},
                               GateDuration{"cz", 42e-9}, GateDuration{"reset", 0.16e-6}};
constexpr std::array aspen = {GateDuration{"rz", 0},         GateDuration{"sx", 50e-9},
                              GateDuration{"sxdg", 50e-9},   GateDuration{"x", 50e-9},
                              GateDuration{"cz", 200e-9},    GateDuration{"xy", 200e-9},
                              GateDuration{"iswap", 200e-9}, GateDuration{"cp", 200e-9}};
constexpr std::array families = {Family{"IBM cx", "IBM", "cx", 5.351e-6, ibm_cx},
                                 Family{"IBM ecr", "IBM", "ecr", 1.5e-6, ibm_ecr},
                                 Family{"IBM cz", "IBM", "cz", 2.28e-6, ibm_cz},
                                 Family{"Google Sycamore", "Google", "syc", 4e-6, sycamore},
                                 Family{"Google Willow", "Google", "cz", 0.6e-6, willow},
                                 Family{"Rigetti Aspen", "Rigetti", "sxdg", 2e-6, aspen}};

const Family* family_of(const Calibration& calibration) {
  const auto& native = calibration.native_gates;
  for (const Family& family : families) {
    if (family.vendor == calibration.vendor &&
        std::find(native.begin(), native.end(), family.marking_gate) != native.end()) {
      return &family;
    }
  }
  return nullptr;
}

bool has_cx_durations(const Calibration& state) {
  return std::any_of(state.gates.begin(), state.gates.end(), [](const GateCalibration& gate) {
    return gate.name == "cx" && gate.duration_s;
  });
}

/// Gives `state` the durations of `donor`, another state of the device.
void copy_durations(Calibration& state, const Calibration& donor) {
  std::map<std::pair<std::string, std::vector<int>>, double> known;
  for (const GateCalibration& gate : donor.gates) {
    if (gate.duration_s) known[{gate.name, gate.qubits}] = *gate.duration_s;
  }
  for (GateCalibration& gate : state.gates) {
    const auto found = known.find({gate.name, gate.qubits});
    if (!gate.duration_s && found != known.end()) gate.duration_s = found->second;
  }
  for (std::size_t q = 0; q < std::min(state.qubits.size(), donor.qubits.size()); ++q) {
    auto& duration_s = state.qubits[q].readout_duration_s;
    if (!duration_s) duration_s = donor.qubits[q].readout_duration_s;
  }
  state.repairs.push_back({"duration-from-snapshot", "/gates",
                           fmt::format("the table has no durations; they are those of {} at {}",
                                       donor.device, to_iso8601(donor.timestamp))});
}

/// The last state in the file that has durations.
Calibration donor_in(const std::filesystem::path& path, const std::string& device) {
  auto content = read_any_calibration(path);
  std::vector<Calibration> states;
  if (auto* series = std::get_if<CalibrationSeries>(&content)) {
    states = std::move(series->states);
  } else {
    states.push_back(std::get<Calibration>(std::move(content)));
  }
  const auto donor = std::find_if(states.rbegin(), states.rend(), has_cx_durations);
  if (donor == states.rend()) throw InputError(path.string(), "/gates", "no cx has a duration");
  if (donor->device != device) {
    throw InputError(path.string(), "/device",
                     fmt::format("durations of \"{}\" for \"{}\"", donor->device, device));
  }
  return *donor;
}

std::optional<Calibration> donor_of(const std::vector<Calibration>& states,
                                    const ImportOptions& options) {
  if (options.durations_from) return donor_in(*options.durations_from, states.front().device);
  const auto own = std::find_if(states.begin(), states.end(), has_cx_durations);
  if (own == states.end()) return std::nullopt;
  return *own;
}

}  // namespace

std::optional<double> family_duration_s(const Calibration& calibration, const std::string& gate) {
  const Family* family = family_of(calibration);
  if (!family) return std::nullopt;
  const auto known = std::find_if(family->gates.begin(), family->gates.end(),
                                  [&](const GateDuration& g) { return g.gate == gate; });
  if (known == family->gates.end()) return std::nullopt;
  return known->duration_s;
}

std::vector<Repair> add_family_durations(Calibration& calibration) {
  const Family* family = family_of(calibration);
  if (!family) return {};
  std::map<std::string, double> given;
  for (GateCalibration& gate : calibration.gates) {
    if (gate.duration_s) continue;
    gate.duration_s = family_duration_s(calibration, gate.name);
    if (gate.duration_s) given[gate.name] = *gate.duration_s;
  }
  std::vector<Repair> repairs;
  for (const auto& [gate, duration_s] : given) {
    repairs.push_back({"duration-from-family", "/gates",
                       fmt::format("{} without a duration: set to {} s, as on devices of the "
                                   "family {}",
                                   gate, duration_s, family->name)});
  }
  bool any_readout = false;
  for (QubitCalibration& qubit : calibration.qubits) {
    if (!qubit.readout_p10 || qubit.readout_duration_s) continue;
    qubit.readout_duration_s = family->readout_s;
    any_readout = true;
  }
  if (any_readout) {
    repairs.push_back({"duration-from-family", "/qubits",
                       fmt::format("readout without a duration: set to {} s, as on devices of "
                                   "the family {}",
                                   family->readout_s, family->name)});
  }
  return repairs;
}

void complete_durations(std::vector<Calibration>& states, const ImportOptions& options) {
  if (states.empty()) return;
  const std::optional<Calibration> donor = donor_of(states, options);
  for (Calibration& state : states) {
    if (donor && !has_cx_durations(state)) copy_durations(state, *donor);
    for (Repair& repair : add_family_durations(state)) state.repairs.push_back(std::move(repair));
  }
}

}  // namespace rhodrift
