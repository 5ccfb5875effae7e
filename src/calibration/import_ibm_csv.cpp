#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>

#include "calibration/durations.hpp"
#include "calibration/importing.hpp"
#include "calibration/units.hpp"
#include "core/csv.hpp"

// Tables that people downloaded from the IBM dashboard: a row a qubit, headers that changed over
// the years, and times only in folder names or, in merged tables, in a column.

namespace rhodrift {

namespace fs = std::filesystem;

namespace {

enum class Figure {
  ignored,
  timestamp,
  qubit,
  frequency,
  t1,
  t2,
  readout_error,
  p01,
  p10,
  readout_length,
  id_error,
  rz_error,
  rx_error,
  sx_error,
  x_error,
  u2_error,
  u3_error,
  cx_error,
  ecr_error,
  cz_error,
  rzz_error,
  pair_length,
  pulse_length,
  operational,
};
enum class Dimension { none, time, frequency, probability };

/// What a column is, whatever its unit.
struct Header {
  std::string_view text;  ///< in lower case, "√" as "sqrt-", without unit and a final " rate"
  Figure figure;
  Dimension dimension = Dimension::none;
};
constexpr std::array headers = {
    Header{"", Figure::ignored},  // row numbers of a merged table
    Header{"anharmonicity", Figure::ignored, Dimension::frequency},
    Header{"timestamp", Figure::timestamp},
    Header{"qubit", Figure::qubit},
    Header{"c\u00fabit", Figure::qubit},
    Header{"frequency", Figure::frequency, Dimension::frequency},
    Header{"frecuency", Figure::frequency, Dimension::frequency},
    Header{"frecuencia", Figure::frequency, Dimension::frequency},
    Header{"frequenz", Figure::frequency, Dimension::frequency},
    Header{"fr\u00e9quence", Figure::frequency, Dimension::frequency},
    Header{"t1", Figure::t1, Dimension::time},
    Header{"t2", Figure::t2, Dimension::time},
    Header{"readout error", Figure::readout_error, Dimension::probability},
    Header{"readout assignment error", Figure::readout_error, Dimension::probability},
    Header{"error de lectura", Figure::readout_error, Dimension::probability},
    Header{"auslesefehler", Figure::readout_error, Dimension::probability},
    Header{"prob meas0 prep1", Figure::p01, Dimension::probability},
    Header{"prob meas1 prep0", Figure::p10, Dimension::probability},
    Header{"readout length", Figure::readout_length, Dimension::time},
    Header{"id error", Figure::id_error, Dimension::probability},
    Header{"z-axis rotation (rz) error", Figure::rz_error, Dimension::probability},
    Header{"rz error", Figure::rz_error, Dimension::probability},
    Header{"rx error", Figure::rx_error, Dimension::probability},
    Header{"sqrt-x (sx) error", Figure::sx_error, Dimension::probability},
    Header{"sx error", Figure::sx_error, Dimension::probability},
    Header{"single-qubit pauli-x error", Figure::x_error, Dimension::probability},
    Header{"pauli-x error", Figure::x_error, Dimension::probability},
    Header{"single-qubit u2 error", Figure::u2_error, Dimension::probability},
    Header{"single-qubit u3 error", Figure::u3_error, Dimension::probability},
    Header{"cnot error", Figure::cx_error, Dimension::probability},
    Header{"cx error", Figure::cx_error, Dimension::probability},
    Header{"cnot-fehler", Figure::cx_error, Dimension::probability},
    Header{"ecr error", Figure::ecr_error, Dimension::probability},
    Header{"cz error", Figure::cz_error, Dimension::probability},
    Header{"rzz error", Figure::rzz_error, Dimension::probability},
    Header{"gate time", Figure::pair_length, Dimension::time},
    Header{"gate length", Figure::pair_length, Dimension::time},
    Header{"single-qubit gate length", Figure::pulse_length, Dimension::time},
    Header{"operational", Figure::operational},
};

/// What a gate that is listed in one direction has in the other.
enum class Reverse { nothing, error, all_figures };

struct PairGate {
  Figure error;
  const char* name;
  Reverse reverse;
};
// rzz is last: beside another one it is an extra, native only where the vendor says so.
constexpr std::array pair_gates = {PairGate{Figure::cx_error, "cx", Reverse::error},
                                   PairGate{Figure::ecr_error, "ecr", Reverse::nothing},
                                   PairGate{Figure::cz_error, "cz", Reverse::all_figures},
                                   PairGate{Figure::rzz_error, "rzz", Reverse::all_figures}};

/// What the numbers of a figure can be; those of calibrations (validate.cpp).
enum class Range { any, positive, not_negative, probability };

constexpr Range range_of(Figure figure) {
  switch (figure) {
    case Figure::ignored:
    case Figure::timestamp:
    case Figure::qubit:
    case Figure::operational:
      return Range::any;
    case Figure::frequency:
    case Figure::t1:
    case Figure::t2:
      return Range::positive;
    case Figure::readout_error:
    case Figure::p01:
    case Figure::p10:
      return Range::probability;
    default:  // errors, which are >= 1 for faulty gates, and lengths
      return Range::not_negative;
  }
}

/// What one column of a table holds: numbers times or divided by a power of ten are in SI units.
struct Column {
  std::string name;
  Figure figure;
  double times = 1;
  double divided_by = 1;
};

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result;
  for (std::size_t at; (at = text.find(what)) != std::string_view::npos;) {
    result.append(text.substr(0, at)).append(by);
    text.remove_prefix(at + what.size());
  }
  return result.append(text);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// "US", "microseconds" and "Ghz" as units.hpp calls them.
std::string usual_unit(std::string unit) {
  unit = lower(std::move(unit));
  for (const auto& [spelt, usual] :
       {std::pair{"seconds", "s"}, std::pair{"milliseconds", "ms"}, std::pair{"microseconds", "us"},
        std::pair{"nanoseconds", "ns"}, std::pair{"hz", "Hz"}, std::pair{"khz", "kHz"},
        std::pair{"mhz", "MHz"}, std::pair{"ghz", "GHz"}}) {
    if (unit == spelt) return usual;
  }
  return unit;
}

const Header* find_header(const std::string& text) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return h.text == text; });
  return found == headers.end() ? nullptr : &*found;
}

