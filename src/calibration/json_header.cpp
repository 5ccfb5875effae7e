#include "calibration/json_header.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

std::string json_number(double value) {
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  std::string number(text, result.ptr);
  // "-0" would read back as the integer 0.
  return number == "-0" ? "-0.0" : number;
}

std::string json_string(const std::string& text) {
  const nlohmann::json value(text);
  try {
    return value.dump();
  } catch (const nlohmann::json::type_error&) {
    using Handler = nlohmann::json::error_handler_t;
    throw InputError(value.dump(-1, ' ', false, Handler::replace), "",
                     "is not UTF-8, which all text in a calibration file has to be");
  }
}

std::string json_qubits(const std::vector<int>& qubits) {
  return fmt::format("[{}]", fmt::join(qubits, ", "));
}

std::string json_lines(const std::vector<std::string>& items, int indent) {
  if (items.empty()) return "[]";
  const std::string outer(static_cast<std::size_t>(indent), ' ');
  const std::string separator = ",\n  " + outer;
  return fmt::format("[\n  {0}{1}\n{0}]", outer, fmt::join(items, separator));
}

bool in_file_order(const GateCalibration& a, const GateCalibration& b) {
  return std::forward_as_tuple(a.qubits.size(), a.name, a.qubits) <
         std::forward_as_tuple(b.qubits.size(), b.name, b.qubits);
}

std::string header_to_json(const Calibration& calibration, const std::string& kind) {
  std::vector<std::string> names;
  for (const std::string& name : calibration.native_gates) names.push_back(json_string(name));
  std::sort(names.begin(), names.end());
  auto pairs = calibration.coupling;
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::string> coupling;
  for (const auto& [first, second] : pairs) coupling.push_back(json_qubits({first, second}));
  std::vector<std::string> labels;
  for (const std::string& label : calibration.qubit_labels) labels.push_back(json_string(label));
  const Provenance& from = calibration.provenance;
  return fmt::format(
      "  \"schema_version\": {},\n"
      "  \"kind\": {},\n"
      "  \"device\": {},\n"
      "  \"vendor\": {},\n"
      "  \"provenance\": {{\n"
      "    \"source\": {},\n"
      "    \"licence\": {},\n"
      "    \"importer\": {}\n"
      "  }},\n"
      "  \"native_gates\": [{}],\n"
      "  \"coupling\": [{}]{}",
      calibration_schema_version, json_string(kind), json_string(calibration.device),
      json_string(calibration.vendor), json_string(from.source), json_string(from.licence),
      json_string(from.importer), fmt::join(names, ", "), fmt::join(coupling, ", "),
      labels.empty() ? "" : fmt::format(",\n  \"qubit_labels\": [{}]", fmt::join(labels, ", ")));
}

std::string repairs_to_json(const std::vector<Repair>& repairs, int indent) {
  std::vector<std::string> lines;
  for (const Repair& repair : repairs) {
    lines.push_back(fmt::format("{{\"policy\": {}, \"place\": {}, \"detail\": {}}}",
                                json_string(repair.policy), json_string(repair.place),
                                json_string(repair.detail)));
  }
  return json_lines(lines, indent);
}

std::string matrices_to_json(const std::vector<ConfusionMatrix>& matrices, int indent) {
  std::vector<std::string> lines;
  for (const ConfusionMatrix& readout : matrices) {
    std::vector<std::string> rows;
    for (arma::uword measured = 0; measured < readout.matrix.n_rows; ++measured) {
      std::vector<std::string> row;
      for (arma::uword prepared = 0; prepared < readout.matrix.n_cols; ++prepared) {
        row.push_back(json_number(readout.matrix(measured, prepared)));
      }
      rows.push_back(fmt::format("[{}]", fmt::join(row, ", ")));
    }
    lines.push_back(fmt::format("{{\"qubits\": {}, \"matrix\": [{}]}}", json_qubits(readout.bits),
                                fmt::join(rows, ", ")));
  }
  return json_lines(lines, indent);
}

