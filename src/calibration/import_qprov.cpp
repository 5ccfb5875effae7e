#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "calibration/durations.hpp"
#include "calibration/importing.hpp"

// QProv's collections of one IBM device: a file a figure, a row a day, a column a qubit or a pair:
//   T1 times in s
//   date,q0,q1,q2,q3,q4
//   2020-12-01,0.0000466832,0.0000663312,…
// "no data" is a gap. The columns of pairs are "(0,1)", whose comma no quotes protect.

namespace rhodrift {

namespace fs = std::filesystem;

namespace {

enum class Kind { t1_s, t2_s, readout_error, cx_error };

struct Title {
  std::string_view line;
  Kind kind;
};
constexpr std::array titles = {
    Title{"T1 times in s", Kind::t1_s}, Title{"T2 times in s", Kind::t2_s},
    Title{"Readout error", Kind::readout_error}, Title{"CNOT error rate", Kind::cx_error}};

const Title* title_of(const RawFile& file) {
  if (file.kind() != RawFile::Kind::csv) return nullptr;
  const auto known = std::find_if(titles.begin(), titles.end(), [&](const Title& title) {
    return title.line == file.first_line();
  });
  return known == titles.end() ? nullptr : &*known;
}

using Qubits = std::vector<int>;

std::string column_name(const Qubits& qubits) {
  return qubits.size() == 1 ? fmt::format("q{}", qubits[0])
                            : fmt::format("({},{})", qubits[0], qubits[1]);
}

// What takes something off the front of `text` does nothing to it where that is not there. By hand:
// std::regex recurses over its text, and a header may be of any length.
bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

bool take_number(std::string_view& text, int& number) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// ",q3" or ",(0,1)"; nullopt when the text begins with neither.
std::optional<Qubits> take_column(std::string_view& text) {
  int a = 0, b = 0;
  if (take(text, ",q")) return take_number(text, a) ? std::optional(Qubits{a}) : std::nullopt;
  const bool pair = take(text, ",(") && take_number(text, a) && take(text, ",") &&
                    take_number(text, b) && take(text, ")");
  return pair ? std::optional(Qubits{a, b}) : std::nullopt;
}

/// One file: for each day the figures of those qubits or pairs that have data.
class DailyTable {
 public:
  DailyTable(const RawFile& file, Kind kind) : source_(file.source()), kind_(kind) {
    const std::vector<std::string> lines = lines_of(file.text());
    if (lines.size() < 3) refuse(1, "no rows below the two lines of header");
    read_columns(lines[1]);
    for (std::size_t i = 2; i < lines.size(); ++i) {
      if (!lines[i].empty()) read_row(lines[i], static_cast<int>(i) + 1);
    }
  }

  const std::string& source() const { return source_; }
  Kind kind() const { return kind_; }
  const std::vector<Qubits>& columns() const { return columns_; }
  const std::map<UtcTime, std::map<Qubits, double>>& days() const { return days_; }

 private:
  static std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string line(text.substr(0, end));
      if (line.ends_with('\r')) line.pop_back();
      lines.push_back(std::move(line));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
  }

  void read_columns(const std::string& header) {
    const bool pairs = kind_ == Kind::cx_error;
    std::string_view rest = header;
    bool understood = take(rest, "date") && !rest.empty();
    std::set<Qubits> seen;
    while (understood && !rest.empty()) {
      const std::optional<Qubits> qubits = take_column(rest);
      understood = qubits.has_value();
      if (!qubits) break;
      if (pairs != (qubits->size() == 2)) {
        refuse(2, pairs ? "qubits where pairs are expected" : "pairs where qubits are expected");
      }
      if (!seen.insert(*qubits).second) {
        refuse(2, fmt::format("the column {} is given twice", column_name(*qubits)));
      }
      columns_.push_back(*qubits);
    }
    if (understood) return;
    constexpr std::size_t most_shown = 80;
    refuse(2, fmt::format("\"{}\" is not of the form date,q0,q1,… or date,(0,1),…",
                          header.substr(0, most_shown)));
  }

  void read_row(const std::string& line, int number) {
    std::vector<std::string> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
      const std::size_t end = std::min(line.find(',', begin), line.size());
      fields.push_back(line.substr(begin, end - begin));
      begin = end + 1;
    }
    if (fields.size() != columns_.size() + 1) {
      refuse(number,
             fmt::format("{} fields where {} are expected", fields.size(), columns_.size() + 1));
    }
    const UtcTime day = parse_utc(fields[0], source_, fmt::format("line {}", number));
    const auto [entry, added] = days_.emplace(day, std::map<Qubits, double>());
    if (!added) refuse(number, fmt::format("{} is listed twice", fields[0]));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (fields[i + 1] == "no data") continue;
      entry->second[columns_[i]] = read_number(fields[i + 1], number);
    }
  }

  double read_number(const std::string& text, int line) const {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      refuse(line, fmt::format("\"{}\" is neither a number nor \"no data\"", text));
    }
    return value;
  }

  [[noreturn]] void refuse(int line, const std::string& problem) const {
    throw InputError(source_, fmt::format("line {}", line), problem);
  }

  std::string source_;
  Kind kind_;
  std::vector<Qubits> columns_;
  std::map<UtcTime, std::map<Qubits, double>> days_;
};

