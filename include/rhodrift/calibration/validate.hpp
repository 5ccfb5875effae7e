#pragma once

#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>

namespace rhodrift {

/// One thing that is wrong, or odd, in a calibration.
struct Finding {
  enum class Severity {
    error,    ///< breaks a limit; such a calibration is refused
    warning,  ///< allowed but worth knowing: a missing T1, a faulty gate
  };
  Severity severity;
  std::string place;    ///< JSON pointer, e.g. "/qubits/3/t2_s"
  std::string problem;  ///< value and limit
  std::string repair;   ///< the named policy that would mend it; empty when none does
};

/// Everything that is wrong or odd, in the order of the file.
/// Errors: no device name; no qubits; T1, T2, frequency not finite and > 0; T2 > 2 T1 > 0;
/// probabilities outside [0, 1] or only one of p10 and p01; negative errors or durations; operands
/// out of range or repeated; the same gate, coupled pair or native gate listed twice; readout
/// matrices that are not stochastic or share a qubit. Warnings: missing T1, T2, readout, gate error
/// or duration; faulty gates (error >= 1); native gates that no listed gate has.
std::vector<Finding> validate(const Calibration& calibration);

/// Applies the named repairs to everything they mend, appends each to `repairs` of the calibration
/// and returns what it did. Policies:
///   clamp-t2   T2 <- 2 T1 where T2 > 2 T1 > 0
/// Importers have more of their own (docs/formats/calibration.md lists them all).
std::vector<Repair> repair(Calibration& calibration);

/// Throws InputError that lists every finding of severity error.
void require_valid(const Calibration& calibration, const std::string& source);

/// Throws InputError naming the state when there is none, the timestamps do not strictly increase,
/// or the states differ in device, vendor, provenance, number of qubits, native gates or coupling.
void require_consistent(const CalibrationSeries& series, const std::string& source);

/// require_consistent, and require_valid of every state.
void require_valid(const CalibrationSeries& series, const std::string& source);

}  // namespace rhodrift