/// A column that is known, whose unit need not be.
struct Heading {
  const Header* header;
  std::string unit;
};

/// Splits "T1 (µs)", "T1 [us]" or "T1 µs"; nullopt for a column that no table is known to have.
std::optional<Heading> heading_of(const std::string& column) {
  std::string text = replaced(trimmed(column), "\u221a", "sqrt-");
  std::string unit;
  const std::size_t open = text.find_last_of("([");
  if (open != std::string::npos && text.find_first_of(")]", open) == text.size() - 1) {
    unit = trimmed(text.substr(open + 1, text.size() - open - 2));
    text = trimmed(text.substr(0, open));
  }
  text = lower(std::move(text));
  if (text.ends_with(" rate")) text.resize(text.size() - 5);
  if (const Header* header = find_header(text)) return Heading{header, usual_unit(unit)};
  const std::size_t space = text.rfind(' ');
  if (!unit.empty() || space == std::string::npos) return std::nullopt;
  const Header* header = find_header(trimmed(text.substr(0, space)));
  unit = usual_unit(text.substr(space + 1));
  if (!header || header->dimension == Dimension::none) return std::nullopt;
  if (header->dimension == Dimension::probability && unit != "%") return std::nullopt;
  return Heading{header, unit};
}

/// Of a column with a unit that its figure cannot have, or without one that it needs.
[[noreturn]] void refuse_unit(const std::string& source, const std::string& column,
                              const Heading& heading) {
  std::string known = "none belongs here";
  if (heading.header->dimension == Dimension::time) known = "known are " + time_unit_names();
  if (heading.header->dimension == Dimension::frequency) {
    known = "known are " + frequency_unit_names();
  }
  if (heading.header->dimension == Dimension::probability) known = "known is \"%\"";
  throw InputError(source, fmt::format("line 1, column \"{}\"", column),
                   heading.unit.empty()
                       ? "no unit; " + known
                       : fmt::format("the unit \"{}\" is unknown; {}", heading.unit, known));
}

