#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <rhodrift/core/error.hpp>

#include "calibration/figures.hpp"
#include "calibration/importing.hpp"
#include "calibration/json_header.hpp"
#include "calibration/units.hpp"
#include "core/csv.hpp"

// Our own template for devices whose maker has no format, docs/formats/calibration.md: a row a
// qubit and a row a gate, in CSV or as [[qubit]] and [[gate]] in TOML. Figures carry their unit in
// their name, as t1_us and duration_ns do.

namespace rhodrift {

namespace {

/// One row; fields without content are not in it.
struct Row {
  int line;
  std::map<std::string, std::string> fields;
};

/// What stands above the rows. CSV has nothing there but times, which stand in a column.
struct Heading {
  std::string device;
  std::string vendor = "own";
  std::vector<std::string> native_gates;  ///< empty: all that are listed
};

struct TemplateFile {
  Heading heading;
  std::vector<Row> rows;
  bool decimal_comma = false;
};

// --- CSV and TOML into rows ---------------------------------------------------------------------

TemplateFile read_csv(const RawFile& file) {
  const std::vector<CsvRecord> records = parse_csv(file.text(), file.source());
  TemplateFile content;
  content.heading.device = file.path().stem().string();
  // Where parse_csv takes semicolons for separators, commas are free to be decimal signs.
  content.decimal_comma = file.first_line().find(',') == std::string_view::npos;
  for (std::size_t r = 1; r < records.size(); ++r) {
    Row row{records[r].line, {}};
    for (std::size_t i = 0; i < records[r].fields.size(); ++i) {
      const std::string value = trimmed(records[r].fields[i]);
      if (value.empty()) continue;
      const std::string key = trimmed(records[0].fields[i]);
      if (!row.fields.emplace(key, value).second) {
        throw InputError(file.source(), "line 1", fmt::format("column \"{}\" is given twice", key));
      }
    }
    content.rows.push_back(std::move(row));
  }
  return content;
}

/// TOML's values in the words of a CSV field.
class TomlReader {
 public:
  explicit TomlReader(const RawFile& file) : file_(file) {}

  TemplateFile read() {
    toml::table document;
    try {
      document = toml::parse(file_.text(), file_.source());
    } catch (const toml::parse_error& error) {
      throw InputError(file_.source(), fmt::format("line {}", error.source().begin.line),
                       std::string(error.description()));
    }
    Heading heading;
    heading.device = file_.path().stem().string();
    std::string time;
    std::vector<Row> rows;
    for (const auto& [key, node] : document) {
      const std::string name(key.str());
      if (name == "device") {
        heading.device = text(node);
      } else if (name == "vendor") {
        heading.vendor = text(node);
      } else if (name == "timestamp") {
        time = text(node);
      } else if (name == "native_gates") {
        heading.native_gates = words(node);
      } else if (name == "qubit" || name == "gate" || name == "zz") {
        for (Row& row : rows_of(name, node)) rows.push_back(std::move(row));
      } else {
        refuse(node, fmt::format("unknown key \"{}\"; known are device, vendor, timestamp, "
                                 "native_gates, qubit, gate, zz",
                                 name));
      }
    }
    for (Row& row : rows) {
      if (!time.empty()) row.fields.emplace("timestamp", time);
    }
    return {heading, std::move(rows)};
  }

