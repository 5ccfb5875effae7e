#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rhodrift {

// Dividing by an exact power of ten rounds once; multiplying by 1e-6 would round twice. So a unit
// of time is how many of it are a second, a unit of frequency how many Hz it is.

/// "s", "ms", "us" (also with either µ), "ns", "ps"; nullopt for others.
std::optional<double> units_per_second(std::string_view unit);
/// "Hz", "kHz", "MHz", "GHz"; nullopt for others.
std::optional<double> hertz_per_unit(std::string_view unit);

/// The names of all units of a kind, as messages list them.
std::string time_unit_names();
std::string frequency_unit_names();

}  // namespace rhodrift