Column column_of(const std::string& name, const std::string& source) {
  const auto heading = heading_of(name);
  if (!heading) throw InputError(source, "line 1", fmt::format("unknown column \"{}\"", name));
  const auto& [header, unit] = *heading;
  if (header->dimension == Dimension::time) {
    if (const auto per_second = units_per_second(unit))
      return {name, header->figure, 1, *per_second};
  } else if (header->dimension == Dimension::frequency) {
    if (const auto hertz = hertz_per_unit(unit)) return {name, header->figure, *hertz};
  } else if (unit.empty()) {
    return {name, header->figure};
  } else if (header->dimension == Dimension::probability && unit == "%") {
    return {name, header->figure, 1, 100};
  }
  refuse_unit(source, name, *heading);
}

/// As messages show it: a field can be longer than a line.
std::string in_quotes(std::string_view text) {
  constexpr std::size_t most_shown = 80;
  return fmt::format("\"{}\"{}", text.substr(0, most_shown), text.size() > most_shown ? "…" : "");
}

/// Equal but for rounding, as 100 µs and 0.1 ms are.
bool same_figure(double a, double b) {
  return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

/// "9.5e-3", "+0.5" and, where the decimal sign is a comma, "9,5e-3".
std::optional<double> parsed_number(std::string text) {
  if (text.find('.') == std::string::npos && std::count(text.begin(), text.end(), ',') == 1) {
    text[text.find(',')] = '.';
  }
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

/// The rows of one file with what its columns mean.
class Table {
 public:
  explicit Table(const RawFile& file)
      : source_(file.source()), records_(parse_csv(file.text(), source_)) {
    if (records_.size() < 2) throw InputError(source_, "", "no rows below a header");
    for (const std::string& header : records_[0].fields) {
      columns_.push_back(column_of(as_utf8(header), source_));
    }
  }

  const std::string& source() const { return source_; }
  bool has(Figure figure) const {
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](const Column& column) { return column.figure == figure; });
  }
  /// Records below the header.
  std::size_t n_rows() const { return records_.size() - 1; }

  struct Field {
    std::string text;  ///< not empty
    const Column* column;
  };
  /// What the row has of this meaning. A merged table has several columns of one meaning, of which
  /// a row mostly fills one.
  std::vector<Field> fields(std::size_t row, Figure figure) const {
    std::vector<Field> found;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].figure != figure) continue;
      std::string text = trimmed(records_[row + 1].fields[i]);
      if (!text.empty()) found.push_back({std::move(text), &columns_[i]});
    }
    return found;
  }

  std::optional<Field> text(std::size_t row, Figure figure) const {
    const std::vector<Field> found = fields(row, figure);
    for (const Field& field : found) {
      if (field.text != found[0].text) refuse_conflict(row, field, found[0]);
    }
    return found.empty() ? std::nullopt : std::optional(found[0]);
  }

  /// In SI units.
  std::optional<double> number(std::size_t row, Figure figure) const {
    const std::vector<Field> found = fields(row, figure);
    std::optional<double> value;
    for (const Field& field : found) {
      const double number = number_in(field.text, row, *field.column);
      if (value && !same_figure(*value, number)) refuse_conflict(row, field, found[0]);
      if (!value) value = number;
    }
    return value;
  }

  double number_in(const std::string& text, std::size_t row, const Column& column) const {
    const auto value = parsed_number(text);
    if (!value) refuse(row, column, in_quotes(text) + " is not a number");
    const double si = *value * column.times / column.divided_by;
    if (!std::isfinite(si)) refuse(row, column, in_quotes(text) + " is too large");
    const Range range = range_of(column.figure);
    if (range == Range::positive && !(si > 0)) refuse(row, column, in_quotes(text) + " is not > 0");
    if (range == Range::not_negative && si < 0)
      refuse(row, column, in_quotes(text) + " is not >= 0");
    if (range == Range::probability && !(si >= 0 && si <= 1)) {
      refuse(row, column, fmt::format("{} is outside 0..{}", in_quotes(text), column.divided_by));
    }
    return si;
  }

  std::string place(std::size_t row, const Column& column) const {
    return fmt::format("line {}, column \"{}\"", records_[row + 1].line, column.name);
  }
  [[noreturn]] void refuse(std::size_t row, const Column& column,
                           const std::string& problem) const {
    throw InputError(source_, place(row, column), problem);
  }
  [[noreturn]] void refuse_conflict(std::size_t row, const Field& field, const Field& other) const {
    refuse(row, *field.column,
           fmt::format("{} is not the same figure as {} in column \"{}\"", in_quotes(field.text),
                       in_quotes(other.text), other.column->name));
  }

  /// The first column of this meaning, of which the table has one.
  const Column& column(Figure figure) const {
    return *std::find_if(columns_.begin(), columns_.end(),
                         [&](const Column& column) { return column.figure == figure; });
  }

 private:
  std::string source_;
  std::vector<CsvRecord> records_;
  std::vector<Column> columns_;
};

