#pragma once

#include <string>

#include <rhodrift/calibration/calibration.hpp>

#include "core/json_reader.hpp"

// What both kinds of our own documents, snapshot and series, have in common
// (docs/formats/calibration.md).

namespace rhodrift {

inline constexpr int calibration_schema_version = 1;
/// More than any device has: a limit for what a damaged file can make us allocate.
inline constexpr int max_qubits = 1'000'000;

/// Shortest decimal form that reads back to the same double.
std::string json_number(double value);
std::string json_string(const std::string& text);
/// `[0, 1]`
std::string json_qubits(const std::vector<int>& qubits);
/// `items` one a line between brackets, indented by two more than `indent`; "[]" when empty.
std::string json_lines(const std::vector<std::string>& items, int indent);

/// Names and pairs are sets: they are written in sorted order. No outer braces.
std::string header_to_json(const Calibration& calibration, const std::string& kind);
std::string repairs_to_json(const std::vector<Repair>& repairs, int indent);
std::string matrices_to_json(const std::vector<ConfusionMatrix>& matrices, int indent);
/// Sorted by pair.
std::string zz_couplings_to_json(std::vector<ZzCoupling> couplings, int indent);

/// Refuses a document that is not of this kind and schema version.
void require_kind(const JsonPlace& document, const std::string& kind);
/// device, vendor, provenance, native_gates, coupling and qubit_labels of `document`.
Calibration header_from_json(const JsonPlace& document);
UtcTime timestamp_from_json(const JsonPlace& place);
std::vector<int> qubits_from_json(const JsonPlace& place);
std::vector<Repair> repairs_from_json(const JsonPlace& place);
std::vector<ConfusionMatrix> matrices_from_json(const JsonPlace& place);
std::vector<ZzCoupling> zz_couplings_from_json(const JsonPlace& place);

/// Gates by number of operands, name and operands: the order in which files list them.
bool in_file_order(const GateCalibration& a, const GateCalibration& b);

}  // namespace rhodrift