 private:
  std::vector<Row> rows_of(const std::string& kind, const toml::node& node) {
    const toml::array* tables = node.as_array();
    if (!tables) refuse(node, fmt::format("tables [[{}]] are expected", kind));
    std::vector<Row> rows;
    for (const toml::node& item : *tables) {
      const toml::table* table = item.as_table();
      if (!table) refuse(item, fmt::format("a table [[{}]] is expected", kind));
      Row row{static_cast<int>(item.source().begin.line), {}};
      // [[qubit]] and [[zz]] are rows of that operation, [[gate]] names its own.
      if (kind != "gate") row.fields["operation"] = kind;
      for (const auto& [key, value] : *table) {
        const std::string name(key.str());
        const bool operation = kind == "gate" && name == "name";
        row.fields[operation ? "operation" : name] = text(value);
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  std::vector<std::string> words(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (!array) refuse(node, "a list of names is expected");
    std::vector<std::string> list;
    for (const toml::node& item : *array) list.push_back(text(item));
    return list;
  }

  std::string text(const toml::node& node) {
    if (const auto* string = node.as_string()) return string->get();
    if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
    if (const auto* number = node.as_floating_point()) return json_number(number->get());
    if (node.is_date() || node.is_date_time()) {
      std::ostringstream stream;
      if (const auto* date = node.as_date()) stream << date->get();
      if (const auto* date_time = node.as_date_time()) stream << date_time->get();
      return stream.str();
    }
    if (const auto* array = node.as_array()) {
      std::vector<std::string> items;
      for (const toml::node& item : *array) items.push_back(text(item));
      return fmt::format("{}", fmt::join(items, " "));
    }
    refuse(node, "a string, a number, a time or a list of them is expected");
  }

  [[noreturn]] void refuse(const toml::node& node, const std::string& problem) const {
    throw InputError(file_.source(), fmt::format("line {}", node.source().begin.line), problem);
  }

  const RawFile& file_;
};

// --- Rows into states ---------------------------------------------------------------------------

/// A figure that a field can name, and how many of its unit are one in SI.
struct Named {
  std::string key;  ///< as in figures.hpp, or "shift_hz"
  double times = 1;
  double divided_by = 1;
};

/// "t1_us" is t1_s in µs, "frequency_ghz" is frequency_hz in GHz.
Named named_figure(const std::string& field) {
  const std::size_t underscore = field.rfind('_');
  if (underscore == std::string::npos) return {field};
  const std::string stem = field.substr(0, underscore), unit = field.substr(underscore + 1);
  if (const auto per_second = units_per_second(unit)) return {stem + "_s", 1, *per_second};
  for (const auto& [suffix, name] : {std::pair{"hz", "Hz"}, std::pair{"khz", "kHz"},
                                     std::pair{"mhz", "MHz"}, std::pair{"ghz", "GHz"}}) {
    if (unit == suffix) return {stem + "_hz", *hertz_per_unit(name)};
  }
  return {field};
}

/// What a figure of that key may not be and is; nullptr when all is well. The limits of every
/// calibration, here where they can be told of the row.
const char* broken_limit(const std::string& key, double value) {
  if (!std::isfinite(value)) return "beyond a double";
  if (key == "t1_s" || key == "t2_s" || key == "frequency_hz") {
    return value > 0 ? nullptr : "not > 0";
  }
  if (key == "readout_p10" || key == "readout_p01") {
    return value >= 0 && value <= 1 ? nullptr : "outside [0, 1]";
  }
  if (key.ends_with("_rad")) {
    return std::abs(value) <= std::numbers::pi ? nullptr : "outside [-pi, pi]";
  }
  return value >= 0 || key == "shift_hz" ? nullptr : "not >= 0";
}

/// How many operands the gates have that circuits can ask for (their own table is not for this
/// module); nullopt for others, which are as their rows say.
std::optional<std::size_t> known_operands(const std::string& gate) {
  static const std::set<std::string> one = {
      "id", "x",  "y",  "z", "h", "s",  "sdg", "t",  "tdg",   "sx",      "sxdg",
      "rx", "ry", "rz", "p", "u", "u1", "u2",  "u3", "reset", "measure", "delay"};
  static const std::set<std::string> two = {
      "cx",         "cy",           "cz",  "ch",  "swap", "iswap", "iswapdg",
      "sqrt_iswap", "sqrt_iswapdg", "ecr", "crx", "cry",  "crz",   "cp",
      "cphase",     "cu1",          "rxx", "ryy", "rzz",  "xy",    "syc"};
  if (one.contains(gate)) return 1;
  if (two.contains(gate)) return 2;
  return std::nullopt;
}

[[noreturn]] void refuse_row(const RawFile& file, const Row& row, const std::string& problem) {
  throw InputError(file.source(), fmt::format("line {}", row.line), problem);
}

const std::string& field(const RawFile& file, const Row& row, const std::string& name) {
  const auto found = row.fields.find(name);
  if (found == row.fields.end()) {
    refuse_row(file, row, fmt::format("the field \"{}\" is empty", name));
  }
  return found->second;
}

std::vector<int> operands(const RawFile& file, const Row& row) {
  std::istringstream words(field(file, row, "qubits"));
  std::vector<int> qubits;
  for (std::string word; words >> word;) {
    int q = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), q);
    if (error != std::errc() || end != word.data() + word.size() || q < 0 || q >= max_qubits) {
      refuse_row(file, row, fmt::format("\"{}\" in qubits is not a qubit", word));
    }
    if (std::find(qubits.begin(), qubits.end(), q) != qubits.end()) {
      refuse_row(file, row, fmt::format("\"{}\" in qubits is there twice", word));
    }
    qubits.push_back(q);
  }
  if (qubits.empty()) refuse_row(file, row, "no qubit in qubits");
  return qubits;
}

/// How many have a row at any time. They are numbered without gaps: 7 in place of 1 would be eight.
std::size_t count_qubits(const RawFile& file, const std::vector<Row>& rows) {
  std::set<int> listed;
  int line_of_largest = 1;
  for (const Row& row : rows) {
    if (field(file, row, "operation") != "qubit") continue;
    const std::vector<int> qubits = operands(file, row);
    if (qubits.size() != 1) refuse_row(file, row, "a row \"qubit\" is of one qubit");
    if (listed.empty() || qubits[0] > *listed.rbegin()) line_of_largest = row.line;
    listed.insert(qubits[0]);
  }
  require_no_gap(listed, fmt::format("{}: line {}", file.source(), line_of_largest));
  return listed.size();
}

class StateReader {
 public:
  StateReader(const RawFile& file, const TemplateFile& content, std::size_t n_qubits,
              std::vector<const Row*> rows)
      : file_(file), content_(content), rows_(std::move(rows)) {
    state_.qubits.resize(n_qubits);
  }

