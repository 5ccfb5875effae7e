#pragma once

#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/device/device.hpp>

namespace rhodrift::zne {

/// What each instruction costs on the device, native or not: the sum of the process infidelities
/// 1 - tr R/4^k of the channels behind the gates that it is translated to, run alone. They add up,
/// to first order, to the infidelity of a circuit. 0 for barriers, final measurements and all that
/// has no noise. Angles may be symbolic. Throws InputError as on_device does.
std::vector<double> device_error_weights(const Circuit& circuit, const Device& device);

/// How long each instruction takes on the device, run alone: 0 for barriers and final measurements.
/// Throws InputError as native_circuit does.
std::vector<double> device_durations_s(const Circuit& circuit, const Device& device);

}  // namespace rhodrift::zne
