#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/import.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "calibration/importing.hpp"

namespace rhodrift {

namespace fs = std::filesystem;

namespace {

/// The files themselves, and the *.json and *.csv files anywhere below the folders, each once.
std::vector<fs::path> data_files(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string extension = entry->path().extension().string();
      if (extension == ".json" || extension == ".csv") files.push_back(entry->path());
    }
    if (error) throw InputError(path.string(), "", "cannot be read: " + error.message());
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

std::string names_of(const std::vector<fs::path>& paths) {
  std::vector<std::string> names;
  for (const fs::path& path : paths) {
    names.push_back((path.has_filename() ? path : path.parent_path()).filename().string());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What messages call the whole input.
std::string text_of(const std::vector<fs::path>& paths) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(paths.size(), most); ++i) names.push_back(paths[i].string());
  if (paths.size() > most) names.push_back(fmt::format("and {} more", paths.size() - most));
  return fmt::format("{}", fmt::join(names, " "));
}

ImportFormat detected_format(const std::vector<fs::path>& files, const std::string& source) {
  const auto n_csv = std::count_if(files.begin(), files.end(),
                                   [](const fs::path& file) { return file.extension() == ".csv"; });
  if (n_csv == 0) return ImportFormat::ibm;
  if (n_csv == static_cast<std::ptrdiff_t>(files.size())) return ImportFormat::ibm_csv;
  throw InputError(
      source, "",
      fmt::format("{} CSV files among {} files: one format at a time", n_csv, files.size()));
}

/// States in JSON files: each file holds both documents, or properties are read against the one
/// configuration among the files. One document is in memory at a time, besides the configuration.
std::vector<Calibration> ibm_states(const std::vector<fs::path>& files, const std::string& names,
                                    const ImportOptions& options, const std::string& source) {
  const Provenance provenance = provenance_of(options, names, "ibm-properties");
  std::vector<Calibration> states;
  const auto add = [&](Calibration state, const fs::path& file) {
    if (options.device) state.device = *options.device;
    finish_state(state, file.string());
    states.push_back(std::move(state));
  };
  std::vector<fs::path> properties;
  std::optional<JsonDocument> configuration;
  for (const fs::path& file : files) {
    JsonDocument document(read_file(file), file.string());
    const JsonPlace root = document.root();
    if (root.find("properties") && root.find("configuration")) {
      add(ibm_state(root.at("properties"), root.at("configuration"), provenance), file);
    } else if (root.find("last_update_date") && root.find("qubits")) {
      properties.push_back(file);
    } else if (root.find("basis_gates")) {
      if (configuration) {
        root.refuse("a second BackendConfiguration; one device at a time");
      }
      configuration.emplace(std::move(document));
    } else {
      root.refuse(
          "neither IBM BackendProperties (last_update_date, qubits, gates), nor a "
          "BackendConfiguration (basis_gates, n_qubits), nor both in one object (properties, "
          "configuration)");
    }
  }
  if (!properties.empty() && !configuration) {
    throw InputError(source, "", "BackendProperties without the device's BackendConfiguration");
  }
  if (configuration && properties.empty() && states.empty()) {
    configuration->root().refuse("is a BackendConfiguration without its BackendProperties");
  }
  for (const fs::path& file : properties) {
    const JsonDocument document(read_file(file), file.string());
    add(ibm_state(document.root(), configuration->root(), provenance), file);
  }
  return states;
}

/// Equal but for the last digits, which a table loses when a program reads and saves it again.
bool same(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return std::abs(*a - *b) <= 1e-12 * std::max(std::abs(*a), std::abs(*b));
}

bool same_figures(const Calibration& a, const Calibration& b) {
  const auto same_qubit = [](const QubitCalibration& p, const QubitCalibration& q) {
    return same(p.t1_s, q.t1_s) && same(p.t2_s, q.t2_s) && same(p.frequency_hz, q.frequency_hz) &&
           same(p.readout_p10, q.readout_p10) && same(p.readout_p01, q.readout_p01) &&
           same(p.readout_duration_s, q.readout_duration_s);
  };
  const auto same_gate = [](const GateCalibration& p, const GateCalibration& q) {
    return p.name == q.name && p.qubits == q.qubits && same(p.error, q.error) &&
           same(p.duration_s, q.duration_s);
  };
  return std::equal(a.qubits.begin(), a.qubits.end(), b.qubits.begin(), b.qubits.end(),
                    same_qubit) &&
         std::equal(a.gates.begin(), a.gates.end(), b.gates.begin(), b.gates.end(), same_gate);
}

std::string describe(const Repair& repair) {
  return fmt::format("{}: {}: {}", repair.policy, repair.place, repair.detail);
}

}  // namespace

ImportFormat import_format(const std::string& name) {
  if (name == "ibm") return ImportFormat::ibm;
  if (name == "ibm-csv") return ImportFormat::ibm_csv;
  throw InputError("import format", "",
                   fmt::format("\"{}\" is unknown; known are ibm, ibm-csv", name));
}

Provenance provenance_of(const ImportOptions& options, const std::string& files,
                         const std::string& importer) {
  return {options.source.empty() ? files : options.source, options.licence, importer};
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

std::variant<Calibration, CalibrationSeries> import_calibration(const std::vector<fs::path>& paths,
                                                                const ImportOptions& options) {
  const std::string source = text_of(paths);
  const std::vector<fs::path> files = data_files(paths);
  if (files.empty()) throw InputError(source, "", "no .json or .csv file to import");
  const ImportFormat format = options.format ? *options.format : detected_format(files, source);

  std::vector<Calibration> states;
  if (format == ImportFormat::ibm) {
    states = ordered_states(ibm_states(files, names_of(paths), options, source), Repeats::same_time,
                            source);
  } else {
    states = ibm_csv_states(files, options, source);
  }
  require_repairs_allowed(states, options, source);
  if (states.size() == 1) return std::move(states.front());
  CalibrationSeries series{states.front().device, std::move(states)};
  require_consistent(series, source);
  return series;
}

}  // namespace rhodrift
