#pragma once

#include <string>

#include <rhodrift/core/estimate.hpp>

namespace rhodrift {

/// "0.8123 ± 0.0042": value and standard error, "–" where that is not known (NaN).
std::string with_std_error(const Estimate& estimate, int digits = 4);
/// "0.812 [0.790, 0.833]": value and confidence interval.
std::string with_interval(const Estimate& estimate, int digits = 3);

}  // namespace rhodrift