/// "ibmq_athens" of "ibmq_athens_cnot_error.csv".
std::string device_of(const fs::path& file) {
  static const std::regex suffix(R"(_(t1|t2|readout_error|cnot_error)$)");
  return std::regex_replace(file.stem().string(), suffix, "");
}

/// All that some table has a column of, without gaps: a number too many would be as many qubits.
std::set<int> listed_qubits(const std::vector<DailyTable>& tables) {
  std::set<int> listed;
  std::string place_of_largest;
  for (const DailyTable& table : tables) {
    for (const Qubits& column : table.columns()) {
      for (const int q : column) {
        if (listed.empty() || q > *listed.rbegin()) {
          place_of_largest =
              fmt::format("{}: line 2, column {}", table.source(), column_name(column));
        }
        listed.insert(q);
      }
    }
  }
  require_no_gap(listed, place_of_largest);
  return listed;
}

/// What all days share: how many qubits there are and which pairs have a cx.
Calibration device_in(const std::vector<DailyTable>& tables, const std::string& name) {
  Calibration device;
  device.device = name;
  device.vendor = "IBM";
  device.native_gates = {"cx", "rz", "sx", "x"};
  device.qubits.resize(listed_qubits(tables).size());
  std::set<std::pair<int, int>> pairs;
  for (const DailyTable& table : tables) {
    for (const Qubits& qubits : table.columns()) {
      if (qubits.size() == 2) pairs.emplace(qubits[0], qubits[1]);
    }
  }
  device.coupling = {pairs.begin(), pairs.end()};
  note(device, "utc-assumed", "/timestamp", "the day has no zone; its midnight in UTC is taken");
  return device;
}

void set_figure(Calibration& state, Kind kind, const Qubits& qubits, double value) {
  QubitCalibration& qubit = state.qubits[static_cast<std::size_t>(qubits[0])];
  switch (kind) {
    case Kind::t1_s:
      qubit.t1_s = value;
      return;
    case Kind::t2_s:
      qubit.t2_s = value;
      return;
    case Kind::readout_error:
      qubit.readout_p10 = qubit.readout_p01 = value;
      note(state, "symmetric-readout", "/qubits",
           "the table has one readout error a qubit; p10 and p01 are both set to it");
      return;
    case Kind::cx_error:
      state.gates.push_back({"cx", qubits, value, {}});
      return;
  }
}

/// The tables are silent about single-qubit gates, which the device has nevertheless.
void add_pulses(Calibration& state) {
  for (int q = 0; q < state.n_qubits(); ++q) {
    for (const char* gate : {"sx", "x"}) {
      state.gates.push_back({gate, {q}, {}, family_duration_s(state, gate)});
    }
  }
  note(state, "pulses-from-family", "/gates",
       "the tables have no single-qubit gates; sx and x are added with the durations of the "
       "device's family and without errors");
  add_virtual_rz(state);
}

std::string misfit(const RawFile& file) {
  if (title_of(file)) return "";
  return "no CSV file with the first line \"T1 times in s\", \"T2 times in s\", \"Readout error\" "
         "or \"CNOT error rate\"";
}

std::vector<Calibration> states(const ImportInput& input) {
  const auto [device, files] = one_device(input, device_of);
  std::vector<DailyTable> tables;
  for (const fs::path& path : files) {
    const RawFile file = open_raw(path, qprov_importer);
    tables.emplace_back(file, title_of(file)->kind);
  }
  Calibration common = device_in(tables, device);
  common.provenance = input.provenance("qprov");
  std::map<UtcTime, Calibration> by_day;
  for (const DailyTable& table : tables) {
    for (const auto& [day, figures] : table.days()) {
      if (figures.empty()) continue;  // a gap, unless another table has data of the day
      Calibration& state = by_day.emplace(day, common).first->second;
      state.timestamp = day;
      for (const auto& [qubits, value] : figures) set_figure(state, table.kind(), qubits, value);
    }
  }
  std::vector<Calibration> all;
  for (auto& [day, state] : by_day) {
    add_pulses(state);
    finish_state(state, input.source);
    all.push_back(std::move(state));
  }
  all = ordered_states(std::move(all), Repeats::same_figures, input.source);
  complete_durations(all, input.options);
  return all;
}

}  // namespace

const Importer qprov_importer{ImportFormat::qprov, "qprov", misfit, states};

}  // namespace rhodrift
