#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/error.hpp>

#include "core/json_reader.hpp"

// docs/formats/circuit.md is the schema.

namespace rhodrift {

namespace {

using json = nlohmann::ordered_json;  // keys stay in the order of the schema
using ChannelPointer = std::shared_ptr<const ChannelInstruction>;

constexpr const char* kind = "circuit";
constexpr int schema_version = 1;
/// More than any device has: a limit for what a damaged file can make us allocate.
constexpr int max_qubits = 1'000'000;

// --- Writing ------------------------------------------------------------------------------------

json matrix_to_json(const arma::mat& matrix) {
  json rows = json::array();
  for (arma::uword r = 0; r < matrix.n_rows; ++r)
    rows.push_back(arma::conv_to<std::vector<double>>::from(matrix.row(r)));
  return rows;
}

json angle_to_json(const Angle& angle) {
  // Adding 0 turns -0 into 0: the two are equal angles and shall give equal texts.
  const double offset_rad = angle.offset_rad() + 0.0;
  if (angle.is_constant()) return offset_rad;
  json terms = json::array();
  for (const Angle::Term& term : angle.terms())
    terms.push_back({{term.source == Angle::Source::weight ? "weight" : "feature", term.index},
                     {"coefficient", term.coefficient}});
  return {{"offset_rad", offset_rad}, {"terms", std::move(terms)}};
}

/// The different channels of a circuit, numbered in the order in which they come up.
class ChannelTable {
 public:
  explicit ChannelTable(const Circuit& circuit) {
    for (const Instruction& instruction : circuit.instructions())
      if (const auto& channel = instruction.channel;
          channel && indices_.emplace(channel.get(), channels_.size()).second)
        channels_.push_back({{"label", channel->label}, {"ptm", matrix_to_json(channel->ptm)}});
  }

  std::size_t index(const ChannelPointer& channel) const { return indices_.at(channel.get()); }
  json take_json() { return std::move(channels_); }

