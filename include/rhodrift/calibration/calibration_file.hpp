#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>

namespace rhodrift {

/// Reads one snapshot in rhodrift's own format (docs/formats/calibration.md) and validates it.
/// Throws InputError "path: /json/pointer: problem".
Calibration read_calibration(const std::filesystem::path& path);
Calibration calibration_from_json(std::string_view text, const std::string& source);

/// Canonical text: the same calibration gives the same bytes, doubles read back to the same bits.
std::string to_json(const Calibration& calibration);
/// Whole or not at all. Throws RunError.
void write_calibration(const Calibration& calibration, const std::filesystem::path& path);

/// SHA-256 of to_json(calibration): what identifies a snapshot in run files.
std::string content_hash(const Calibration& calibration);

CalibrationSeries read_calibration_series(const std::filesystem::path& path);
CalibrationSeries calibration_series_from_json(std::string_view text, const std::string& source);
std::string to_json(const CalibrationSeries& series);
void write_calibration_series(const CalibrationSeries& series, const std::filesystem::path& path);

}  // namespace rhodrift