using Pair = std::pair<int, int>;
using PairFigures = std::map<Pair, double>;

// Lists are scanned by hand: std::regex recurses over its text.
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

void skip(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes a number of a qubit off the front.
std::optional<int> take_qubit(std::string_view& text) {
  constexpr std::size_t most_digits = 6;
  const std::size_t n_digits = std::min(text.find_first_not_of(digits), text.size());
  if (n_digits == 0 || n_digits > most_digits) return std::nullopt;
  int qubit = 0;
  std::from_chars(text.data(), text.data() + n_digits, qubit);
  text.remove_prefix(n_digits);
  return qubit;
}

/// Whether an item ends before the separator that `rest` follows. A comma is a decimal sign as
/// well.
bool ends_item(std::string_view rest) {
  skip(rest, blanks);
  if (rest.empty() || rest.front() == ',' || rest.front() == ';') return true;
  skip(rest, letters);
  return take_qubit(rest) && take(rest, '_');
}

/// "cx0_14: 2.225e-2 , cx0_1: 1.892e-2 " or "0_14:935.111; 0_1:743.111", without blanks around.
std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  for (std::size_t begin = 0, end = 0; end <= list.size(); ++end) {
    const bool separates = end == list.size() || list[end] == ',' || list[end] == ';';
    if (!separates || !ends_item(list.substr(std::min(end + 1, list.size())))) continue;
    std::string_view item = list.substr(begin, end - begin);
    skip(item, blanks);
    item = item.substr(0, item.find_last_not_of(blanks) + 1);
    if (!item.empty()) items.emplace_back(item);
    begin = end + 1;
  }
  return items;
}

/// "cx0_1: 9.5e-3"; nullopt for what is not of this form.
std::optional<std::pair<Pair, std::string>> parsed_item(std::string_view item) {
  skip(item, letters);
  const auto first = take_qubit(item);
  if (!first || !take(item, '_')) return std::nullopt;
  const auto second = take_qubit(item);
  skip(item, blanks);
  if (!second || !take(item, ':')) return std::nullopt;
  skip(item, blanks);
  if (item.empty() || item.find_first_of(blanks) != std::string_view::npos) return std::nullopt;
  return std::pair{Pair{*first, *second}, std::string(item)};
}

/// The figures of one field.
PairFigures read_list(const Table& table, std::size_t row, const Table::Field& field,
                      int n_qubits) {
  const Column& column = *field.column;
  PairFigures figures;
  for (const std::string& item : items_of(field.text)) {
    const auto parsed = parsed_item(item);
    if (!parsed) table.refuse(row, column, in_quotes(item) + " is not of the form cx0_1: 9.5e-3");
    const auto& [pair, number] = *parsed;
    const auto [a, b] = pair;
    if (a == b) table.refuse(row, column, in_quotes(item) + " has the same qubit twice");
    if (std::max(a, b) >= n_qubits) {
      table.refuse(row, column,
                   fmt::format("{}: qubit {} is outside 0..{}", in_quotes(item), std::max(a, b),
                               n_qubits - 1));
    }
    if (!figures.emplace(pair, table.number_in(number, row, column)).second) {
      table.refuse(row, column, fmt::format("the pair {}_{} is given twice", a, b));
    }
  }
  return figures;
}

