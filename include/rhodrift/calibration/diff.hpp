#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// One figure that differs between two states of a device.
struct Change {
  std::string place;  ///< JSON pointer into the later state; into the earlier if gone there
  std::string what;   ///< "t1_s of qubit 3", "error of cx on 0, 1"
  std::optional<double> before;  ///< SI units; absent where the state does not have the figure
  std::optional<double> after;
  std::optional<double>
      relative;  ///< (after - before)/|before|, where both are there and before != 0
  /// How much more average infidelity the change makes, all other figures being as before: of
  /// relaxation over the qubit's longest gate for T1 and T2, of the gate for a gate's figures, of
  /// the assignment for a readout error. A gate that appears or is gone counts as one that leaves
  /// its d-dimensional space fully mixed, (d - 1)/d. 0 for frequencies.
  double infidelity = 0;
};

/// What changed, the largest change in infidelity first, then the largest relative change. Throws
/// InputError when the states differ in their number of qubits.
std::vector<Change> diff(const Calibration& before, const Calibration& after);

}  // namespace rhodrift
