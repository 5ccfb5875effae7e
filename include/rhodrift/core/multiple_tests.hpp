#pragma once

#include <vector>

namespace rhodrift {

/// Adjusted p-values below it are called significant.
inline constexpr double significance = 0.05;

/// Holm's adjusted p-values of tests that are made together, in the order given: calling those
/// below α significant calls any of them falsely so with a probability of at most α.
/// S. Holm, Scand. J. Stat. 6, 65 (1979).
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

}  // namespace rhodrift