/// Adds what the row says of pairs to `figures`.
void read_pairs(const Table& table, std::size_t row, Figure figure, int n_qubits,
                PairFigures& figures) {
  const std::vector<Table::Field> fields = table.fields(row, figure);
  PairFigures of_row;
  for (const Table::Field& field : fields) {
    for (const auto& [pair, value] : read_list(table, row, field, n_qubits)) {
      const auto [known, added] = of_row.emplace(pair, value);
      if (!added && !same_figure(known->second, value)) {
        table.refuse_conflict(row, field, fields[0]);
      }
    }
  }
  for (const auto& [pair, value] : of_row) {
    if (figures.emplace(pair, value).second) continue;
    table.refuse(row, *fields[0].column,
                 fmt::format("the pair {}_{} is given twice", pair.first, pair.second));
  }
}

/// "0", "Q0", "q0", "0.0" (a merged table); a blank label is qubit 0, as the dashboard wrote it.
std::size_t read_label(const Table& table, std::size_t row) {
  const auto field = table.text(row, Figure::qubit);
  if (!field) return 0;
  std::string label = field->text;
  if (label[0] == 'Q' || label[0] == 'q') label.erase(0, 1);
  const double number = table.number_in(label, row, *field->column);
  if (!(number >= 0 && number < 1e6 && number == std::floor(number))) {
    table.refuse(row, *field->column, in_quotes(label) + " is not a qubit");
  }
  return static_cast<std::size_t>(number);
}

/// Makes one state of the rows of one time.
class StateReader {
 public:
  StateReader(const Table& table, std::vector<std::size_t> rows)
      : table_(table), rows_(std::move(rows)) {
    for (const PairGate& gate : pair_gates) {
      if (table.has(gate.error)) pair_errors_.push_back({gate, {}});
    }
    if (pair_errors_.empty()) pair_errors_.push_back({pair_gates.front(), {}});
  }

  Calibration read() {
    state_.vendor = "IBM";
    state_.qubits.resize(rows_.size());
    state_.native_gates = native_gates();
    std::vector<bool> seen(rows_.size());
    for (const std::size_t row : rows_) {
      const std::size_t q = read_label(table_, row);
      if (q >= rows_.size() || seen[q]) {
        table_.refuse(row, table_.column(Figure::qubit),
                      fmt::format("qubit {} {}", q,
                                  q < rows_.size() ? std::string("is listed twice")
                                                   : fmt::format("of {} rows", rows_.size())));
      }
      seen[q] = true;
      read_qubit(row, state_.qubits[q]);
      read_single_qubit_gates(row, static_cast<int>(q));
      for (auto& [gate, errors] : pair_errors_) {
        read_pairs(table_, row, gate.error, state_.n_qubits(), errors);
      }
      read_pairs(table_, row, Figure::pair_length, state_.n_qubits(), pair_lengths_s_);
    }
    add_pair_gates();
    for (const std::size_t row : rows_) read_operational(row);
    return std::move(state_);
  }

 private:
  /// The same for every state of a series, though only later tables list id and rx as well.
  std::vector<std::string> native_gates() const {
    std::vector<std::string> names;
    for (const auto& [gate, errors] : pair_errors_) {
      if (names.empty() || gate.error != Figure::rzz_error) names.emplace_back(gate.name);
    }
    names.insert(names.end(), {"rz", "sx", "x"});
    return names;
  }
  bool is_native(const std::string& name) const {
    return std::ranges::find(state_.native_gates, name) != state_.native_gates.end();
  }

  void read_qubit(std::size_t row, QubitCalibration& qubit) {
    qubit.t1_s = table_.number(row, Figure::t1);
    qubit.t2_s = table_.number(row, Figure::t2);
    qubit.readout_duration_s = table_.number(row, Figure::readout_length);
    qubit.frequency_hz = table_.number(row, Figure::frequency);
    qubit.readout_p10 = table_.number(row, Figure::p10);
    qubit.readout_p01 = table_.number(row, Figure::p01);
    const auto readout_error = table_.number(row, Figure::readout_error);
    if (readout_error && !(qubit.readout_p10 && qubit.readout_p01)) {
      qubit.readout_p10 = qubit.readout_p01 = readout_error;
      note(state_, "symmetric-readout", "/qubits",
           "the table has one readout error a qubit; p10 and p01 are both set to it");
    }
  }

