#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "calibration/csv.hpp"
#include "calibration/importing.hpp"

// Tables that people downloaded from the IBM dashboard: a row a qubit, headers that changed over
// the years, and times only in folder names or, in merged tables, in a column.

namespace rhodrift {

namespace fs = std::filesystem;

namespace {

enum class Figure {
  ignored,
  timestamp,
  qubit,
  frequency_ghz,
  t1_us,
  t2_us,
  readout_error,
  p01,
  p10,
  readout_length_ns,
  id_error,
  sx_error,
  x_error,
  u3_error,
  cx_error,
  cx_length_ns,
};

struct Header {
  std::string_view text;  ///< in lower case, "µ" as "u", "√" as "sqrt-", without a final " rate"
  Figure figure;
};
constexpr std::array headers = {
    Header{"", Figure::ignored},  // row numbers of a merged table
    Header{"anharmonicity (ghz)", Figure::ignored},
    Header{"timestamp", Figure::timestamp},
    Header{"qubit", Figure::qubit},
    Header{"frequency (ghz)", Figure::frequency_ghz},
    Header{"frecuency (ghz)", Figure::frequency_ghz},
    Header{"t1 (us)", Figure::t1_us},
    Header{"t2 (us)", Figure::t2_us},
    Header{"readout error", Figure::readout_error},
    Header{"readout assignment error", Figure::readout_error},
    Header{"prob meas0 prep1", Figure::p01},
    Header{"prob meas1 prep0", Figure::p10},
    Header{"readout length (ns)", Figure::readout_length_ns},
    Header{"id error", Figure::id_error},
    Header{"sqrt-x (sx) error", Figure::sx_error},
    Header{"single-qubit pauli-x error", Figure::x_error},
    Header{"single-qubit u3 error", Figure::u3_error},
    Header{"cnot error", Figure::cx_error},
    Header{"gate time (ns)", Figure::cx_length_ns},
};

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result;
  for (std::size_t at; (at = text.find(what)) != std::string_view::npos;) {
    result.append(text.substr(0, at)).append(by);
    text.remove_prefix(at + what.size());
  }
  return result.append(text);
}

std::optional<Figure> recognised(const std::string& header) {
  std::string text = trimmed(header);
  text = replaced(replaced(text, "\u00b5", "u"), "\u03bc", "u");
  text = replaced(text, "\u221a", "sqrt-");
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (text.ends_with(" rate")) text.resize(text.size() - 5);
  const auto known =
      std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return h.text == text; });
  if (known == headers.end()) return std::nullopt;
  return known->figure;
}

/// The rows of one file with what its columns mean.
class Table {
 public:
  explicit Table(const fs::path& path)
      : source_(path.string()), records_(parse_csv(read_file(path), source_)) {
    if (records_.size() < 2) throw InputError(source_, "", "no rows below a header");
    for (const std::string& header : records_[0].fields) {
      const auto figure = recognised(header);
      if (!figure) {
        throw InputError(source_, "line 1", fmt::format("unknown column \"{}\"", header));
      }
      columns_.push_back(*figure);
    }
    for (const Figure needed : {Figure::qubit, Figure::t1_us, Figure::t2_us}) {
      if (!has(needed)) {
        throw InputError(source_, "line 1",
                         "not a dashboard table: it needs the columns Qubit, "
                         "T1 (us) and T2 (us)");
      }
    }
  }

  const std::string& source() const { return source_; }
  bool has(Figure figure) const {
    return std::find(columns_.begin(), columns_.end(), figure) != columns_.end();
  }
  /// Records below the header.
  std::size_t n_rows() const { return records_.size() - 1; }

