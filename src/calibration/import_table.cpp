#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <rhodrift/core/error.hpp>

#include "calibration/csv.hpp"
#include "calibration/figures.hpp"
#include "calibration/importing.hpp"
#include "calibration/json_header.hpp"
#include "calibration/units.hpp"

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
};

// --- CSV and TOML into rows ---------------------------------------------------------------------

TemplateFile read_csv(const RawFile& file) {
  const std::vector<CsvRecord> records = parse_csv(file.text(), file.source());
  TemplateFile content;
  content.heading.device = file.path().stem().string();
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

class StateReader {
 public:
  StateReader(const RawFile& file, const TemplateFile& content, std::vector<const Row*> rows)
      : file_(file), heading_(content.heading), rows_(std::move(rows)) {}

  Calibration read() {
    state_.device = heading_.device;
    state_.vendor = heading_.vendor;
    for (const Row* row : rows_) read_row(*row);
    state_.native_gates =
        heading_.native_gates.empty() ? listed_gates(state_) : heading_.native_gates;
    state_.coupling = coupling_of(state_);
    return std::move(state_);
  }

  /// Those that have a row.
  const std::set<int>& qubits() const { return seen_; }

 private:
  void read_row(const Row& row) {
    const std::string& operation = field(row, "operation");
    const std::vector<int> qubits = read_qubits(row);
    if (operation == "qubit") {
      if (qubits.size() != 1) refuse(row, "a row \"qubit\" is of one qubit");
      read_qubit(row, qubits[0]);
    } else if (operation == "zz") {
      if (qubits.size() != 2) refuse(row, "a row \"zz\" is of two qubits");
      const auto shift_hz = figure(row, "shift_hz");
      if (!shift_hz) refuse(row, "a row \"zz\" needs shift_hz");
      state_.zz_couplings.push_back({std::minmax(qubits[0], qubits[1]), *shift_hz});
      require_all_used(row);
    } else {
      GateCalibration gate{operation, qubits, {}, {}};
      for (const GateFigure& known : gate_figures) gate.*(known.figure) = figure(row, known.key);
      state_.gates.push_back(std::move(gate));
      require_all_used(row);
    }
  }

  void read_qubit(const Row& row, int q) {
    const auto index = static_cast<std::size_t>(q);
    if (!seen_.insert(q).second) refuse(row, fmt::format("qubit {} is listed twice", q));
    if (state_.qubits.size() <= index) state_.qubits.resize(index + 1);
    QubitCalibration& qubit = state_.qubits[index];
    for (const QubitFigure& known : qubit_figures) qubit.*(known.figure) = figure(row, known.key);
    require_all_used(row);
  }

  std::vector<int> read_qubits(const Row& row) {
    std::istringstream words(field(row, "qubits"));
    std::vector<int> qubits;
    for (std::string word; words >> word;) {
      int q = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), q);
      if (error != std::errc() || end != word.data() + word.size() || q < 0 || q >= max_qubits) {
        refuse(row, fmt::format("\"{}\" in qubits is not a qubit", word));
      }
      qubits.push_back(q);
    }
    return qubits;
  }

  const std::string& field(const Row& row, const std::string& name) {
    const auto found = row.fields.find(name);
    if (found == row.fields.end()) refuse(row, fmt::format("the field \"{}\" is empty", name));
    return found->second;
  }

  /// In SI units, whatever unit the field's name has.
  std::optional<double> figure(const Row& row, const std::string& key) {
    std::optional<double> value;
    for (const auto& [name, text] : row.fields) {
      const Named named = named_figure(name);
      if (named.key != key) continue;
      if (value) refuse(row, fmt::format("\"{}\" gives {} again", name, key));
      value = number(row, name, text) * named.times / named.divided_by;
      used_.insert(name);
    }
    return value;
  }

  double number(const Row& row, const std::string& name, const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
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
    throw InputError(file_.source(), fmt::format("line {}", row.line), problem);
  }

  const RawFile& file_;
  const Heading& heading_;
  std::vector<const Row*> rows_;
  Calibration state_;
  std::set<int> seen_;
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
  std::vector<Calibration> states;
  std::set<int> qubits;
  for (auto& [time, rows] : rows_at) {
    StateReader reader(file, content, std::move(rows));
    states.push_back(reader.read());
    states.back().timestamp = time;
    qubits.insert(reader.qubits().begin(), reader.qubits().end());
  }
  require_no_gap(qubits, file.source());
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