  void read_operational(std::size_t row) {
    const auto field = table_.text(row, Figure::operational);
    if (!field) return;
    const std::string text = lower(field->text);
    if (text == "yes" || text == "true" || text == "1") return;
    if (text != "no" && text != "false" && text != "0") {
      table_.refuse(row, *field->column, in_quotes(field->text) + " is neither Yes nor No");
    }
    const auto q = static_cast<int>(read_label(table_, row));
    note(state_, "not-operational", fmt::format("/qubits/{}", q),
         fmt::format("qubit {} is not operational; the errors of its gates are set to 1", q));
    for (GateCalibration& gate : state_.gates) {
      if (std::ranges::find(gate.qubits, q) != gate.qubits.end()) gate.error = 1;
    }
  }

  void read_single_qubit_gates(std::size_t row, int q) {
    const auto pulse_s = table_.number(row, Figure::pulse_length);
    const auto add = [&](const char* name, std::optional<double> error) {
      state_.gates.push_back({name, {q}, error, pulse_s});
    };
    read_rz(row, q);
    if (const auto id = table_.number(row, Figure::id_error)) add("id", id);
    if (const auto rx = table_.number(row, Figure::rx_error)) add("rx", rx);
    auto sx = table_.number(row, Figure::sx_error);
    if (const auto u2 = table_.number(row, Figure::u2_error); u2 && !sx) {
      sx = u2;
      note(state_, "sx-from-u2", "/gates", "u2 is one pulse, and so is sx; it gets u2's error");
    }
    if (const auto u3 = table_.number(row, Figure::u3_error); u3 && !sx) {
      sx = *u3 / 2;
      note(state_, "sx-from-u3", "/gates", "u3 is two pulses; the error of sx is half of u3's");
    }
    auto x = table_.number(row, Figure::x_error);
    if (x && !sx) {
      sx = x;
      note(state_, "sx-from-x", "/gates",
           "the table has no sx; its error is that of x, one pulse each");
    }
    if (!sx) return;
    add("sx", sx);
    if (!x) {
      x = sx;
      note(state_, "x-from-sx", "/gates",
           "the table has no x; its error is that of sx, one pulse each");
    }
    add("x", x);
  }

  void read_rz(std::size_t row, int q) {
    const auto error = table_.number(row, Figure::rz_error);
    state_.gates.push_back({"rz", {q}, error.value_or(0.0), 0.0});
    note(state_, "virtual-rz", "/gates",
         error ? "the table has no duration of rz; it is virtual and takes none"
               : "the table has no rz; added without error and duration");
  }

  /// Gives the pairs that are listed in one direction the same figure in the other.
  void mirror(const PairGate& gate, PairFigures& figures) {
    for (const auto& [pair, figure] : PairFigures(figures)) {
      if (!figures.emplace(Pair{pair.second, pair.first}, figure).second) continue;
      note(state_, fmt::format("{}-direction-symmetric", gate.name), "/gates",
           fmt::format("{} is listed in one direction; the other one gets the same {}", gate.name,
                       gate.reverse == Reverse::error ? "error" : "figures"));
    }
  }

  void add_pair_gates() {
    // A length does not say of which gate it is. A pair with nothing else has the first in use.
    const auto in_use = std::ranges::find_if(
        pair_errors_, [](const auto& gate_errors) { return !gate_errors.second.empty(); });
    const auto first = in_use == pair_errors_.end() ? pair_errors_.begin() : in_use;
    std::set<Pair> coupled;
    for (auto& [gate, errors] : pair_errors_) {
      PairFigures lengths_s = pair_lengths_s_;
      if (gate.reverse != Reverse::nothing) mirror(gate, errors);
      if (gate.reverse == Reverse::all_figures) mirror(gate, lengths_s);
      std::set<Pair> pairs = pairs_of(errors);
      if (gate.error == first->first.error) pairs.merge(pairs_of(lengths_s));
      for (const Pair& pair : pairs) {
        state_.gates.push_back(
            {gate.name, {pair.first, pair.second}, find(errors, pair), find(lengths_s, pair)});
      }
      if (is_native(gate.name)) coupled.insert(pairs.begin(), pairs.end());
    }
    state_.coupling = {coupled.begin(), coupled.end()};
  }

