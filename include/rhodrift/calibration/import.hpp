#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>

namespace rhodrift {

struct ImportOptions {
  /// Apply named repairs and record them; otherwise a file that needs one is refused with the list.
  bool repair = false;
  /// Overrides the device name in the file (CSV files hold none).
  std::optional<std::string> device;
  std::string source;   ///< goes into the provenance
  std::string licence;  ///< SPDX identifier, goes into the provenance
};

/// IBM's BackendProperties with the BackendConfiguration of the same device, as JSON files.
Calibration import_ibm(const std::filesystem::path& properties,
                       const std::filesystem::path& configuration, const ImportOptions& options);

}  // namespace rhodrift
