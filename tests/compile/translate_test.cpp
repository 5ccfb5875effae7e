#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

// n qubits with rz, sx, x everywhere and one 2-qubit gate on the given directed pairs.
Calibration device(int n_qubits, const std::string& entangler,
                   const std::vector<std::pair<int, int>>& pairs) {
  Calibration calibration;
  calibration.device = "test-device";
  calibration.qubits.resize(static_cast<std::size_t>(n_qubits));
  calibration.native_gates = {"rz", "sx", "x", entangler};
  for (int q = 0; q < n_qubits; ++q)
    for (const char* name : {"rz", "sx", "x"}) calibration.gates.push_back({name, {q}, 0.0, 0.0});
  for (const auto& [a, b] : pairs) calibration.gates.push_back({entangler, {a, b}, 0.01, 1e-7});
  return calibration;
}

// A product of three random rotations on every qubit: distinguishes any two unitaries that differ
// in more than a phase with probability 1.
Circuit random_preparation(int n_qubits, RandomStream& random) {
  Circuit circuit(n_qubits);
  for (int q = 0; q < n_qubits; ++q)
    for (const Op op : {Op::rz, Op::ry, Op::rz}) circuit.append(op, {q}, {6.28 * random.uniform()});
  return circuit;
}

double largest_difference(const Circuit& a, const Circuit& b, const Binding& binding) {
  const PauliVector left = Program(a).run(binding), right = Program(b).run(binding);
  double worst = 0.0;
  for (std::size_t k = 0; k < left.coefficients().size(); ++k)
    worst = std::max(worst, std::abs(left.coefficients()[k] - right.coefficients()[k]));
  return worst;
}

}  // namespace

TEST_CASE("every gate becomes native gates that do the same, for every native entangler") {
  const std::string entangler = GENERATE("cx", "ecr", "cz");
  const bool backward = GENERATE(false, true);
  const Calibration target = device(3, entangler, {backward ? std::pair(2, 0) : std::pair(0, 2)});
  const Layout layout{2, 1, 0};  // circuit qubits 0 and 2 sit on the coupled pair
  RandomStream random(20260101);
  const std::vector<double> weights{0.37, -1.2, 2.9};
  for (const OperationInfo& row : operation_table()) {
    if (!row.unitary) continue;
    INFO(row.name << " on " << entangler << (backward ? " backward" : " forward"));
    std::vector<Angle> angles;
    for (int k = 0; k < row.n_angles; ++k) angles.push_back(Angle::weight(k, 1.5) + Angle(0.25));
    const std::vector<int> qubits = row.n_qubits == 1 ? std::vector{1} : std::vector{2, 0};
    const Binding binding{std::span(weights).first(angles.size()), {}};
    const Circuit gate = Circuit(3).append(row.op, qubits, angles);
    const Circuit native = translate(gate, target, layout);
    for (const Instruction& instruction : native.instructions())
      CHECK(target.find_gate(std::string(info(instruction.op).name),
                             device_qubits(layout, instruction.qubits)) != nullptr);
    for (int repetition = 0; repetition < 3; ++repetition) {
      const Circuit before = random_preparation(3, random);
      CHECK(largest_difference(Circuit(before).append(gate), Circuit(before).append(native),
                               binding) < 1e-12);
    }
  }
}

TEST_CASE("gates the device lists stay as they are, measurements and barriers too") {
  const Calibration target = device(2, "cx", {{0, 1}});
  Circuit circuit(2);
  circuit.append(Op::x, {0}).append(Op::barrier, {0, 1}).append(Op::cx, {0, 1});
  circuit.measure(1, 0);
  const Circuit native = translate(circuit, target, trivial_layout(2));
  REQUIRE(native.instructions().size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(native.instructions()[i].op == circuit.instructions()[i].op);
}

TEST_CASE("a gate between qubits that are not coupled is refused by name") {
  const Calibration target = device(3, "ecr", {{0, 1}});
  CHECK_THROWS_WITH(
      translate(Circuit(3).append(Op::cz, {0, 2}), target, trivial_layout(3)),
      ContainsSubstring("test-device") && ContainsSubstring("cx on device qubits 0,2"));
}

TEST_CASE("a device without sx is refused by name") {
  Calibration target = device(1, "cx", {});
  std::erase_if(target.gates, [](const GateCalibration& gate) { return gate.name == "sx"; });
  CHECK_THROWS_WITH(translate(Circuit(1).append(Op::h, {0}), target, trivial_layout(1)),
                    ContainsSubstring("sx on device qubits 0"));
}