  Calibration read() {
    const Heading& heading = content_.heading;
    state_.device = heading.device;
    state_.vendor = heading.vendor;
    for (const Row* row : rows_) read_row(*row);
    state_.native_gates =
        heading.native_gates.empty() ? listed_gates(state_) : heading.native_gates;
    state_.coupling = coupling_of(state_);
    return std::move(state_);
  }

 private:
  void read_row(const Row& row) {
    const std::string& operation = field(file_, row, "operation");
    const std::vector<int> qubits = operands(file_, row);
    for (const int q : qubits) {
      if (q < state_.n_qubits()) continue;
      refuse(row,
             fmt::format("qubit {} has no row \"qubit\"; how many have: {}", q, state_.n_qubits()));
    }
    if (!seen_.emplace(operation, qubits).second) {
      refuse(row, fmt::format("{} {} is listed twice", operation, fmt::join(qubits, " ")));
    }
    if (operation == "qubit") {
      QubitCalibration& qubit = state_.qubits[static_cast<std::size_t>(qubits[0])];
      for (const QubitFigure& known : qubit_figures) qubit.*(known.figure) = figure(row, known.key);
    } else if (operation == "zz") {
      read_zz(row, qubits);
    } else {
      read_gate(row, operation, qubits);
    }
    require_all_used(row);
  }

  void read_zz(const Row& row, const std::vector<int>& qubits) {
    if (qubits.size() != 2) refuse(row, "a row \"zz\" is of two qubits");
    const auto shift_hz = figure(row, "shift_hz");
    if (!shift_hz) refuse(row, "a row \"zz\" needs shift_hz");
    state_.zz_couplings.push_back({std::minmax(qubits[0], qubits[1]), *shift_hz});
  }

  void read_gate(const Row& row, const std::string& name, const std::vector<int>& qubits) {
    const auto n_operands = known_operands(name);
    if (n_operands && *n_operands != qubits.size()) {
      refuse(row, fmt::format("{} on \"{}\": {} operands; it has {}", name, fmt::join(qubits, " "),
                              qubits.size(), *n_operands));
    }
    GateCalibration gate{name, qubits, {}, {}};
    for (const GateFigure& known : gate_figures) gate.*(known.figure) = figure(row, known.key);
    state_.gates.push_back(std::move(gate));
  }

