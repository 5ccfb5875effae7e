#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>

#include "compile/device.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

namespace {

// Translates every gate of the table, and compares what comes out with what went in.
void check_every_gate(const Calibration& target) {
  const Layout layout{2, 1, 0};  // circuit qubits 0 and 2 sit on the coupled pair
  RandomStream random(20260101);
  const std::vector<double> weights{0.37, -1.2, 2.9};
  for (const OperationInfo& row : operation_table()) {
    if (!row.unitary || row.op == Op::delay) continue;
    INFO(row.name << " on " << target.native_gates.back());
    std::vector<Angle> angles;
    for (int k = 0; k < row.n_angles; ++k) angles.push_back(Angle::weight(k, 1.5) + Angle(0.25));
    const std::vector<int> qubits = row.n_qubits == 1 ? std::vector{1} : std::vector{2, 0};
    const Binding binding{std::span(weights).first(angles.size()), {}};
    const Circuit gate = Circuit(3).append(row.op, qubits, angles);
    const Circuit native = translate(gate, target, layout);
    for (const Instruction& instruction : native.instructions()) {
      const std::string name(instruction.op == Op::p ? "u1" : info(instruction.op).name);
      CHECK(target.find_gate(name, device_qubits(layout, instruction.qubits)) != nullptr);
    }
    for (int repetition = 0; repetition < 3; ++repetition) {
      const Circuit before = random_preparation(3, 3, random);
      CHECK(largest_difference(Circuit(before).append(gate), Circuit(before).append(native),
                               binding) < 1e-12);
    }
  }
}

}  // namespace

TEST_CASE("every gate becomes native gates that do the same, for every native entangler") {
  const std::string entangler =
      GENERATE("cx", "ecr", "cz", "rzz", "rxx", "sqrt_iswap", "xy", "iswap");
  const bool backward = GENERATE(false, true);
  check_every_gate(device(3, entangler, {backward ? std::pair(2, 0) : std::pair(0, 2)}));
}

TEST_CASE("every gate becomes native gates that do the same, for every set of 1-qubit gates") {
  const auto gates =
      GENERATE(std::vector<std::string>{"u1", "u2", "u3"}, std::vector<std::string>{"u1", "u3"},
               std::vector<std::string>{"rz", "sx"}, std::vector<std::string>{"rz", "rx"});
  check_every_gate(device(3, "cx", {{0, 2}}, gates));
}

TEST_CASE("gates the device lists stay as they are, measurements, delays and barriers too") {
  const Calibration target = device(2, "cx", {{0, 1}});
  Circuit circuit(2);
  circuit.append(Op::x, {0}).append(Op::barrier, {0, 1}).delay(1, 1e-7).append(Op::cx, {0, 1});
  circuit.measure(1, 0);
  const Circuit native = translate(circuit, target, trivial_layout(2));
  REQUIRE(native.instructions().size() == 5);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(native.instructions()[i].op == circuit.instructions()[i].op);
  CHECK(native.instructions()[2].duration_s == 1e-7);
}

TEST_CASE("the inverse of a native gate takes as many pulses as the gate") {
  const auto names = [](const Circuit& circuit) {
    std::string text;
    for (const Instruction& i : circuit.instructions()) text += std::string(info(i.op).name) + ' ';
    return text;
  };
  const auto inverse_of = [&](const Circuit& gate, const Calibration& target) {
    return names(translate(gate.inverse(), target, trivial_layout(gate.n_qubits())));
  };
  const Circuit sx = Circuit(1).append(Op::sx, {0});
  CHECK(inverse_of(sx, device(1, "cx", {})) == "rz sx rz ");
  CHECK(inverse_of(sx, device(1, "cx", {}, {"rz", "rx"})) == "rz rx rz ");
  const auto swap_of = [](Op op) { return Circuit(2).append(op, {0, 1}); };
  for (const auto& [op, name] : {std::pair{Op::iswap, "iswap"}, {Op::sqrt_iswap, "sqrt_iswap"}})
    CHECK(inverse_of(swap_of(op), device(2, name, {{0, 1}})) == "rz " + std::string(name) + " rz ");
}

TEST_CASE("a gate between qubits that are not coupled is refused by name") {
  const Calibration target = device(3, "ecr", {{0, 1}});
  CHECK_THROWS_WITH(
      translate(Circuit(3).append(Op::cz, {0, 2}), target, trivial_layout(3)),
      ContainsSubstring("test-device") && ContainsSubstring("cx on device qubits 0,2"));
}

TEST_CASE("a faulty gate is used only where there is no other") {
  Calibration target = device(2, "cx", {{0, 1}, {1, 0}});
  gate_of(target, "cx", {0, 1}).error = 1.0;
  const Circuit native = translate(Circuit(2).append(Op::cx, {0, 1}), target, trivial_layout(2));
  for (const Instruction& instruction : native.instructions())
    if (instruction.op == Op::cx) CHECK(instruction.qubits == std::vector{1, 0});
  gate_of(target, "cx", {1, 0}).error = 1.5;
  CHECK(translate(Circuit(2).append(Op::cx, {0, 1}), target, trivial_layout(2))
            .instructions()
            .front()
            .qubits == std::vector{0, 1});
}

TEST_CASE("a device without sx is refused by name") {
  Calibration target = device(1, "cx", {});
  std::erase_if(target.gates, [](const GateCalibration& gate) { return gate.name == "sx"; });
  CHECK_THROWS_WITH(translate(Circuit(1).append(Op::h, {0}), target, trivial_layout(1)),
                    ContainsSubstring("sx on device qubits 0"));
}

TEST_CASE("a reset that the device does not have is refused by name") {
  CHECK_THROWS_WITH(
      translate(Circuit(1).append(Op::reset, {0}), device(1, "cx", {}), trivial_layout(1)),
      ContainsSubstring("reset on device qubits 0"));
}
