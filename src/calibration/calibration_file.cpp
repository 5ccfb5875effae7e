#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/core/hash.hpp>

#include "calibration/calibration_json.hpp"
#include "calibration/figures.hpp"
#include "calibration/json_header.hpp"

namespace rhodrift {

namespace {

/// Appends `"key": number` to the members of an object when there is a number.
void add_member(std::vector<std::string>& members, const char* key,
                const std::optional<double>& number) {
  if (number) members.push_back(fmt::format("\"{}\": {}", key, json_number(*number)));
}

std::string object(const std::vector<std::string>& members) {
  return fmt::format("{{{}}}", fmt::join(members, ", "));
}

std::string qubit_to_json(const QubitCalibration& qubit) {
  std::vector<std::string> members;
  add_member(members, "t1_s", qubit.t1_s);
  add_member(members, "t2_s", qubit.t2_s);
  add_member(members, "frequency_hz", qubit.frequency_hz);
  std::vector<std::string> readout;
  add_member(readout, "p10", qubit.readout_p10);
  add_member(readout, "p01", qubit.readout_p01);
  if (!readout.empty()) members.push_back("\"readout\": " + object(readout));
  add_member(members, "readout_duration_s", qubit.readout_duration_s);
  return object(members);
}

std::string gate_to_json(const GateCalibration& gate) {
  std::vector<std::string> members = {"\"name\": " + json_string(gate.name),
                                      "\"qubits\": " + json_qubits(gate.qubits)};
  for (const GateFigure& figure : gate_figures) {
    add_member(members, figure.key, gate.*(figure.figure));
  }
  return object(members);
}

std::optional<double> number_or_absent(const JsonPlace& object, const char* key) {
  const auto place = object.find(key);
  if (!place) return std::nullopt;
  return place->number();
}

QubitCalibration qubit_from_json(const JsonPlace& place) {
  place.allow_keys({"t1_s", "t2_s", "frequency_hz", "readout", "readout_duration_s"});
  QubitCalibration qubit;
  qubit.t1_s = number_or_absent(place, "t1_s");
  qubit.t2_s = number_or_absent(place, "t2_s");
  qubit.frequency_hz = number_or_absent(place, "frequency_hz");
  if (const auto readout = place.find("readout")) {
    readout->allow_keys({"p10", "p01"});
    qubit.readout_p10 = number_or_absent(*readout, "p10");
    qubit.readout_p01 = number_or_absent(*readout, "p01");
  }
  qubit.readout_duration_s = number_or_absent(place, "readout_duration_s");
  return qubit;
}

GateCalibration gate_from_json(const JsonPlace& place) {
  place.allow_keys({"name", "qubits", "error", "duration_s", "over_rotation_rad",
                    "fsim_theta_error_rad", "fsim_phi_error_rad"});
  GateCalibration gate{place.at("name").string(), qubits_from_json(place.at("qubits")), {}, {}};
  for (const GateFigure& figure : gate_figures) {
    gate.*(figure.figure) = number_or_absent(place, figure.key);
  }
  return gate;
}

}  // namespace

Calibration calibration_from_document(const JsonPlace& document) {
  require_kind(document, "snapshot");
  document.allow_keys({"schema_version", "kind", "device", "vendor", "timestamp", "provenance",
                       "native_gates", "coupling", "qubit_labels", "qubits", "gates",
                       "zz_couplings", "readout_matrices", "repairs"});
  Calibration calibration = header_from_json(document);
  calibration.timestamp = timestamp_from_json(document.at("timestamp"));
  for (const JsonPlace& qubit : document.at("qubits").elements()) {
    calibration.qubits.push_back(qubit_from_json(qubit));
  }
  for (const JsonPlace& gate : document.at("gates").elements()) {
    calibration.gates.push_back(gate_from_json(gate));
  }
  if (const auto zz = document.find("zz_couplings")) {
    calibration.zz_couplings = zz_couplings_from_json(*zz);
  }
  calibration.readout_matrices = matrices_from_json(document.at("readout_matrices"));
  calibration.repairs = repairs_from_json(document.at("repairs"));
  return calibration;
}

std::string to_json(const Calibration& calibration) {
  std::vector<std::string> qubits;
  for (const QubitCalibration& qubit : calibration.qubits) qubits.push_back(qubit_to_json(qubit));
  std::vector<GateCalibration> sorted = calibration.gates;
  std::sort(sorted.begin(), sorted.end(), in_file_order);
  std::vector<std::string> gates;
  for (const GateCalibration& gate : sorted) gates.push_back(gate_to_json(gate));
  const std::string zz = calibration.zz_couplings.empty()
                             ? ""
                             : fmt::format("  \"zz_couplings\": {},\n",
                                           zz_couplings_to_json(calibration.zz_couplings, 2));
  return fmt::format(
      "{{\n{},\n"
      "  \"timestamp\": {},\n"
      "  \"qubits\": {},\n"
      "  \"gates\": {},\n"
      "{}"
      "  \"readout_matrices\": {},\n"
      "  \"repairs\": {}\n"
      "}}\n",
      header_to_json(calibration, "snapshot"), json_string(to_iso8601(calibration.timestamp)),
      json_lines(qubits, 2), json_lines(gates, 2), zz,
      matrices_to_json(calibration.readout_matrices, 2), repairs_to_json(calibration.repairs, 2));
}

Calibration calibration_from_json(std::string_view text, const std::string& source) {
  Calibration calibration = calibration_from_document(JsonDocument(text, source).root());
  require_valid(calibration, source);
  return calibration;
}

Calibration read_calibration(const std::filesystem::path& path) {
  return calibration_from_json(read_file(path), path.string());
}

void write_calibration(const Calibration& calibration, const std::filesystem::path& path) {
  write_file(path, to_json(calibration));
}

std::string content_hash(const Calibration& calibration) {
  return sha256_hex(to_json(calibration));
}

std::variant<Calibration, CalibrationSeries> read_any_calibration(
    const std::filesystem::path& path) {
  auto content = read_unvalidated_calibration(path);
  std::visit([&](const auto& read) { require_valid(read, path.string()); }, content);
  return content;
}

std::variant<Calibration, CalibrationSeries> read_unvalidated_calibration(
    const std::filesystem::path& path) {
  const JsonDocument document(read_file(path), path.string());
  if (document.root().at("kind").string() == "series") {
    return calibration_series_from_document(document.root());
  }
  return calibration_from_document(document.root());
}

}  // namespace rhodrift
