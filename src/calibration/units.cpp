#include "calibration/units.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rhodrift {

namespace {

struct Unit {
  std::string_view name;
  double scale;  ///< an exact power of ten
};
constexpr std::array time_units = {Unit{"s", 1},         Unit{"ms", 1e3},      Unit{"us", 1e6},
                                   Unit{"\u00b5s", 1e6}, Unit{"\u03bcs", 1e6}, Unit{"ns", 1e9},
                                   Unit{"ps", 1e12}};
constexpr std::array frequency_units = {Unit{"Hz", 1}, Unit{"kHz", 1e3}, Unit{"MHz", 1e6},
                                        Unit{"GHz", 1e9}};

template <std::size_t n>
std::optional<double> scale_of(std::string_view unit, const std::array<Unit, n>& units) {
  const auto known =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == unit; });
  if (known == units.end()) return std::nullopt;
  return known->scale;
}

template <std::size_t n>
std::string names_of(const std::array<Unit, n>& units) {
  std::vector<std::string_view> names;
  for (const Unit& unit : units) names.push_back(unit.name);
  return fmt::format("\"{}\"", fmt::join(names, "\", \""));
}

}  // namespace

std::optional<double> units_per_second(std::string_view unit) {
  return scale_of(unit, time_units);
}

std::optional<double> hertz_per_unit(std::string_view unit) {
  return scale_of(unit, frequency_units);
}

std::string time_unit_names() {
  return names_of(time_units);
}

std::string frequency_unit_names() {
  return names_of(frequency_units);
}

}  // namespace rhodrift
