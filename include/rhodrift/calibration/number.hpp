#pragma once

#include <optional>
#include <string>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// The number of `state` that is what the JSON pointer `number` names in `named_in`, another state
/// of the same device: "/qubits/3/t1_s", "/qubits/3/readout/p10", "/gates/17/error" (of that gate
/// on those qubits, wherever `state` lists it), "/zz_couplings/0/shift_hz" (of that pair). nullopt
/// where it has none. Throws InputError when `named_in` has no place of that name.
std::optional<double> find_number(const Calibration& state, const std::string& number,
                                  const Calibration& named_in);

}  // namespace rhodrift