  /// A merged table has several columns of one meaning, of which a row fills one.
  std::string text(std::size_t row, Figure figure) const {
    const CsvRecord& record = records_[row + 1];
    std::string found;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const std::string field = trimmed(record.fields[column]);
      if (columns_[column] != figure || field.empty()) continue;
      if (!found.empty() && found != field) {
        refuse(row, figure, fmt::format("\"{}\" and \"{}\" in one row", found, field));
      }
      found = field;
    }
    return found;
  }

  std::optional<double> number(std::size_t row, Figure figure) const {
    const std::string field = text(row, figure);
    if (field.empty()) return std::nullopt;
    return number_in(field, row, figure);
  }

  double number_in(const std::string& field, std::size_t row, Figure figure) const {
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value)) {
      refuse(row, figure, fmt::format("\"{}\" is not a number", field));
    }
    return value;
  }

  [[noreturn]] void refuse(std::size_t row, Figure figure, const std::string& problem) const {
    std::vector<std::string> names;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      if (columns_[column] == figure) names.push_back(records_[0].fields[column]);
    }
    throw InputError(
        source_,
        fmt::format("line {}, column \"{}\"", records_[row + 1].line, fmt::join(names, "\" or \"")),
        problem);
  }

 private:
  std::string source_;
  std::vector<CsvRecord> records_;
  std::vector<Figure> columns_;
};

using Pair = std::pair<int, int>;
using PairFigures = std::map<Pair, double>;

/// Adds "cx0_14: 2.225e-2 , cx0_1: 1.892e-2 " or "0_14:935.111; 0_1:743.111" to `figures`.
void read_pairs(const Table& table, std::size_t row, Figure figure, PairFigures& figures) {
  static const std::regex entry(R"(\s*(?:[cC][xX])?(\d+)_(\d+)\s*:\s*(\S+)\s*)");
  const std::string list = table.text(row, figure);
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find_first_of(",;", begin), list.size());
    const std::string item = list.substr(begin, end - begin);
    begin = end + 1;
    std::smatch match;
    if (!std::regex_match(item, match, entry) || match[1].length() > 6 || match[2].length() > 6) {
      table.refuse(row, figure, fmt::format("\"{}\" is not of the form cx0_1: 9.5e-3", item));
    }
    const Pair pair{std::stoi(match[1]), std::stoi(match[2])};
    if (!figures.emplace(pair, table.number_in(match[3], row, figure)).second) {
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
  const double number = table.number_in(label, row, Figure::qubit);
  if (!(number >= 0 && number < 1e6 && number == std::floor(number))) {
    table.refuse(row, Figure::qubit, fmt::format("\"{}\" is not a qubit", label));
  }
  return static_cast<std::size_t>(number);
}

std::optional<double> scaled_down(std::optional<double> value, double per_si) {
  return value ? std::optional(*value / per_si) : std::nullopt;
}

