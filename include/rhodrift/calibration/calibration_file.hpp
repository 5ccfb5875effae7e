#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>

namespace rhodrift {

// rhodrift's own JSON format, docs/formats/calibration.md. Readers are strict (unknown keys, keys
// given twice, missing keys, wrong types and wrong versions are refused) and validate what they
// read; they throw InputError "source: /json/pointer: problem", or "source: line L, column C: …"
// when the text is not JSON. `source` names the text in messages.
// Writers are canonical: the same content gives the same bytes, whatever the order of its gates,
// pairs and names, and doubles read back to the same bits.

Calibration read_calibration(const std::filesystem::path& path);
Calibration calibration_from_json(std::string_view text, const std::string& source);

std::string to_json(const Calibration& calibration);
/// Whole or not at all. Throws RunError.
void write_calibration(const Calibration& calibration, const std::filesystem::path& path);

/// SHA-256 of to_json(calibration): what identifies a snapshot in run files.
std::string content_hash(const Calibration& calibration);

CalibrationSeries read_calibration_series(const std::filesystem::path& path);
CalibrationSeries calibration_series_from_json(std::string_view text, const std::string& source);

/// Throws InputError when the states differ in what a series holds once (device, vendor,
/// provenance, number of qubits, their labels, native gates, coupling) or a gate has no figure.
std::string to_json(const CalibrationSeries& series);
void write_calibration_series(const CalibrationSeries& series, const std::filesystem::path& path);

/// Reads a file of either kind.
std::variant<Calibration, CalibrationSeries> read_any_calibration(
    const std::filesystem::path& path);

/// The same without validating what is read: for validate() to list, and repair() to mend.
std::variant<Calibration, CalibrationSeries> read_unvalidated_calibration(
    const std::filesystem::path& path);

}  // namespace rhodrift
