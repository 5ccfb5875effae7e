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
/// Errors: no device name; no qubits; labels that are not one a qubit, or twice the same; T1, T2,
/// frequency not finite and > 0; T2 > 2 T1 > 0; probabilities outside [0, 1] or only one of p10 and
/// p01; negative errors or durations; coherent angles outside [-pi, pi], those of FSim on other
/// than two qubits; operands out of range or repeated; the same gate, pair or native gate listed
/// twice; readout matrices that are not stochastic or share a qubit. Warnings: missing T1, T2,
/// readout, gate error or duration; p10 + p01 >= 1, where readout says nothing of the qubit or the
/// contrary; faulty gates (error >= 1); native gates that no listed gate has.
std::vector<Finding> validate(const Calibration& calibration);

/// A named change that mends one kind of finding.
struct RepairPolicy {
  std::string name;
  std::string what;         ///< in words
  Finding::Severity mends;  ///< the severity of the findings that it mends
};

/// In the order in which they are applied:
///   symmetric-readout     the missing one of p10 and p01 <- the other
///   median-t1             missing T1 <- median of the device's, at least T2 / 2
///   clamp-t2              T2 <- 2 T1 where T2 > 2 T1 > 0
///   drop-faulty-gate      gates with error >= 1 are no longer listed, nor pairs that lose their
///   last duration-from-family  missing durations <- those of the device's family
/// Importers have more of their own (docs/formats/calibration.md lists them all).
const std::vector<RepairPolicy>& repair_policies();

/// Applies the policies of these names, whatever their order, to everything they mend, appends each
/// change to `repairs` of the calibration and returns what was done. Throws InputError for a name
/// that is unknown.
std::vector<Repair> repair(Calibration& calibration, const std::vector<std::string>& policies);

/// Every state; a pair leaves the series where no state has a gate left on it. Returns the number
/// of repairs.
std::size_t repair(CalibrationSeries& series, const std::vector<std::string>& policies);

/// The policies that mend errors: what a calibration needs to be valid, where that can be helped.
std::vector<Repair> repair(Calibration& calibration);

/// Throws InputError that lists every finding of severity error.
void require_valid(const Calibration& calibration, const std::string& source);

/// Throws InputError naming the state when there is none, the timestamps do not strictly increase,
/// or the states differ in device, vendor, provenance, number of qubits, their labels, native gates
/// or coupling.
void require_consistent(const CalibrationSeries& series, const std::string& source);

/// require_consistent, and require_valid of every state.
void require_valid(const CalibrationSeries& series, const std::string& source);

}  // namespace rhodrift
