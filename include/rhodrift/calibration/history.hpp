#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration_series.hpp>

namespace rhodrift {

/// One figure over the states of a series.
struct Track {
  std::string figure;  ///< as in the rows of a series file: "t1_s", "readout_p10", "error", …
  std::string gate;    ///< empty for a figure of a qubit
  std::vector<int> qubits;
  std::vector<std::optional<double>> values;  ///< one a state; gaps stay gaps
};

/// Every figure that some state has: those of qubits, then those of gates in the order of files.
std::vector<Track> history(const CalibrationSeries& series);

/// A line a value: "timestamp,figure,gate,qubits,value", qubits separated by spaces; none for gaps.
std::string history_to_csv(const CalibrationSeries& series);

}  // namespace rhodrift