std::string zz_couplings_to_json(std::vector<ZzCoupling> couplings, int indent) {
  std::sort(couplings.begin(), couplings.end(),
            [](const ZzCoupling& a, const ZzCoupling& b) { return a.qubits < b.qubits; });
  std::vector<std::string> lines;
  for (const ZzCoupling& zz : couplings) {
    lines.push_back(fmt::format("{{\"qubits\": {}, \"shift_hz\": {}}}",
                                json_qubits({zz.qubits.first, zz.qubits.second}),
                                json_number(zz.shift_hz)));
  }
  return json_lines(lines, indent);
}

void require_kind(const JsonPlace& document, const std::string& kind) {
  const JsonPlace version = document.at("schema_version");
  if (version.integer() != calibration_schema_version) {
    version.refuse(fmt::format("version {} where this program reads version {}", version.integer(),
                               calibration_schema_version));
  }
  const JsonPlace found = document.at("kind");
  if (found.string() != kind) {
    found.refuse(fmt::format("\"{}\" where \"{}\" is expected", found.string(), kind));
  }
}

namespace {

std::pair<int, int> pair_from_json(const JsonPlace& place) {
  const std::vector<int> qubits = qubits_from_json(place);
  if (qubits.size() != 2) {
    place.refuse(fmt::format("{} qubits where a pair is expected", qubits.size()));
  }
  return {qubits[0], qubits[1]};
}

}  // namespace

Calibration header_from_json(const JsonPlace& document) {
  Calibration calibration;
  calibration.device = document.at("device").string();
  calibration.vendor = document.at("vendor").string();
  const JsonPlace from = document.at("provenance");
  from.allow_keys({"source", "licence", "importer"});
  calibration.provenance = {from.at("source").string(), from.at("licence").string(),
                            from.at("importer").string()};
  for (const JsonPlace& name : document.at("native_gates").elements()) {
    calibration.native_gates.push_back(name.string());
  }
  for (const JsonPlace& pair : document.at("coupling").elements()) {
    calibration.coupling.push_back(pair_from_json(pair));
  }
  if (const auto labels = document.find("qubit_labels")) {
    for (const JsonPlace& label : labels->elements()) {
      calibration.qubit_labels.push_back(label.string());
    }
  }
  return calibration;
}

UtcTime timestamp_from_json(const JsonPlace& place) {
  return parse_utc(place.string(), place.source(), place.pointer());
}

std::vector<int> qubits_from_json(const JsonPlace& place) {
  std::vector<int> qubits;
  for (const JsonPlace& qubit : place.elements()) qubits.push_back(qubit.integer());
  return qubits;
}

std::vector<Repair> repairs_from_json(const JsonPlace& place) {
  std::vector<Repair> repairs;
  for (const JsonPlace& repair : place.elements()) {
    repair.allow_keys({"policy", "place", "detail"});
    repairs.push_back(
        {repair.at("policy").string(), repair.at("place").string(), repair.at("detail").string()});
  }
  return repairs;
}

std::vector<ZzCoupling> zz_couplings_from_json(const JsonPlace& place) {
  std::vector<ZzCoupling> couplings;
  for (const JsonPlace& item : place.elements()) {
    item.allow_keys({"qubits", "shift_hz"});
    couplings.push_back({pair_from_json(item.at("qubits")), item.at("shift_hz").number()});
  }
  return couplings;
}

std::vector<ConfusionMatrix> matrices_from_json(const JsonPlace& place) {
  std::vector<ConfusionMatrix> matrices;
  for (const JsonPlace& item : place.elements()) {
    item.allow_keys({"qubits", "matrix"});
    ConfusionMatrix readout;
    readout.bits = qubits_from_json(item.at("qubits"));
    const std::vector<JsonPlace> rows = item.at("matrix").elements();
    readout.matrix.set_size(rows.size(), rows.size());
    for (std::size_t measured = 0; measured < rows.size(); ++measured) {
      const std::vector<JsonPlace> row = rows[measured].elements();
      if (row.size() != rows.size()) {
        rows[measured].refuse(fmt::format("{} entries in a row of a {} x {} matrix", row.size(),
                                          rows.size(), rows.size()));
      }
      for (std::size_t prepared = 0; prepared < row.size(); ++prepared) {
        readout.matrix(measured, prepared) = row[prepared].number();
      }
    }
    matrices.push_back(std::move(readout));
  }
  return matrices;
}

}  // namespace rhodrift
