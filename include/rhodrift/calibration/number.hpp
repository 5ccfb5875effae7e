#pragma once

#include <optional>
#include <string>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// What the number at a JSON pointer of this state's file is, by a name that it has in every state
/// of the device, in whatever order gates are listed: "t1_s of 3", "readout_p10 of 3",
/// "error of cx 0,1", "shift_hz of 0,1" (of a ZZ coupling). Throws InputError when no number can
/// have this place.
std::string number_name(const Calibration& state, const std::string& pointer);

/// The number of that name; nullopt where the state has none. Throws InputError when it is no name
/// of a number.
std::optional<double> find_number(const Calibration& state, const std::string& name);

}  // namespace rhodrift
