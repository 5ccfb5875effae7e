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

#include "calibration/csv.hpp"
#include "calibration/durations.hpp"
#include "calibration/importing.hpp"
#include "calibration/units.hpp"

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
  sx_error,
  x_error,
  u2_error,
  u3_error,
  cx_error,
  ecr_error,
  cz_error,
  pair_length,
  pulse_length,
  operational,
};
enum class Dimension { none, time, frequency };

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
    Header{"readout error", Figure::readout_error},
    Header{"readout assignment error", Figure::readout_error},
    Header{"error de lectura", Figure::readout_error},
    Header{"auslesefehler", Figure::readout_error},
    Header{"prob meas0 prep1", Figure::p01},
    Header{"prob meas1 prep0", Figure::p10},
    Header{"readout length", Figure::readout_length, Dimension::time},
    Header{"id error", Figure::id_error},
    Header{"z-axis rotation (rz) error", Figure::ignored},  // rz is virtual
    Header{"sqrt-x (sx) error", Figure::sx_error},
    Header{"sx error", Figure::sx_error},
    Header{"single-qubit pauli-x error", Figure::x_error},
    Header{"pauli-x error", Figure::x_error},
    Header{"single-qubit u2 error", Figure::u2_error},
    Header{"single-qubit u3 error", Figure::u3_error},
    Header{"cnot error", Figure::cx_error},
    Header{"cx error", Figure::cx_error},
    Header{"cnot-fehler", Figure::cx_error},
    Header{"ecr error", Figure::ecr_error},
    Header{"cz error", Figure::cz_error},
    Header{"gate time", Figure::pair_length, Dimension::time},
    Header{"gate length", Figure::pair_length, Dimension::time},
    Header{"single-qubit gate length", Figure::pulse_length, Dimension::time},
    Header{"operational", Figure::operational},
};

/// The 2-qubit gate of a table is the one whose errors it has.
struct PairGate {
  Figure error;
  const char* name;
  bool both_ways;  ///< whether a gate listed in one direction is there in the other
};
constexpr std::array pair_gates = {PairGate{Figure::cx_error, "cx", true},
                                   PairGate{Figure::ecr_error, "ecr", false},
                                   PairGate{Figure::cz_error, "cz", true}};

/// What one column of a table holds: numbers times or divided by a power of ten are in SI units.
struct Column {
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

/// "US", "microseconds", "Ghz" and, from Excel, a µ of Latin-1 as units.hpp calls them.
std::string usual_unit(std::string unit) {
  if (unit.starts_with('\xB5')) unit.replace(0, 1, "u");
  unit = lower(std::move(unit));
  for (const auto& [spelt, usual] :
       {std::pair{"seconds", "s"}, std::pair{"milliseconds", "ms"}, std::pair{"microseconds", "us"},
        std::pair{"nanoseconds", "ns"}, std::pair{"hz", "Hz"}, std::pair{"khz", "kHz"},
        std::pair{"mhz", "MHz"}, std::pair{"ghz", "GHz"}}) {
    if (unit == spelt) return usual;
  }
  return unit;
}

/// Splits "T1 (µs)", "T1 [us]" or "T1 µs" into "t1" and the unit.
std::pair<std::string, std::string> name_and_unit(const std::string& header) {
  static const std::regex with_unit(R"((.*?)\s*[(\[]\s*([^()\[\]]*?)\s*[)\]])");
  std::string text = replaced(trimmed(header), "\u221a", "sqrt-");
  std::string unit;
  if (std::smatch part; std::regex_match(text, part, with_unit)) {
    unit = part.str(2);
    text = part.str(1);
  }
  text = lower(std::move(text));
  if (text.ends_with(" rate")) text.resize(text.size() - 5);
  const std::size_t space = text.rfind(' ');
  if (unit.empty() && space != std::string::npos) {
    const std::string last = usual_unit(text.substr(space + 1));
    if (units_per_second(last) || hertz_per_unit(last)) return {text.substr(0, space), last};
  }
  return {text, usual_unit(unit)};
}

/// nullopt for a column that no table is known to have, or whose unit is none of its figure.
std::optional<Column> recognised(const std::string& header) {
  const auto [text, unit] = name_and_unit(header);
  const auto known = std::find_if(headers.begin(), headers.end(),
                                  [&name = text](const Header& h) { return h.text == name; });
  if (known == headers.end()) return std::nullopt;
  Column column{known->figure};
  if (known->dimension == Dimension::time) {
    const auto per_second = units_per_second(unit);
    if (!per_second) return std::nullopt;
    column.divided_by = *per_second;
  } else if (known->dimension == Dimension::frequency) {
    const auto hertz = hertz_per_unit(unit);
    if (!hertz) return std::nullopt;
    column.times = *hertz;
  } else if (unit == "%") {
    column.divided_by = 100;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  return column;
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
      const auto column = recognised(header);
      if (!column) {
        throw InputError(source_, "line 1", fmt::format("unknown column \"{}\"", header));
      }
      columns_.push_back(*column);
    }
  }