  static std::set<Pair> pairs_of(const PairFigures& figures) {
    std::set<Pair> pairs;
    for (const auto& [pair, figure] : figures) pairs.insert(pair);
    return pairs;
  }
  static std::optional<double> find(const PairFigures& figures, const Pair& pair) {
    const auto found = figures.find(pair);
    return found == figures.end() ? std::nullopt : std::optional(found->second);
  }

  const Table& table_;
  std::vector<std::size_t> rows_;
  Calibration state_;
  std::vector<std::pair<PairGate, PairFigures>> pair_errors_;  ///< at least one
  PairFigures pair_lengths_s_;
};

struct TableTime {
  std::string iso;
  bool has_zone;
};

/// "2021-01-03 23:32:00", "2021-01-03T23:32Z", "2019-09-12" or, as folders are named,
/// "01-03-2021 23-32-00".
std::optional<TableTime> table_time(const std::string& text) {
  static const std::regex year_first(
      R"((\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d)[:-](\d\d)(?:[:-](\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)");
  static const std::regex year_last(R"((\d\d)-(\d\d)-(\d{4})(?: (\d\d)-(\d\d)-(\d\d))?)");
  std::smatch part;
  std::string date;
  if (std::regex_match(text, part, year_first)) {
    date = fmt::format("{}-{}-{}", part.str(1), part.str(2), part.str(3));
  } else if (std::regex_match(text, part, year_last)) {
    date = fmt::format("{}-{}-{}", part.str(3), part.str(1), part.str(2));
  } else {
    return std::nullopt;
  }
  if (!part[4].matched) return TableTime{date, false};
  const std::string zone = part.size() > 7 ? part.str(7) : "";
  const std::string second = part[6].matched ? part.str(6) : "00";
  return TableTime{fmt::format("{}T{}:{}:{}{}", date, part.str(4), part.str(5), second,
                               zone.empty() ? "Z" : zone),
                   !zone.empty()};
}

struct RowTime {
  UtcTime time;
  bool utc_assumed;
};

RowTime time_in_column(const Table& table, std::size_t row) {
  const Column& column = table.column(Figure::timestamp);
  const auto field = table.text(row, Figure::timestamp);
  const std::string text = field ? field->text : "";
  const auto time = table_time(text);
  if (!time) {
    table.refuse(row, column,
                 fmt::format("{} is neither of the form YYYY-MM-DD[ HH:MM[:SS][Z|+HH:MM]] nor "
                             "MM-DD-YYYY HH-MM-SS",
                             in_quotes(text)));
  }
  return {parse_utc(time->iso, table.source(), table.place(row, column)), !time->has_zone};
}

RowTime time_in_folder(const Table& table, const fs::path& file) {
  const std::string folder = fs::absolute(file).parent_path().filename().string();
  const auto time = table_time(folder);
  if (!time) {
    throw InputError(table.source(), "",
                     fmt::format("no time of download: the folder \"{}\" is neither of the form "
                                 "YYYY-MM-DD[ HH-MM-SS] nor MM-DD-YYYY HH-MM-SS",
                                 folder));
  }
  return {parse_utc(time->iso, table.source(), fmt::format("its folder \"{}\"", folder)),
          !time->has_zone};
}

RowTime read_time(const Table& table, std::size_t row, const fs::path& file,
                  const ImportOptions& options) {
  if (table.has(Figure::timestamp)) return time_in_column(table, row);
  if (options.time) return {*options.time, false};
  return time_in_folder(table, file);
}

