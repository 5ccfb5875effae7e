#pragma once

#include <span>
#include <string>

namespace rhodrift {

/// Values as one line of block characters, ▁ at `low` to █ at `high`; values outside are drawn at
/// the end they passed, NaN as a blank. Longer than `width` characters, neighbouring values are
/// averaged so that the line has `width` of them.
std::string sparkline(std::span<const double> values, double low, double high, std::size_t width);

}  // namespace rhodrift
