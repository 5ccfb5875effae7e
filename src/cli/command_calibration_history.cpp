#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/history.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/report/text_plot.hpp>
#include <rhodrift/report/text_table.hpp>

#include "cli/calibration_commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

Json series_json(const CalibrationSeries& series) {
  Json times = Json::array(), tracks = Json::array();
  for (const Calibration& state : series.states) times.push_back(to_iso8601(state.timestamp));
  for (const Track& track : history(series)) {
    Json values = Json::array();
    for (const auto& value : track.values) values.push_back(value ? Json(*value) : Json(nullptr));
    Json row{{"figure", track.figure}};
    if (!track.gate.empty()) row["gate"] = track.gate;
    row["qubits"] = track.qubits;
    row["values"] = values;
    tracks.push_back(row);
  }
  return {{"device", series.device}, {"times", times}, {"tracks", tracks}};
}

/// NaN for a gap.
using Values = std::vector<double>;

std::string text_of(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.4g}", value);
}

struct Row {
  std::string name;
  Values values;
};

/// The tracks on exactly these qubits.
std::vector<Row> rows_on(const std::vector<Track>& tracks, const std::vector<int>& qubits) {
  std::vector<Row> rows;
  for (const Track& track : tracks) {
    if (track.qubits != qubits) continue;
    Row row{track.gate.empty() ? track.figure : track.figure + " of " + track.gate, {}};
    for (const auto& value : track.values) {
      row.values.push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// For every kind of figure its median over all qubits, or all operands of one gate.
std::vector<Row> median_rows(const std::vector<Track>& tracks, std::size_t n_states) {
  std::vector<std::pair<std::string, std::vector<Values>>> kinds;  // values by state
  for (const Track& track : tracks) {
    const std::string name = track.gate.empty() ? track.figure : track.figure + " of " + track.gate;
    auto kind = std::ranges::find(kinds, name, &decltype(kinds)::value_type::first);
    if (kind == kinds.end()) {
      kinds.emplace_back(name, std::vector<Values>(n_states));
      kind = kinds.end() - 1;
    }
    for (std::size_t s = 0; s < n_states; ++s)
      if (track.values[s]) kind->second[s].push_back(*track.values[s]);
  }
  std::vector<Row> rows;
  for (const auto& [name, by_state] : kinds) {
    Row row{name, {}};
    for (const Values& values : by_state)
      row.values.push_back(values.empty() ? std::numeric_limits<double>::quiet_NaN()
                                          : arma::median(arma::vec(values)));
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Intervals three times as long as the median one: where the record has holes.
std::string gaps_text(const CalibrationSeries& series) {
  Values hours;
  for (std::size_t s = 1; s < series.states.size(); ++s)
    hours.push_back(static_cast<double>(series.states[s].timestamp.unix_s -
                                        series.states[s - 1].timestamp.unix_s) /
                    3600);
  if (hours.empty()) return "";
  const double median = arma::median(arma::vec(hours));
  std::string text = fmt::format("a state every {:.3g} h (median)\n", median);
  for (std::size_t s = 1; s < series.states.size(); ++s)
    if (hours[s - 1] > 3 * median)
      text += fmt::format("  gap of {:.1f} h between states {} and {}, from {}\n", hours[s - 1],
                          s - 1, s, to_iso8601(series.states[s - 1].timestamp));
  return text;
}

std::string table_text(const std::vector<Row>& rows) {
  constexpr std::size_t width = 60;
  TextTable table({"figure (SI units)", "first", "last", "lowest", "highest", "over time"});
  for (const Row& row : rows) {
    Values known = row.values;
    std::erase_if(known, [](double value) { return std::isnan(value); });
    const auto [low, high] = std::ranges::minmax(known);
    table.add_row({row.name, text_of(row.values.front()), text_of(row.values.back()), text_of(low),
                   text_of(high),
                   low < high ? sparkline(row.values, low, high, width) : "constant"});
  }
  return table.to_string();
}

struct HistoryCommand {
  std::string path;
  std::string output;
  std::vector<int> qubits;
  bool json = false;

  void run() const {
    const CalibrationSeries series = read_calibration_series(path);
    const std::string table = json ? "" : text(series);
    if (!output.empty()) write(series);
    if (json)
      print(series_json(series));
    else
      print(table);
  }

  void write(const CalibrationSeries& series) const {
    const std::string extension = std::filesystem::path(output).extension().string();
    if (extension == ".csv")
      write_file(output, history_to_csv(series));
    else if (extension == ".json")
      write_file(output, series_json(series).dump() + "\n");
    else
      throw InputError("--output", output, "the name has to end in .csv or .json");
  }

  std::string text(const CalibrationSeries& series) const {
    const Calibration& first = series.states.front();
    const std::vector<Track> tracks = history(series);
    const std::vector<Row> rows =
        qubits.empty() ? median_rows(tracks, series.states.size()) : rows_on(tracks, qubits);
    if (rows.empty())
      throw InputError("--qubits", fmt::format("{}", fmt::join(qubits, ",")),
                       fmt::format("{} has no figure of these", series.device));
    return fmt::format("{}, {} qubits, {} states, {} to {}\n{}{}\n{}", series.device,
                       first.n_qubits(), series.states.size(), to_iso8601(first.timestamp),
                       to_iso8601(series.states.back().timestamp), gaps_text(series),
                       qubits.empty() ? "medians over the device" : "figures of these qubits",
                       table_text(rows));
  }
};

}  // namespace

void add_calibration_history(CLI::App& calibration) {
  CLI::App* verb =
      calibration.add_subcommand("history", "How the figures of a series went, with its gaps");
  auto command = std::make_shared<HistoryCommand>();
  verb->add_option("series", command->path, "Series file")->required();
  CLI::Option* qubits = verb->add_option("--qubits", command->qubits,
                                         "Figures on these qubits in the table, e.g. 3 or 0,1, "
                                         "instead of medians over the device")
                            ->delimiter(',');
  verb->add_option("-o,--output", command->output,
                   "File to export every figure to, .csv (a line a value) or .json (as --json)");
  verb->add_flag("--json", command->json, "Machine-readable output, every figure")
      ->excludes(qubits);
  verb->footer("Example: rhodrift calibration history ibm_fez.json -o ibm_fez.csv");
  verb->callback([command] { command->run(); });
}

}  // namespace rhodrift::cli