 private:
  std::map<const ChannelInstruction*, std::size_t> indices_;
  json channels_ = json::array();
};

json instruction_to_json(const Instruction& instruction, const ChannelTable& channels) {
  json object{{"op", info(instruction.op).name}, {"qubits", instruction.qubits}};
  for (const Angle& angle : instruction.angles) object["angles"].push_back(angle_to_json(angle));
  if (instruction.op == Op::channel) object["channel"] = channels.index(instruction.channel);
  if (instruction.op == Op::measure) object["bit"] = instruction.bit;
  if (instruction.op == Op::delay) object["duration_s"] = instruction.duration_s;
  return object;
}

// --- Reading ------------------------------------------------------------------------------------

arma::mat matrix_from_json(const JsonPlace& place) {
  const std::vector<JsonPlace> rows = place.elements();
  arma::mat matrix(rows.size(), rows.size());
  for (arma::uword r = 0; r < rows.size(); ++r) {
    const std::vector<JsonPlace> entries = rows[r].elements();
    if (entries.size() != rows.size())
      rows[r].refuse(
          fmt::format("{} entries in a row of a matrix of {} rows", entries.size(), rows.size()));
    for (arma::uword c = 0; c < entries.size(); ++c) matrix(r, c) = entries[c].number();
  }
  return matrix;
}

std::vector<int> integers_from_json(const JsonPlace& place) {
  std::vector<int> values;
  for (const JsonPlace& element : place.elements()) values.push_back(element.integer());
  return values;
}

Angle term_from_json(const JsonPlace& place) {
  place.allow_keys({"weight", "feature", "coefficient"});
  const double coefficient = place.at("coefficient").number();
  const auto weight = place.find("weight"), feature = place.find("feature");
  if (weight.has_value() == feature.has_value())
    place.refuse("needs either \"weight\" or \"feature\"");
  const JsonPlace& index = weight ? *weight : *feature;
  if (index.integer() < 0) index.refuse(fmt::format("index {} is negative", index.integer()));
  return weight ? Angle::weight(index.integer(), coefficient)
                : Angle::feature(index.integer(), coefficient);
}

Angle angle_from_json(const JsonPlace& place) {
  if (!place.value().is_object()) return place.number();
  place.allow_keys({"offset_rad", "terms"});
  Angle angle = place.at("offset_rad").number();
  for (const JsonPlace& term : place.at("terms").elements()) angle = angle + term_from_json(term);
  return angle;
}

std::vector<ChannelPointer> channels_from_json(const JsonPlace& place) {
  std::vector<ChannelPointer> channels;
  for (const JsonPlace& element : place.elements()) {
    element.allow_keys({"label", "ptm"});
    channels.push_back(std::make_shared<const ChannelInstruction>(
        ChannelInstruction{element.at("label").string(), matrix_from_json(element.at("ptm"))}));
  }
  return channels;
}

Op op_from_json(const JsonPlace& place) {
  const std::optional<Op> op = find_operation(place.string());
  if (!op) place.refuse(fmt::format("unknown operation \"{}\"", place.string()));
  return *op;
}

ChannelPointer channel_at(const JsonPlace& place, const std::vector<ChannelPointer>& channels) {
  const int index = place.integer();
  if (index < 0 || static_cast<std::size_t>(index) >= channels.size())
    place.refuse(fmt::format("channel {} is not one of the {} listed", index, channels.size()));
  return channels[static_cast<std::size_t>(index)];
}

Instruction instruction_from_json(const JsonPlace& place,
                                  const std::vector<ChannelPointer>& channels) {
  Instruction instruction;
  instruction.op = op_from_json(place.at("op"));
  instruction.qubits = integers_from_json(place.at("qubits"));
  if (instruction.op == Op::channel) {
    place.allow_keys({"op", "qubits", "channel"});
    instruction.channel = channel_at(place.at("channel"), channels);
  } else if (instruction.op == Op::measure) {
    place.allow_keys({"op", "qubits", "bit"});
    instruction.bit = place.at("bit").integer();
  } else if (instruction.op == Op::delay) {
    place.allow_keys({"op", "qubits", "duration_s"});
    instruction.duration_s = place.at("duration_s").number();
  } else if (info(instruction.op).n_angles > 0) {
    place.allow_keys({"op", "qubits", "angles"});
    for (const JsonPlace& angle : place.at("angles").elements())
      instruction.angles.push_back(angle_from_json(angle));
  } else {
    place.allow_keys({"op", "qubits"});
  }
  return instruction;
}

ReadoutError readout_error_from_json(const JsonPlace& place) {
  ReadoutError error;
  for (const JsonPlace& group : place.elements()) {
    group.allow_keys({"bits", "matrix"});
    error.push_back({integers_from_json(group.at("bits")), matrix_from_json(group.at("matrix"))});
  }
  return error;
}

void require_kind(const JsonPlace& root) {
  const JsonPlace version = root.at("schema_version"), found = root.at("kind");
  if (version.integer() != schema_version)
    version.refuse(fmt::format("version {} where this program reads version {}", version.integer(),
                               schema_version));
  if (found.string() != kind)
    found.refuse(fmt::format("\"{}\" where \"{}\" is expected", found.string(), kind));
}

/// Runs `change`, and reports at `place` what the circuit refuses.
template <typename Change>
void checked(const JsonPlace& place, Change change) {
  try {
    change();
  } catch (const InputError& error) {
    place.refuse(error.what());
  }
}

}  // namespace

std::string to_json(const Circuit& circuit) {
  ChannelTable channels(circuit);
  json instructions = json::array();
  for (const Instruction& instruction : circuit.instructions())
    instructions.push_back(instruction_to_json(instruction, channels));
  json readout_error = json::array();
  for (const ConfusionMatrix& group : circuit.readout_error())
    readout_error.push_back({{"bits", group.bits}, {"matrix", matrix_to_json(group.matrix)}});
  const json root{{"kind", kind},
                  {"schema_version", schema_version},
                  {"n_qubits", circuit.n_qubits()},
                  {"channels", channels.take_json()},
                  {"instructions", std::move(instructions)},
                  {"readout_error", std::move(readout_error)}};
  return root.dump();
}

Circuit circuit_from_json(std::string_view text, const std::string& source) {
  const JsonDocument document(text, source);
  const JsonPlace root = document.root();
  require_kind(root);
  root.allow_keys(
      {"kind", "schema_version", "n_qubits", "channels", "instructions", "readout_error"});
  const JsonPlace n_qubits = root.at("n_qubits");
  if (n_qubits.integer() < 1 || n_qubits.integer() > max_qubits)
    n_qubits.refuse(fmt::format("{} is outside 1..{}", n_qubits.integer(), max_qubits));
  Circuit circuit(n_qubits.integer());
  const std::vector<ChannelPointer> channels = channels_from_json(root.at("channels"));
  for (const JsonPlace& place : root.at("instructions").elements()) {
    const Instruction instruction = instruction_from_json(place, channels);
    checked(place, [&] { circuit.append(instruction); });
  }
  const JsonPlace readout_error = root.at("readout_error");
  const ReadoutError groups = readout_error_from_json(readout_error);
  checked(readout_error, [&] { circuit.set_readout_error(groups); });
  return circuit;
}

}  // namespace rhodrift
