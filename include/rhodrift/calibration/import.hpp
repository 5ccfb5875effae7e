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
  qprov,    ///< "qprov": tables of one figure by day, as QProv collected them from IBM
  google,   ///< "google": calibration metrics, as Cirq writes them
  rigetti,  ///< "rigetti": the ISA of QCS, or the compiler's
  braket,   ///< "braket": Amazon Braket's standardized gate-model properties, versions 1 to 3
  table,    ///< "table": our own template in CSV or TOML, for devices of other makers
};

/// By the names above. Throws InputError that lists the known names.
ImportFormat import_format(const std::string& name);
const std::vector<std::string>& import_format_names();

struct ImportOptions {
  /// Apply named repairs and record them; otherwise a file that needs one is refused with the list.
  bool repair = false;
  /// Overrides the device name in the files. In a folder of tables of several devices it picks the
  /// files of that device.
  std::optional<std::string> device;
  /// When the state was recorded, for files that do not say.
  std::optional<UtcTime> time;
  std::string source;   ///< goes into the provenance; the file or folder names when empty
  std::string licence;  ///< SPDX identifier, goes into the provenance
  /// A calibration or series of ours of the same device whose durations serve for CSV files, which
  /// rarely have any (repair "duration-from-snapshot").
  std::optional<std::filesystem::path> durations_from;
  /// Refuse files of any other format. Without it the first file says which one all have.
  std::optional<ImportFormat> format;
};

/// Imports files and folders (searched through for *.json, *.csv and *.toml) of one device. One
/// recorded state gives a Calibration, several give a CalibrationSeries in the order of time,
/// without repeats. Throws InputError that names file, place, value and limit, lists for each
/// format why a file is not of it, or lists every repair that is needed when `options.repair` is
/// off.
std::variant<Calibration, CalibrationSeries> import_calibration(
    const std::vector<std::filesystem::path>& paths, const ImportOptions& options);

}  // namespace rhodrift