/// Makes one state of the rows of one time.
class StateReader {
 public:
  StateReader(const Table& table, std::vector<std::size_t> rows)
      : table_(table), rows_(std::move(rows)) {}

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
      read_pairs(table_, row, Figure::cx_error, cx_errors_);
      read_pairs(table_, row, Figure::cx_length_ns, cx_lengths_ns_);
    }
    add_cx();
    // The same for every state of a series, though only later tables list id as well.
    state_.native_gates = {"cx", "rz", "sx", "x"};
    return std::move(state_);
  }

 private:
  void read_qubit(std::size_t row, QubitCalibration& qubit) {
    qubit.t1_s = scaled_down(table_.number(row, Figure::t1_us), 1e6);
    qubit.t2_s = scaled_down(table_.number(row, Figure::t2_us), 1e6);
    qubit.readout_duration_s = scaled_down(table_.number(row, Figure::readout_length_ns), 1e9);
    if (const auto ghz = table_.number(row, Figure::frequency_ghz)) qubit.frequency_hz = *ghz * 1e9;
    qubit.readout_p10 = table_.number(row, Figure::p10);
    qubit.readout_p01 = table_.number(row, Figure::p01);
    const auto readout_error = table_.number(row, Figure::readout_error);
    if (readout_error && !(qubit.readout_p10 && qubit.readout_p01)) {
      qubit.readout_p10 = qubit.readout_p01 = readout_error;
      note("symmetric-readout", "/qubits",
           "the table has one readout error a qubit; p10 and p01 are both set to it");
    }
  }

  void read_single_qubit_gates(std::size_t row, int q) {
    const auto add = [&](const char* name, std::optional<double> error,
                         std::optional<double> duration_s = std::nullopt) {
      state_.gates.push_back({name, {q}, error, duration_s});
    };
    add("rz", 0.0, 0.0);
    note("virtual-rz", "/gates", "the table has no rz; added without error and duration");
    if (const auto id = table_.number(row, Figure::id_error)) add("id", id);
    auto sx = table_.number(row, Figure::sx_error);
    if (const auto u3 = table_.number(row, Figure::u3_error); u3 && !sx) {
      sx = *u3 / 2;
      note("sx-from-u3", "/gates", "u3 is two pulses; the error of sx is half of u3's");
    }
    if (!sx) return;
    add("sx", sx);
    auto x = table_.number(row, Figure::x_error);
    if (!x) {
      x = sx;
      note("x-from-sx", "/gates", "the table has no x; its error is that of sx, one pulse each");
    }
    add("x", x);
  }

  void add_cx() {
    for (const auto& [pair, error] : PairFigures(cx_errors_)) {
      const Pair reverse{pair.second, pair.first};
      if (!cx_errors_.emplace(reverse, error).second) continue;
      note("cx-direction-symmetric", "/gates",
           "cx is listed in one direction; the other one gets the same error");
    }
    std::set<Pair> pairs;
    for (const PairFigures* figures : {&cx_errors_, &cx_lengths_ns_}) {
      for (const auto& [pair, figure] : *figures) pairs.insert(pair);
    }
    for (const Pair& pair : pairs) {
      state_.gates.push_back({"cx",
                              {pair.first, pair.second},
                              find(cx_errors_, pair),
                              scaled_down(find(cx_lengths_ns_, pair), 1e9)});
      state_.coupling.push_back(pair);
    }
  }

  static std::optional<double> find(const PairFigures& figures, const Pair& pair) {
    const auto found = figures.find(pair);
    return found == figures.end() ? std::nullopt : std::optional(found->second);
  }

  void note(const char* policy, const char* place, const char* detail) {
    const Repair repair{policy, place, detail};
    auto& repairs = state_.repairs;
    if (std::find(repairs.begin(), repairs.end(), repair) == repairs.end()) {
      repairs.push_back(repair);
    }
  }

  const Table& table_;
  std::vector<std::size_t> rows_;
  Calibration state_;
  PairFigures cx_errors_;
  PairFigures cx_lengths_ns_;
};

/// "2021-01-03 23:32:00", "2019-09-12" or, as folders are named, "01-03-2021 23-32-00".
std::optional<std::string> iso_time(const std::string& text) {
  static const std::regex year_first(R"((\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d)[:-](\d\d)[:-](\d\d))?)");
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
  return fmt::format("{}T{}:{}:{}Z", date, part.str(4), part.str(5), part.str(6));
}

UtcTime read_time(const Table& table, std::size_t row, const fs::path& file) {
  const bool in_column = table.has(Figure::timestamp);
  const std::string text = in_column ? table.text(row, Figure::timestamp)
                                     : fs::absolute(file).parent_path().filename().string();
  const auto iso = iso_time(text);
  if (!iso) {
    throw InputError(table.source(), "",
                     fmt::format("no time of download: the {} \"{}\" is neither of the form "
                                 "YYYY-MM-DD[ HH-MM-SS] nor MM-DD-YYYY HH-MM-SS",
                                 in_column ? "timestamp" : "folder", text));
  }
  return parse_utc(*iso, table.source(), "");
}

