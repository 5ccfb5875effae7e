#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift::testing {

inline bool mentions(const std::vector<std::string>& notes, const std::string& text) {
  return std::ranges::any_of(
      notes, [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

inline QubitCalibration qubit(double t1_s, double t2_s, double p10, double p01) {
  QubitCalibration figures;
  figures.t1_s = t1_s;
  figures.t2_s = t2_s;
  figures.readout_p10 = p10;
  figures.readout_p01 = p01;
  return figures;
}

/// Three qubits in a line: sx, rz (virtual) everywhere, cx 0,1 and 1,0 and 1,2.
inline Calibration small_device() {
  Calibration device;
  device.device = "line";
  device.vendor = "nobody";
  device.native_gates = {"sx", "rz", "cx"};
  device.coupling = {{0, 1}, {1, 0}, {1, 2}};
  device.qubits = {qubit(100e-6, 80e-6, 0.01, 0.02), qubit(60e-6, 110e-6, 0.03, 0.05),
                   qubit(90e-6, 20e-6, 0.04, 0.08)};
  for (int q = 0; q < 3; ++q) {
    device.gates.push_back({"sx", {q}, 3e-4 + 1e-4 * q, 35e-9});
    device.gates.push_back({"rz", {q}, 0.0, 0.0});
  }
  device.gates.push_back({"cx", {0, 1}, 0.011, 300e-9});
  device.gates.push_back({"cx", {1, 0}, 0.012, 335e-9});
  device.gates.push_back({"cx", {1, 2}, 0.02, 400e-9});
  return device;
}

inline GateCalibration& gate_of(Calibration& device, const std::string& name,
                                std::vector<int> qubits) {
  return *std::ranges::find_if(device.gates, [&](const GateCalibration& gate) {
    return gate.name == name && gate.qubits == qubits;
  });
}

/// The figure that a JSON pointer into the calibration file names.
inline double& figure(Calibration& calibration, const std::string& pointer) {
  const std::size_t index_at = pointer.find('/', 1) + 1, key_at = pointer.find('/', index_at);
  const std::string list = pointer.substr(0, index_at), key = pointer.substr(key_at + 1);
  const std::size_t index = std::stoul(pointer.substr(index_at, key_at - index_at));
  if (list == "/qubits/") {
    QubitCalibration& qubit = calibration.qubits.at(index);
    if (key == "t1_s") return qubit.t1_s.value();
    if (key == "t2_s") return qubit.t2_s.value();
    if (key == "frequency_hz") return qubit.frequency_hz.value();
    if (key == "readout_duration_s") return qubit.readout_duration_s.value();
    if (key == "readout/p10") return qubit.readout_p10.value();
    if (key == "readout/p01") return qubit.readout_p01.value();
  }
  if (list == "/gates/") {
    GateCalibration& gate = calibration.gates.at(index);
    if (key == "error") return gate.error.value();
    if (key == "duration_s") return gate.duration_s.value();
    if (key == "over_rotation_rad") return gate.over_rotation_rad.value();
    if (key == "fsim_theta_error_rad") return gate.fsim_theta_error_rad.value();
    if (key == "fsim_phi_error_rad") return gate.fsim_phi_error_rad.value();
  }
  if (list == "/zz_couplings/" && key == "shift_hz")
    return calibration.zz_couplings.at(index).shift_hz;
  throw std::logic_error("no figure " + pointer);
}

}  // namespace rhodrift::testing