  const std::string& source() const { return source_; }
  bool has(Figure figure) const {
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](const Column& column) { return column.figure == figure; });
  }
  /// Records below the header.
  std::size_t n_rows() const { return records_.size() - 1; }

  /// What the row's field of this meaning holds; empty when the row has none. A merged table has
  /// several columns of one meaning, of which a row fills one.
  struct Field {
    std::string text;
    Column column;
  };
  Field field(std::size_t row, Figure figure) const {
    const CsvRecord& record = records_[row + 1];
    Field found{"", {figure}};
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string text = trimmed(record.fields[i]);
      if (columns_[i].figure != figure || text.empty()) continue;
      const bool agrees = found.text == text && found.column.times == columns_[i].times &&
                          found.column.divided_by == columns_[i].divided_by;
      if (!found.text.empty() && !agrees) {
        refuse(row, figure,
               fmt::format("\"{}\" and \"{}\" in one row, not the same figure", found.text, text));
      }
      found = {text, columns_[i]};
    }
    return found;
  }
  std::string text(std::size_t row, Figure figure) const { return field(row, figure).text; }

  /// In SI units.
  std::optional<double> number(std::size_t row, Figure figure) const {
    const auto [text, column] = field(row, figure);
    if (text.empty()) return std::nullopt;
    return number_in(text, row, column);
  }

  double number_in(const std::string& text, std::size_t row, const Column& column) const {
    const auto value = parsed_number(text);
    if (!value) refuse(row, column.figure, fmt::format("\"{}\" is not a number", text));
    return *value * column.times / column.divided_by;
  }

  [[noreturn]] void refuse(std::size_t row, Figure figure, const std::string& problem) const {
    std::vector<std::string> names;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      if (columns_[column].figure == figure) names.push_back(records_[0].fields[column]);
    }
    throw InputError(
        source_,
        fmt::format("line {}, column \"{}\"", records_[row + 1].line, fmt::join(names, "\" or \"")),
        problem);
  }

 private:
  std::string source_;
  std::vector<CsvRecord> records_;
  std::vector<Column> columns_;
};

using Pair = std::pair<int, int>;
using PairFigures = std::map<Pair, double>;

/// Where the next "cx0_1: …" of a list begins, or its end. A comma can be a decimal sign as well.
std::size_t next_item(const std::string& list, std::size_t from) {
  static const std::regex separator(R"([,;]\s*(?=[a-zA-Z]*\d+_)|[,;]\s*$)");
  std::smatch match;
  const auto begin = list.begin() + static_cast<std::ptrdiff_t>(from);
  if (!std::regex_search(begin, list.end(), match, separator)) return list.size();
  return from + static_cast<std::size_t>(match.position(0));
}

/// Adds "cx0_14: 2.225e-2 , cx0_1: 1.892e-2 " or "0_14:935.111; 0_1:743.111" to `figures`.
void read_pairs(const Table& table, std::size_t row, Figure figure, PairFigures& figures) {
  static const std::regex entry(R"([\s,;]*[a-zA-Z]*(\d{1,6})_(\d{1,6})\s*:\s*(\S+)\s*)");
  const auto [list, column] = table.field(row, figure);
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = next_item(list, begin + 1);
    const std::string item = list.substr(begin, end - begin);
    begin = end;
    if (item.find_first_not_of(" \t,;") == std::string::npos) continue;
    std::smatch match;
    if (!std::regex_match(item, match, entry)) {
      table.refuse(row, figure, fmt::format("\"{}\" is not of the form cx0_1: 9.5e-3", item));
    }
    const Pair pair{std::stoi(match[1]), std::stoi(match[2])};
    if (!figures.emplace(pair, table.number_in(match[3], row, column)).second) {
      table.refuse(row, figure,
                   fmt::format("the pair {}_{} is given twice", pair.first, pair.second));
    }
  }
}

/// "0", "Q0", "q0", "0.0" (a merged table); a blank label is qubit 0, as the dashboard wrote it.
std::size_t read_label(const Table& table, std::size_t row) {
  std::string label = table.text(row, Figure::qubit);
  if (label.empty()) return 0;
  if (label[0] == 'Q' || label[0] == 'q') label.erase(0, 1);
  const double number = table.number_in(label, row, {Figure::qubit});
  if (!(number >= 0 && number < 1e6 && number == std::floor(number))) {
    table.refuse(row, Figure::qubit, fmt::format("\"{}\" is not a qubit", label));
  }
  return static_cast<std::size_t>(number);
}

/// Makes one state of the rows of one time.
class StateReader {
 public:
  StateReader(const Table& table, std::vector<std::size_t> rows)
      : table_(table), rows_(std::move(rows)) {
    for (const PairGate& gate : pair_gates) {
      if (table.has(gate.error)) pair_gate_ = gate;
    }
  }

