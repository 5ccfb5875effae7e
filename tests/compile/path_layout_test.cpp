#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

Calibration ring(int n_qubits) {
  Calibration calibration;
  calibration.device = "ring";
  for (int q = 0; q < n_qubits; ++q) {
    QubitCalibration qubit;
    qubit.readout_p10 = qubit.readout_p01 = 0.01;
    calibration.qubits.push_back(qubit);
    calibration.gates.push_back({"sx", {q}, 1e-4, 3e-8});
    calibration.gates.push_back({"cx", {q, (q + 1) % n_qubits}, 0.01, 3e-7});
  }
  return calibration;
}

GateCalibration& edge(Calibration& calibration, int q) {
  return calibration.gates[static_cast<std::size_t>(2 * q + 1)];
}

}  // namespace

TEST_CASE("the best chain avoids the bad edge and the bad qubit") {
  Calibration device = ring(8);
  edge(device, 1).error = 0.2;         // 1-2
  device.qubits[6].readout_p01 = 0.4;  // 6
  CHECK(best_path(device, 4) == Layout{2, 3, 4, 5});
  device.qubits[4].readout_p10.reset();  // unknown: left out
  CHECK(best_path(device, 3) == Layout{1, 0, 7});
}

TEST_CASE("of equal chains the lexicographically first is taken") {
  CHECK(best_path(ring(6), 3) == Layout{0, 1, 2});
  CHECK(best_path(ring(6), 1) == Layout{0});
}

TEST_CASE("a faulty edge is never used") {
  Calibration device = ring(4);
  edge(device, 0).error = 1.0;
  CHECK(best_path(device, 4) == Layout{0, 3, 2, 1});
  edge(device, 2).error.reset();
  CHECK_FALSE(find_path(device, 4));
  CHECK(find_path(device, 2) == best_path(device, 2));
  CHECK_THROWS_WITH(best_path(device, 4),
                    ContainsSubstring("no chain of 4 coupled, working qubits"));
}