std::vector<Calibration> states_in(const RawFile& file, const std::string& device,
                                   const ImportOptions& options) {
  const Table table(file);
  std::map<UtcTime, std::vector<std::size_t>> rows_at;
  std::set<UtcTime> utc_assumed;
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    const RowTime read = read_time(table, row, file.path(), options);
    rows_at[read.time].push_back(row);
    if (read.utc_assumed) utc_assumed.insert(read.time);
  }
  std::vector<Calibration> states;
  for (const auto& [time, rows] : rows_at) {
    Calibration state = StateReader(table, rows).read();
    state.device = device;
    state.timestamp = time;
    if (utc_assumed.contains(time)) {
      note(state, "utc-assumed", "/timestamp", "the time of download is taken to be in UTC");
    }
    finish_state(state, table.source());
    states.push_back(std::move(state));
  }
  return states;
}

/// "ibmq_vigo" of "ibmq_vigo_calibrations (1).csv".
std::string device_of(const fs::path& file) {
  static const std::regex suffixes(R"((_calibrations)?( \(\d+\))?$)");
  return std::regex_replace(file.stem().string(), suffixes, "",
                            std::regex_constants::format_first_only);
}

/// cx in its slow direction is the fast one between single-qubit pulses, so its two durations
/// differ by one sx, the longer of the two qubits'. Hence a qubit's sx lasts as long as the
/// smallest difference on its edges. (Equal to the stated length on every qubit of the nine cx
/// devices in qiskit-ibm-runtime's fake provider that list both.)
void add_pulse_durations(Calibration& state) {
  std::map<int, double> pulse_s;
  for (const GateCalibration& cx : state.gates) {
    if (cx.name != "cx" || !cx.duration_s) continue;
    const GateCalibration* reverse = state.find_gate("cx", {cx.qubits[1], cx.qubits[0]});
    if (!reverse || !reverse->duration_s) continue;
    // Tables state picoseconds; what lies below is rounding.
    const double difference_s = std::round(std::abs(*cx.duration_s - *reverse->duration_s) * 1e12);
    if (difference_s == 0) continue;  // one figure for both directions says nothing of pulses
    for (const int q : cx.qubits) {
      const auto [found, added] = pulse_s.emplace(q, difference_s / 1e12);
      if (!added) found->second = std::min(found->second, difference_s / 1e12);
    }
  }
  if (pulse_s.empty()) return;
  for (GateCalibration& gate : state.gates) {
    const auto pulse = pulse_s.find(gate.qubits[0]);
    if (gate.qubits.size() == 1 && !gate.duration_s && pulse != pulse_s.end()) {
      gate.duration_s = pulse->second;
    }
  }
  state.repairs.push_back({"pulse-duration-from-cx", "/gates",
                           "sx, x and id last as long as the smallest difference between the two "
                           "directions of cx on the qubit"});
}

std::string misfit(const RawFile& file) {
  if (file.kind() != RawFile::Kind::csv) return "no CSV file";
  std::set<Figure> columns;
  for (const std::string& header : csv_fields(file.first_line())) {
    if (const auto heading = heading_of(as_utf8(header))) columns.insert(heading->header->figure);
  }
  if (columns.contains(Figure::qubit) && columns.contains(Figure::t1) &&
      columns.contains(Figure::t2)) {
    return "";
  }
  return "line 1: not a dashboard table: it needs the columns Qubit, T1 (us) and T2 (us)";
}

std::vector<Calibration> states(const ImportInput& input) {
  const auto [device, files] = one_device(input, device_of);
  std::vector<Calibration> all;
  for (const fs::path& path : files) {
    const RawFile file = open_raw(path, ibm_csv_importer);
    for (Calibration& state : states_in(file, device, input.options)) {
      all.push_back(std::move(state));
    }
  }
  all = ordered_states(std::move(all), Repeats::same_figures, input.source);
  for (Calibration& state : all) {
    state.provenance = input.provenance("ibm-csv");
    add_pulse_durations(state);
  }
  complete_durations(all, input.options);
  return all;
}

}  // namespace

const Importer ibm_csv_importer{ImportFormat::ibm_csv, "ibm-csv", misfit, states};

}  // namespace rhodrift