  Calibration read() {
    state_.vendor = "IBM";
    state_.qubits.resize(rows_.size());
    std::vector<bool> seen(rows_.size());
    for (const std::size_t row : rows_) {
      const std::size_t q = read_label(table_, row);
      if (q >= rows_.size() || seen[q]) {
        table_.refuse(row, Figure::qubit,
                      fmt::format("qubit {} {}", q,
                                  q < rows_.size() ? std::string("is listed twice")
                                                   : fmt::format("of {} rows", rows_.size())));
      }
      seen[q] = true;
      read_qubit(row, state_.qubits[q]);
      read_single_qubit_gates(row, static_cast<int>(q));
      read_pairs(table_, row, pair_gate_.error, pair_errors_);
      read_pairs(table_, row, Figure::pair_length, pair_lengths_s_);
    }
    add_pair_gates();
    for (const std::size_t row : rows_) read_operational(row);
    // The same for every state of a series, though only later tables list id as well.
    state_.native_gates = {pair_gate_.name, "rz", "sx", "x"};
    return std::move(state_);
  }

 private:
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
    const std::string text = lower(table_.text(row, Figure::operational));
    if (text.empty() || text == "yes" || text == "true" || text == "1") return;
    if (text != "no" && text != "false" && text != "0") {
      table_.refuse(row, Figure::operational, fmt::format("\"{}\" is neither yes nor no", text));
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
    state_.gates.push_back({"rz", {q}, 0.0, 0.0});
    note(state_, "virtual-rz", "/gates", "the table has no rz; added without error and duration");
    if (const auto id = table_.number(row, Figure::id_error)) add("id", id);
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

  void add_pair_gates() {
    for (const auto& [pair, error] : PairFigures(pair_errors_)) {
      const Pair reverse{pair.second, pair.first};
      if (!pair_gate_.both_ways || !pair_errors_.emplace(reverse, error).second) continue;
      note(state_, fmt::format("{}-direction-symmetric", pair_gate_.name), "/gates",
           fmt::format("{} is listed in one direction; the other one gets the same error",
                       pair_gate_.name));
    }
    std::set<Pair> pairs;
    for (const PairFigures* figures : {&pair_errors_, &pair_lengths_s_}) {
      for (const auto& [pair, figure] : *figures) pairs.insert(pair);
    }
    for (const Pair& pair : pairs) {
      state_.gates.push_back({pair_gate_.name,
                              {pair.first, pair.second},
                              find(pair_errors_, pair),
                              find(pair_lengths_s_, pair)});
      state_.coupling.push_back(pair);
    }
  }

  static std::optional<double> find(const PairFigures& figures, const Pair& pair) {
    const auto found = figures.find(pair);
    return found == figures.end() ? std::nullopt : std::optional(found->second);
  }

  const Table& table_;
  std::vector<std::size_t> rows_;
  Calibration state_;
  PairGate pair_gate_ = pair_gates.front();
  PairFigures pair_errors_;
  PairFigures pair_lengths_s_;
};

/// "2021-01-03 23:32:00", "2019-09-12" or, as folders are named, "01-03-2021 23-32-00".
std::optional<std::string> iso_time(const std::string& text) {
  static const std::regex year_first(
      R"((\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d)[:-](\d\d)(?:[:-](\d\d))?(?:Z|\+00:00)?)?)");
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
  if (!part[4].matched) return date;
  return fmt::format("{}T{}:{}:{}Z", date, part.str(4), part.str(5),
                     part[6].matched ? part.str(6) : "00");
}

UtcTime read_time(const Table& table, std::size_t row, const fs::path& file,
                  const ImportOptions& options) {
  const bool in_column = table.has(Figure::timestamp);
  if (!in_column && options.time) return *options.time;
  const std::string text = in_column ? table.text(row, Figure::timestamp)
                                     : fs::absolute(file).parent_path().filename().string();
  const auto iso = iso_time(text);
  if (!iso && in_column) {
    table.refuse(row, Figure::timestamp,
                 fmt::format("\"{}\" is neither of the form YYYY-MM-DD[ HH:MM[:SS]] nor MM-DD-YYYY "
                             "HH-MM-SS",
                             text));
  }
  if (!iso) {
    throw InputError(table.source(), "",
                     fmt::format("no time of download: the folder \"{}\" is neither of the form "
                                 "YYYY-MM-DD[ HH-MM-SS] nor MM-DD-YYYY HH-MM-SS",
                                 text));
  }
  return parse_utc(*iso, table.source(), "");
}

std::vector<Calibration> states_in(const RawFile& file, const std::string& device,
                                   const ImportOptions& options) {
  const Table table(file);
  std::map<UtcTime, std::vector<std::size_t>> rows_at;
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    rows_at[read_time(table, row, file.path(), options)].push_back(row);
  }
  std::vector<Calibration> states;
  for (const auto& [time, rows] : rows_at) {
    Calibration state = StateReader(table, rows).read();
    state.device = device;
    state.timestamp = time;
    if (!options.time || table.has(Figure::timestamp)) {
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
    if (const auto column = recognised(header)) columns.insert(column->figure);
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
