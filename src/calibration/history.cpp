#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/history.hpp>

#include "calibration/figures.hpp"
#include "calibration/json_header.hpp"

namespace rhodrift {

namespace {

struct InFileOrder {
  bool operator()(const GateCalibration* a, const GateCalibration* b) const {
    return in_file_order(*a, *b);
  }
};

/// The gates of all states, each with its record in every state that lists it.
using GateRecords =
    std::map<const GateCalibration*, std::vector<const GateCalibration*>, InFileOrder>;

GateRecords gate_records(const CalibrationSeries& series) {
  GateRecords records;
  for (std::size_t s = 0; s < series.states.size(); ++s) {
    for (const GateCalibration& gate : series.states[s].gates) {
      auto& of_states = records.try_emplace(&gate, series.states.size(), nullptr).first->second;
      of_states[s] = &gate;
    }
  }
  return records;
}

void keep_if_any(std::vector<Track>& tracks, Track track) {
  if (std::any_of(track.values.begin(), track.values.end(), [](const auto& v) { return v; })) {
    tracks.push_back(std::move(track));
  }
}

}  // namespace

std::vector<Track> history(const CalibrationSeries& series) {
  std::vector<Track> tracks;
  if (series.states.empty()) return tracks;
  for (const QubitFigure& figure : qubit_figures) {
    for (std::size_t q = 0; q < series.states.front().qubits.size(); ++q) {
      Track track{figure.key, "", {static_cast<int>(q)}, {}};
      for (const Calibration& state : series.states) {
        track.values.push_back(state.qubits[q].*(figure.figure));
      }
      keep_if_any(tracks, std::move(track));
    }
  }
  for (const auto& [gate, records] : gate_records(series)) {
    for (const GateFigure& figure : gate_figures) {
      Track track{figure.key, gate->name, gate->qubits, {}};
      for (const GateCalibration* record : records) {
        track.values.push_back(record ? record->*(figure.figure) : std::nullopt);
      }
      keep_if_any(tracks, std::move(track));
    }
  }
  return tracks;
}

std::string history_to_csv(const CalibrationSeries& series) {
  std::string csv = "timestamp,figure,gate,qubits,value\n";
  for (const Track& track : history(series)) {
    for (std::size_t s = 0; s < series.states.size(); ++s) {
      if (!track.values[s]) continue;
      csv += fmt::format("{},{},{},{},{}\n", to_iso8601(series.states[s].timestamp), track.figure,
                         track.gate, fmt::join(track.qubits, " "), json_number(*track.values[s]));
    }
  }
  return csv;
}

}  // namespace rhodrift
