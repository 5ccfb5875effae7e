#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace rhodrift {

/// A closed interval.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// A number that was estimated, with what is known about how well.
struct Estimate {
  double value = 0.0;
  double std_error = 0.0;                     ///< 0 when the value is exact
  Interval ci;                                ///< confidence interval at `level`
  double level = 0.95;                        ///< nominal coverage of `ci`, in (0, 1)
  std::uint64_t shots = 0;                    ///< shots spent on it; 0 when exact
  std::uint64_t circuits = 0;                 ///< circuits executed for it
  std::string method;                         ///< how it was estimated, e.g. "zne/linear"
  std::map<std::string, double> diagnostics;  ///< method-specific figures, by documented name
};

/// Value ± z·std_error with z the normal quantile of `level`.
/// Throws InputError when std_error is negative or not finite, or level is outside (0, 1).
Estimate normal_estimate(double value, double std_error, const std::string& method,
                         double level = 0.95);

/// Value ± t·std_error with t the quantile of Student's distribution at `level`: of a mean, when
/// its standard error was estimated from degrees_of_freedom + 1 numbers. Throws InputError as
/// normal_estimate does, and when degrees_of_freedom is 0.
Estimate student_estimate(double value, double std_error, std::uint64_t degrees_of_freedom,
                          const std::string& method, double level = 0.95);

/// Wilson's score interval for a proportion: `successes` of `trials` (> 0). The estimate's
/// std_error is sqrt(p(1-p)/trials) at p = successes/trials, its shots are the trials.
/// E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927).
/// Throws InputError when trials is 0, successes exceeds it or level is outside (0, 1).
Estimate proportion_estimate(std::uint64_t successes, std::uint64_t trials, double level = 0.95);

}  // namespace rhodrift
