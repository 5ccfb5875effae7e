#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>

namespace rhodrift {

// Vendors' files in, our calibrations out: the only place where units are converted.
// docs/formats/calibration.md says what each importer reads and lists every named repair.

enum class ImportFormat {
  ibm,      ///< "ibm": BackendProperties and BackendConfiguration as JSON, or both in one file
  ibm_csv,  ///< "ibm-csv": tables downloaded from the IBM dashboard
};

/// "ibm", "ibm-csv". Throws InputError that lists the known names.
ImportFormat import_format(const std::string& name);

struct ImportOptions {
  /// Apply named repairs and record them; otherwise a file that needs one is refused with the list.
  bool repair = false;
  /// Overrides the device name in JSON files. In a folder of CSV files of several devices it picks
  /// the files of that device.
  std::optional<std::string> device;
  std::string source;   ///< goes into the provenance; the file or folder names when empty
  std::string licence;  ///< SPDX identifier, goes into the provenance
  /// A calibration or series of ours of the same device whose durations serve for CSV files, which
  /// rarely have any (repair "duration-from-snapshot").
  std::optional<std::filesystem::path> durations_from;
  /// Refuse files of any other format.
  std::optional<ImportFormat> format;
};

/// Imports files and folders (searched through for *.json and *.csv) of one device. One recorded
/// state gives a Calibration, several give a CalibrationSeries in the order of time, without
/// repeats. Throws InputError that names file, place, value and limit, or lists every repair that
/// is needed when `options.repair` is off.
std::variant<Calibration, CalibrationSeries> import_calibration(
    const std::vector<std::filesystem::path>& paths, const ImportOptions& options);

/// IBM's BackendProperties with the BackendConfiguration of the same device, as JSON files.
Calibration import_ibm(const std::filesystem::path& properties,
                       const std::filesystem::path& configuration, const ImportOptions& options);

/// One file that holds both under the keys "properties" and "configuration".
Calibration import_ibm_snapshot(const std::filesystem::path& path, const ImportOptions& options);

}  // namespace rhodrift
