#include "calibration/importing.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>

#include "calibration/figures.hpp"

namespace rhodrift {

namespace fs = std::filesystem;

namespace {

/// Equal but for the last digits, which a table loses when a program reads and saves it again.
bool same(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return std::abs(*a - *b) <= 1e-12 * std::max(std::abs(*a), std::abs(*b));
}

template <typename Record, typename Figures>
bool same(const Record& a, const Record& b, const Figures& figures) {
  return std::all_of(figures.begin(), figures.end(), [&](const auto& figure) {
    return same(a.*(figure.figure), b.*(figure.figure));
  });
}

bool same_figures(const Calibration& a, const Calibration& b) {
  const auto same_qubit = [](const QubitCalibration& p, const QubitCalibration& q) {
    return same(p, q, qubit_figures);
  };
  const auto same_gate = [](const GateCalibration& p, const GateCalibration& q) {
    return p.name == q.name && p.qubits == q.qubits && same(p, q, gate_figures);
  };
  return std::equal(a.qubits.begin(), a.qubits.end(), b.qubits.begin(), b.qubits.end(),
                    same_qubit) &&
         std::equal(a.gates.begin(), a.gates.end(), b.gates.begin(), b.gates.end(), same_gate) &&
         a.zz_couplings == b.zz_couplings;
}

/// "10" after "9", "4_10" after "4_9".
bool in_number_order(const std::string& a, const std::string& b) {
  static const std::regex number(R"(\d{1,9})");
  const auto numbers = [](const std::string& text) {
    std::vector<int> found;
    for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at) {
      found.push_back(std::stoi(at->str()));
    }
    return found;
  };
  return std::pair(numbers(a), a) < std::pair(numbers(b), b);
}

std::string describe(const Repair& repair) {
  return fmt::format("{}: {}: {}", repair.policy, repair.place, repair.detail);
}

}  // namespace

Provenance ImportInput::provenance(const std::string& importer) const {
  return {options.source.empty() ? names : options.source, options.licence, importer};
}

std::vector<Calibration> states_of_files(const ImportInput& input, const Importer& importer,
                                         Calibration (*read)(const RawFile&,
                                                             const ImportOptions&)) {
  std::vector<Calibration> states;
  for (const fs::path& path : input.files) {
    Calibration state = read(open_raw(path, importer), input.options);
    state.provenance = input.provenance(importer.name);
    if (input.options.device) state.device = *input.options.device;
    finish_state(state, path.string());
    states.push_back(std::move(state));
  }
  return ordered_states(std::move(states), Repeats::same_time, input.source);
}

DeviceFiles one_device(const ImportInput& input, std::string (*device_of)(const fs::path&)) {
  std::map<std::string, std::vector<fs::path>> files_of;
  for (const fs::path& file : input.files) files_of[device_of(file)].push_back(file);
  const std::optional<std::string>& wanted = input.options.device;
  if (wanted && files_of.contains(*wanted)) return {*wanted, files_of[*wanted]};
  if (files_of.size() == 1) {
    return {wanted.value_or(files_of.begin()->first), files_of.begin()->second};
  }
  std::vector<std::string> names;
  for (const auto& [name, of_device] : files_of) names.push_back(name);
  throw InputError(input.source, "",
                   fmt::format("tables of several devices ({}); name the one to import",
                               fmt::join(names, ", ")));
}

void finish_state(Calibration& calibration, const std::string& source) {
  repair(calibration);
  require_valid(calibration, source);
}

void require_repairs_allowed(const std::vector<Calibration>& states, const ImportOptions& options,
                             const std::string& source) {
  if (options.repair) return;
  std::map<std::string, std::size_t> n_states_with;
  for (const Calibration& state : states) {
    for (const Repair& repair : state.repairs) ++n_states_with[describe(repair)];
  }
  if (n_states_with.empty()) return;
  std::vector<std::string> lines;
  for (const auto& [text, n] : n_states_with) {
    lines.push_back(states.size() == 1 ? text : fmt::format("{} (states: {})", text, n));
  }
  throw InputError(
      source, "",
      fmt::format("needs repairs, which were not asked for:\n  {}", fmt::join(lines, "\n  ")));
}

