#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "support/catch.hpp"

namespace rhodrift::testing {

/// The vendors' raw files, which are not part of the project.
inline std::optional<std::filesystem::path> raw_folder() {
  const char* given = std::getenv("RHODRIFT_RAW_CALIBRATIONS");
  const std::filesystem::path folder =
      given ? std::filesystem::path(given)
            : std::filesystem::path(RHODRIFT_SOURCE_DIR) / "../shared/calibrations";
  if (std::filesystem::is_directory(folder)) return folder;
  WARN("skipped: no raw calibrations; RHODRIFT_RAW_CALIBRATIONS names their folder");
  return std::nullopt;
}

}  // namespace rhodrift::testing
