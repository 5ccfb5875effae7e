#pragma once

#include <cstdint>

/// Names that writer and reader share. docs/formats/run.md describes what stands under them; a
/// change that an old reader would get wrong raises schema_version.
namespace rhodrift::layout {

inline constexpr const char* format = "rhodrift-run";
inline constexpr std::uint64_t schema_version = 1;

inline constexpr const char* versions = "versions";
inline constexpr const char* circuits = "circuits";
inline constexpr const char* calibration = "calibration";
inline constexpr const char* calibration_series = "calibration_series";
inline constexpr const char* training = "training";
inline constexpr const char* shots = "shots";
inline constexpr const char* estimates = "estimates";
inline constexpr const char* drift_study = "drift_study";
inline constexpr const char* texts = "texts";

/// As CF conventions and UDUNITS spell it.
inline constexpr const char* utc_units = "seconds since 1970-01-01T00:00:00Z";

}  // namespace rhodrift::layout
