#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rhodrift/noise/gate_noise.hpp>

namespace rhodrift {

/// A qubit of the device that waits for `duration_s` >= 0: relaxation. Throws InputError when it is
/// not on the device, and as thermal_relaxation does.
GateNoise waiting_noise(const Calibration& calibration, int qubit, double duration_s,
                        const NoisePolicy& policy);
/// In the qubit's T1 and T2 (and in its frequency, where there is a temperature), and in the
/// duration when `duration_number` says which number of the calibration it is.
std::vector<ChannelDerivative> waiting_noise_derivatives(const Calibration& calibration, int qubit,
                                                         double duration_s,
                                                         const NoisePolicy& policy,
                                                         const std::string& duration_number = "");

/// Two coupled qubits, calibration.zz_couplings[coupling], that wait at the same time for
/// `duration_s` >= 0: exp(-i (π/2) scale shift_hz t Z⊗Z). Throws InputError when there is no such
/// coupling.
GateNoise coupling_noise(const Calibration& calibration, std::size_t coupling, double duration_s,
                         const NoisePolicy& policy);
/// In the coupling's shift.
std::vector<ChannelDerivative> coupling_noise_derivatives(const Calibration& calibration,
                                                          std::size_t coupling, double duration_s,
                                                          const NoisePolicy& policy);

}  // namespace rhodrift