std::vector<Calibration> states_in(const fs::path& file, const std::string& device) {
  const Table table(file);
  std::map<UtcTime, std::vector<std::size_t>> rows_at;
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    rows_at[read_time(table, row, file)].push_back(row);
  }
  std::vector<Calibration> states;
  for (const auto& [time, rows] : rows_at) {
    Calibration state = StateReader(table, rows).read();
    state.device = device;
    state.timestamp = time;
    state.repairs.push_back(
        {"utc-assumed", "/timestamp", "the time of download has no zone; read as UTC"});
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

/// The files of the one device that is meant, and its name.
std::pair<std::string, std::vector<fs::path>> one_device(const std::vector<fs::path>& files,
                                                         const ImportOptions& options,
                                                         const std::string& source) {
  std::map<std::string, std::vector<fs::path>> files_of;
  for (const fs::path& file : files) files_of[device_of(file)].push_back(file);
  if (options.device && files_of.contains(*options.device)) {
    return {*options.device, files_of[*options.device]};
  }
  if (files_of.size() == 1) {
    return {options.device.value_or(files_of.begin()->first), files_of.begin()->second};
  }
  std::vector<std::string> names;
  for (const auto& [name, of_device] : files_of) names.push_back(name);
  throw InputError(source, "",
                   fmt::format("tables of several devices ({}); name the one to import",
                               fmt::join(names, ", ")));
}

bool has_cx_durations(const Calibration& state) {
  return std::any_of(state.gates.begin(), state.gates.end(), [](const GateCalibration& gate) {
    return gate.name == "cx" && gate.duration_s;
  });
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
    for (const int q : cx.qubits) {
      const auto [found, added] = pulse_s.emplace(q, difference_s / 1e12);
      if (!added) found->second = std::min(found->second, difference_s / 1e12);
    }
  }
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

/// Gives `state` the durations of `donor`, another state of the device.
void copy_durations(Calibration& state, const Calibration& donor) {
  for (GateCalibration& gate : state.gates) {
    const GateCalibration* known = donor.find_gate(gate.name, gate.qubits);
    if (!gate.duration_s && known) gate.duration_s = known->duration_s;
  }
  for (std::size_t q = 0; q < std::min(state.qubits.size(), donor.qubits.size()); ++q) {
    auto& duration_s = state.qubits[q].readout_duration_s;
    if (!duration_s) duration_s = donor.qubits[q].readout_duration_s;
  }
  state.repairs.push_back({"duration-from-snapshot", "/gates",
                           fmt::format("the table has no durations; they are those of {} at {}",
                                       donor.device, to_iso8601(donor.timestamp))});
}

/// The last state in the file that has durations.
Calibration donor_in(const fs::path& path, const std::string& device) {
  auto content = read_any_calibration(path);
  std::vector<Calibration> states;
  if (auto* series = std::get_if<CalibrationSeries>(&content)) {
    states = std::move(series->states);
  } else {
    states.push_back(std::get<Calibration>(std::move(content)));
  }
  const auto donor = std::find_if(states.rbegin(), states.rend(), has_cx_durations);
  if (donor == states.rend()) throw InputError(path.string(), "/gates", "no cx has a duration");
  if (donor->device != device) {
    throw InputError(path.string(), "/device",
                     fmt::format("durations of \"{}\" for \"{}\"", donor->device, device));
  }
  return *donor;
}

/// Dashboard tables rarely have durations: the given file, or else the first state that has them,
/// lends its own to the others.
void complete_durations(std::vector<Calibration>& states, const ImportOptions& options) {
  for (Calibration& state : states) {
    if (has_cx_durations(state)) add_pulse_durations(state);
  }
  std::optional<Calibration> donor;
  if (options.durations_from) {
    donor = donor_in(*options.durations_from, states.front().device);
  } else if (const auto own = std::find_if(states.begin(), states.end(), has_cx_durations);
             own != states.end()) {
    donor = *own;
  }
  if (!donor) return;
  for (Calibration& state : states) {
    if (!has_cx_durations(state)) copy_durations(state, *donor);
  }
}

}  // namespace

std::vector<Calibration> ibm_csv_states(const std::vector<fs::path>& files,
                                        const ImportOptions& options, const std::string& source) {
  const auto [device, device_files] = one_device(files, options, source);
  std::vector<Calibration> states;
  for (const fs::path& file : device_files) {
    for (Calibration& state : states_in(file, device)) states.push_back(std::move(state));
  }
  states = ordered_states(std::move(states), Repeats::same_figures, source);
  for (Calibration& state : states) {
    state.provenance = provenance_of(options, device_files.front().filename().string(), "ibm-csv");
  }
  complete_durations(states, options);
  return states;
}

}  // namespace rhodrift