  /// In SI units, whatever unit the field's name has.
  std::optional<double> figure(const Row& row, const std::string& key) {
    std::optional<double> value;
    for (const auto& [name, text] : row.fields) {
      const Named named = named_figure(name);
      if (named.key != key) continue;
      if (value) refuse(row, fmt::format("\"{}\" gives {} again", name, key));
      value = number(row, name, text) * named.times / named.divided_by;
      if (const char* limit = broken_limit(key, *value)) {
        refuse(row, fmt::format("\"{}\" in {} is {}", text, name, limit));
      }
      used_.insert(name);
    }
    return value;
  }

  double number(const Row& row, const std::string& name, const std::string& text) {
    std::string decimal = text;
    if (content_.decimal_comma) std::replace(decimal.begin(), decimal.end(), ',', '.');
    const char* const last = decimal.data() + decimal.size();
    double value = 0;
    const auto [end, error] = std::from_chars(decimal.data(), last, value);
    if (error != std::errc() || end != last || !std::isfinite(value)) {
      refuse(row, fmt::format("\"{}\" in {} is not a number", text, name));
    }
    return value;
  }

  /// What a row says has to be something that its kind of row can say.
  void require_all_used(const Row& row) {
    for (const auto& [name, text] : row.fields) {
      if (name == "operation" || name == "qubits" || name == "timestamp") continue;
      if (!used_.contains(name)) {
        refuse(row, fmt::format("\"{}\" is no figure of a row \"{}\"", name,
                                row.fields.at("operation")));
      }
    }
    used_.clear();
  }

  [[noreturn]] void refuse(const Row& row, const std::string& problem) const {
    refuse_row(file_, row, problem);
  }

  const RawFile& file_;
  const TemplateFile& content_;
  std::vector<const Row*> rows_;
  Calibration state_;
  std::set<std::pair<std::string, std::vector<int>>> seen_;
  std::set<std::string> used_;
};

/// Rows of one time are one state.
std::vector<Calibration> states_in(const RawFile& file, const ImportOptions& options) {
  const TemplateFile content =
      file.kind() == RawFile::Kind::toml ? TomlReader(file).read() : read_csv(file);
  if (content.rows.empty()) throw InputError(file.source(), "", "no rows");
  std::map<UtcTime, std::vector<const Row*>> rows_at;
  for (const Row& row : content.rows) {
    const auto time = row.fields.find("timestamp");
    if (time == row.fields.end() && !options.time) {
      throw InputError(file.source(), fmt::format("line {}", row.line),
                       "no timestamp, here or on the command line");
    }
    rows_at[time == row.fields.end()
                ? *options.time
                : parse_utc(time->second, file.source(), fmt::format("line {}", row.line))]
        .push_back(&row);
  }
  const std::size_t n_qubits = count_qubits(file, content.rows);
  std::vector<Calibration> states;
  for (auto& [time, rows] : rows_at) {
    states.push_back(StateReader(file, content, n_qubits, std::move(rows)).read());
    states.back().timestamp = time;
  }
  return states;
}

std::string misfit(const RawFile& file) {
  if (file.kind() == RawFile::Kind::toml) return "";
  if (file.kind() == RawFile::Kind::csv) {
    std::set<std::string> columns;
    for (const std::string& column : csv_fields(file.first_line())) columns.insert(trimmed(column));
    if (columns.contains("operation") && columns.contains("qubits")) return "";
  }
  return "no TOML file, and no CSV file with the columns operation and qubits";
}

std::vector<Calibration> states(const ImportInput& input) {
  std::vector<Calibration> all;
  for (const std::filesystem::path& path : input.files) {
    const RawFile file = open_raw(path, table_importer);
    for (Calibration& state : states_in(file, input.options)) {
      state.provenance = input.provenance("table");
      if (input.options.device) state.device = *input.options.device;
      finish_state(state, file.source());
      all.push_back(std::move(state));
    }
  }
  return ordered_states(std::move(all), Repeats::same_time, input.source);
}

}  // namespace

const Importer table_importer{ImportFormat::table, "table", misfit, states};

}  // namespace rhodrift
