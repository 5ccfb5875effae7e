#pragma once

#include <memory>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/evaluate/evaluate.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

/// A small device for tests of whole strategies.
namespace small_line {

/// Qubits in a line with sx, x, virtual rz, and cx both ways.
inline rhodrift::Calibration device(double sx_error = 3e-4, double cx_error = 0.01,
                                    double p10 = 0.02, double p01 = 0.05, int n_qubits = 3) {
  rhodrift::Calibration line;
  line.device = "line";
  line.vendor = "nobody";
  line.timestamp = {1'600'000'000};
  line.native_gates = {"sx", "x", "rz", "cx"};
  for (int q = 1; q < n_qubits; ++q) {
    line.coupling.emplace_back(q - 1, q);
    line.coupling.emplace_back(q, q - 1);
  }
  for (int q = 0; q < n_qubits; ++q) {
    rhodrift::QubitCalibration qubit;
    qubit.t1_s = 100e-6;
    qubit.t2_s = 80e-6;
    qubit.readout_p10 = p10;
    qubit.readout_p01 = p01;
    qubit.readout_duration_s = 1e-6;
    line.qubits.push_back(qubit);
    line.gates.push_back({"sx", {q}, sx_error, 35e-9});
    line.gates.push_back({"x", {q}, sx_error, 35e-9});
    line.gates.push_back({"rz", {q}, 0.0, 0.0});
  }
  for (const auto& [a, b] : line.coupling) line.gates.push_back({"cx", {a, b}, cx_error, 300e-9});
  return line;
}

inline std::unique_ptr<rhodrift::Executor> simulator(const rhodrift::Device* device) {
  using namespace rhodrift;
  if (device == nullptr) return std::make_unique<DensityMatrixExecutor>(0);
  return std::make_unique<DensityMatrixExecutor>(
      0, [device = *device](const Circuit& circuit, double noise_scale) {
        return on_device(circuit, device, noise_scale);
      });
}

inline rhodrift::Circuit ghz() {
  using rhodrift::Op;
  rhodrift::Circuit circuit(3);
  circuit.append(Op::h, {0}).append(Op::cx, {0, 1}).append(Op::cx, {1, 2});
  return circuit;
}

}  // namespace small_line
