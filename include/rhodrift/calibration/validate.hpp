#pragma once

#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>

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
/// Errors: T1, T2, frequency not finite and > 0; T2 > 2 T1; probabilities outside [0, 1]; negative
/// errors or durations; operands out of range or repeated; the same gate listed twice; readout
/// matrices that are not stochastic. Warnings: missing T1, T2 or readout; faulty gates (error >=
/// 1).
std::vector<Finding> validate(const Calibration& calibration);

/// Applies the named repairs to everything they mend and records each in `repairs`. Policies:
///   clamp-t2   T2 <- 2 T1 where T2 > 2 T1
std::vector<Repair> repair(Calibration& calibration);

/// Throws InputError that lists every finding of severity error.
void require_valid(const Calibration& calibration, const std::string& source);

}  // namespace rhodrift