std::vector<Calibration> ordered_states(std::vector<Calibration> states, Repeats repeats,
                                        const std::string& source) {
  std::stable_sort(states.begin(), states.end(), [](const Calibration& a, const Calibration& b) {
    return a.timestamp < b.timestamp;
  });
  std::vector<Calibration> kept;
  std::map<std::size_t, UtcTime> filed_again;  // by index in `kept`, the last time
  for (Calibration& state : states) {
    const auto earlier = std::find_if(kept.begin(), kept.end(), [&](const Calibration& other) {
      return (repeats == Repeats::same_figures || other.timestamp == state.timestamp) &&
             same_figures(other, state);
    });
    if (earlier != kept.end()) {
      const auto index = static_cast<std::size_t>(earlier - kept.begin());
      if (index + 1 < kept.size()) filed_again[index] = state.timestamp;
      continue;
    }
    if (!kept.empty() && kept.back().timestamp == state.timestamp) {
      throw InputError(
          source, "",
          fmt::format("two states of {} with different figures", to_iso8601(state.timestamp)));
    }
    kept.push_back(std::move(state));
  }
  for (const auto& [index, time] : filed_again) {
    kept[index].repairs.push_back(
        {"earliest-of-repeats", "/timestamp",
         fmt::format(
             "the same figures are filed again under later times, the last of them {}, with "
             "other figures between: some of these times are wrong",
             to_iso8601(time))});
  }
  return kept;
}

void note(Calibration& calibration, const std::string& policy, const std::string& place,
          const std::string& detail) {
  const Repair repair{policy, place, detail};
  auto& repairs = calibration.repairs;
  if (std::find(repairs.begin(), repairs.end(), repair) == repairs.end()) repairs.push_back(repair);
}

void add_symmetric_gate(Calibration& calibration, const GateCalibration& gate) {
  calibration.gates.push_back(gate);
  GateCalibration reverse = gate;
  std::swap(reverse.qubits[0], reverse.qubits[1]);
  calibration.gates.push_back(std::move(reverse));
}

void add_virtual_rz(Calibration& calibration) {
  std::set<int> in_use;
  for (const GateCalibration& gate : calibration.gates) {
    in_use.insert(gate.qubits.begin(), gate.qubits.end());
  }
  for (const int q : in_use) calibration.gates.push_back({"rz", {q}, 0.0, 0.0});
  note(calibration, "virtual-rz", "/gates", "the file has no rz; added without error and duration");
}

std::vector<std::string> listed_gates(const Calibration& calibration) {
  std::set<std::string> names;
  for (const GateCalibration& gate : calibration.gates) names.insert(gate.name);
  for (const char* other : {"reset", "delay", "measure"}) names.erase(other);
  return {names.begin(), names.end()};
}

std::vector<std::pair<int, int>> coupling_of(const Calibration& calibration) {
  const auto& native = calibration.native_gates;
  std::set<std::pair<int, int>> pairs;
  for (const GateCalibration& gate : calibration.gates) {
    if (gate.qubits.size() == 2 &&
        std::find(native.begin(), native.end(), gate.name) != native.end()) {
      pairs.emplace(gate.qubits[0], gate.qubits[1]);
    }
  }
  return {pairs.begin(), pairs.end()};
}

void require_no_gap(const std::set<int>& qubits, const std::string& source) {
  int expected = 0;
  for (const int q : qubits) {
    if (q != expected++) {
      throw InputError(source, "",
                       fmt::format("there is a qubit {}, but no qubit {}; they are "
                                   "numbered from 0 without gaps",
                                   *qubits.rbegin(), expected - 1));
    }
  }
}

void share_coupling(CalibrationSeries& series) {
  std::set<std::pair<int, int>> coupled;
  for (const Calibration& state : series.states) {
    coupled.insert(state.coupling.begin(), state.coupling.end());
  }
  for (Calibration& state : series.states) state.coupling = {coupled.begin(), coupled.end()};
}

void date_undated(Calibration& calibration, const fs::path& file, const ImportOptions& options) {
  if (options.time) {
    calibration.timestamp = *options.time;
    return;
  }
  static const std::regex date(R"(((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01]))");
  const std::string name = file.filename().string();
  std::smatch part;
  if (std::regex_search(name, part, date)) {
    const std::string day = fmt::format("{}-{}-{}", part.str(1), part.str(2), part.str(3));
    calibration.timestamp = parse_utc(day, file.string(), "");
    note(calibration, "time-from-name", "/timestamp",
         fmt::format("the file states no time; its name does: {}", day));
    return;
  }
  calibration.timestamp = {};
  note(calibration, "unknown-time", "/timestamp",
       "neither the file nor its name states a time; 1970-01-01T00:00:00Z stands for it");
}

QubitNames::QubitNames(std::vector<std::string> names) : names_(std::move(names)) {
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  std::sort(names_.begin(), names_.end(), in_number_order);
}

std::optional<int> QubitNames::index(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<int>(found - names_.begin());
}

std::vector<std::string> QubitNames::labels() const {
  for (int q = 0; q < size(); ++q) {
    if (names_[static_cast<std::size_t>(q)] != std::to_string(q)) return names_;
  }
  return {};
}

}  // namespace rhodrift
