#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program.hpp>

namespace rhodrift::test {

using Pairs = std::vector<std::pair<int, int>>;

/// n qubits with the given 1-qubit gates everywhere and one 2-qubit gate on the directed pairs; all
/// figures there, all qubits alike.
inline Calibration device(int n_qubits, const std::string& entangler, const Pairs& pairs,
                          const std::vector<std::string>& one_qubit_gates = {"rz", "sx", "x"}) {
  Calibration calibration;
  calibration.device = "test-device";
  calibration.native_gates = one_qubit_gates;
  calibration.native_gates.push_back(entangler);
  for (int q = 0; q < n_qubits; ++q) {
    QubitCalibration qubit;
    qubit.readout_p10 = 0.01;
    qubit.readout_p01 = 0.03;
    qubit.readout_duration_s = 1e-6;
    calibration.qubits.push_back(qubit);
    for (const std::string& name : one_qubit_gates) {
      const bool is_virtual = name == "rz" || name == "u1";
      calibration.gates.push_back({name, {q}, is_virtual ? 0.0 : 1e-4, is_virtual ? 0.0 : 3e-8});
    }
  }
  for (const auto& [a, b] : pairs) {
    calibration.coupling.emplace_back(a, b);
    calibration.gates.push_back({entangler, {a, b}, 0.01, 3e-7});
  }
  return calibration;
}

/// 0 → 1 → … → n-1, and back to 0 in a ring.
inline Pairs chain(int n_qubits) {
  Pairs pairs;
  for (int q = 1; q < n_qubits; ++q) pairs.emplace_back(q - 1, q);
  return pairs;
}
inline Pairs ring(int n_qubits) {
  Pairs pairs = chain(n_qubits);
  pairs.emplace_back(n_qubits - 1, 0);
  return pairs;
}

inline GateCalibration& gate_of(Calibration& calibration, const std::string& name,
                                const std::vector<int>& qubits) {
  for (GateCalibration& gate : calibration.gates)
    if (gate.name == name && gate.qubits == qubits) return gate;
  throw std::out_of_range(name);
}

/// A product of three random rotations on each of the first n qubits: tells any two unitaries that
/// differ in more than a phase apart with probability 1.
inline Circuit random_preparation(int n_prepared, int n_qubits, RandomStream& random) {
  Circuit circuit(n_qubits);
  for (int q = 0; q < n_prepared; ++q)
    for (const Op op : {Op::rz, Op::ry, Op::rz}) circuit.append(op, {q}, {6.28 * random.uniform()});
  return circuit;
}

/// The largest difference of a Pauli coefficient of the states that two circuits make.
inline double largest_difference(const Circuit& a, const Circuit& b, const Binding& binding) {
  const PauliVector left = Program(a).run(binding), right = Program(b).run(binding);
  double worst = 0.0;
  for (std::size_t k = 0; k < left.coefficients().size(); ++k)
    worst = std::max(worst, std::abs(left.coefficients()[k] - right.coefficients()[k]));
  return worst;
}

inline int count_gates(const Circuit& circuit, std::size_t n_qubits) {
  int count = 0;
  for (const Instruction& instruction : circuit.instructions())
    count += info(instruction.op).unitary != nullptr && instruction.op != Op::delay &&
             instruction.qubits.size() == n_qubits;
  return count;
}

inline int count_op(const Circuit& circuit, Op op) {
  int count = 0;
  for (const Instruction& instruction : circuit.instructions()) count += instruction.op == op;
  return count;
}

}  // namespace rhodrift::test
