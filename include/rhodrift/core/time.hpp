#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rhodrift {

/// A moment in UTC, in whole seconds since 1970-01-01T00:00:00Z.
struct UtcTime {
  std::int64_t unix_s = 0;
  auto operator<=>(const UtcTime&) const = default;
};

/// Reads ISO 8601 as calibration files use it: "2021-03-15T00:49:04-04:00", "…Z", with or without
/// fractions of a second (dropped), or a date alone (midnight UTC). A date-time without an offset
/// is refused: the zone would be a guess. Throws InputError naming `source` and `place`.
UtcTime parse_utc(std::string_view text, const std::string& source, const std::string& place);

/// "2021-03-15T04:49:04Z"
std::string to_iso8601(UtcTime time);

}  // namespace rhodrift
