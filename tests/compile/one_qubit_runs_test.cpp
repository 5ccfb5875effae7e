#include <numbers>

#include <rhodrift/compile/translate.hpp>

#include "compile/basis.hpp"
#include "compile/device.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

namespace {

constexpr double pi = std::numbers::pi;

Circuit merged(const Circuit& circuit, const Calibration& calibration) {
  const Layout layout = trivial_layout(circuit.n_qubits());
  return merge_one_qubit_runs(translate(circuit, calibration, layout), Target(calibration), layout);
}

int n_pulses(const Circuit& circuit) {
  return count_gates(circuit, 1) - count_op(circuit, Op::rz) - count_op(circuit, Op::p);
}

int n_pulses_of(const Circuit& circuit) {
  return n_pulses(merged(circuit, device(1, "cx", {})));
}

}  // namespace

TEST_CASE("a run of constant gates takes as few pulses as its matrix needs") {
  const Circuit one(1);
  CHECK(n_pulses_of(Circuit(one).append(Op::h, {0})) == 1);
  CHECK(n_pulses_of(Circuit(one).append(Op::h, {0}).append(Op::h, {0})) == 0);
  CHECK(n_pulses_of(Circuit(one).append(Op::h, {0}).append(Op::t, {0}).append(Op::h, {0})) == 2);
  CHECK(n_pulses_of(Circuit(one).append(Op::h, {0}).append(Op::z, {0}).append(Op::h, {0})) == 1);
  CHECK(n_pulses_of(Circuit(one).append(Op::ry, {0}, {0.3}).append(Op::rx, {0}, {1.1})) == 2);
  CHECK(n_pulses_of(Circuit(one).append(Op::y, {0})) == 1);
  CHECK(merged(Circuit(one).append(Op::h, {0}).append(Op::h, {0}), device(1, "cx", {}))
            .instructions()
            .empty());
}

TEST_CASE("symbolic rotations about one axis become one, with the sum of their angles") {
  const Angle a = Angle::weight(0), b = Angle::weight(1, 2.0);
  const Calibration calibration = device(1, "cx", {});
  for (const Op op : {Op::rx, Op::ry, Op::rz}) {
    const Circuit sum = merged(Circuit(1).append(op, {0}, {a}).append(op, {0}, {b}), calibration);
    CHECK(n_pulses(sum) == (op == Op::rz ? 0 : 2));
    // An x between turns the second around.
    const Op across = op == Op::rx ? Op::z : Op::x;
    const Circuit difference = merged(
        Circuit(1).append(op, {0}, {a}).append(across, {0}).append(op, {0}, {a}), calibration);
    CHECK(difference.n_weights() == 0);
  }
  // Rotations about different axes keep their two angles; one pulse turns the first axis into z,
  // one the second axis into that, and one turns back.
  CHECK(n_pulses_of(Circuit(1).append(Op::rx, {0}, {a}).append(Op::rz, {0}, {b})) == 2);
  CHECK(n_pulses_of(Circuit(1).append(Op::rx, {0}, {a}).append(Op::ry, {0}, {b})) == 3);
}

TEST_CASE("merged runs do what the gates did, for every set of 1-qubit gates") {
  const auto gates = GENERATE(
      std::vector<std::string>{"rz", "sx", "x"}, std::vector<std::string>{"rz", "sx"},
      std::vector<std::string>{"rz", "sx", "x", "rx"}, std::vector<std::string>{"u1", "u2", "u3"},
      std::vector<std::string>{"u1", "u3"}, std::vector<std::string>{"rz", "rx"});
  const Calibration calibration = device(3, "cx", chain(3), gates);
  RandomStream random(7102);
  for (int repetition = 0; repetition < 30; ++repetition) {
    Circuit circuit = random_preparation(3, 3, random);
    const Circuit gates_of_all_kinds = oracle::random_circuit(
        {.n_qubits = 3, .n_instructions = 30, .n_weights = 3, .n_features = 1, .noisy = false},
        random);
    for (const Instruction& instruction : gates_of_all_kinds.instructions())
      if (instruction.qubits.size() == 1 || instruction.op == Op::barrier)
        circuit.append(instruction);
    circuit.append(Op::cx, {0, 1});
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random),
                              features = oracle::random_angles(circuit.n_features(), random);
    const Circuit native = merged(circuit, calibration);
    const Binding of_source{weights, features};
    const Binding of_native{
        std::span(weights).first(static_cast<std::size_t>(native.n_weights())),
        std::span(features).first(static_cast<std::size_t>(native.n_features()))};
    const PauliVector before = Program(circuit).run(of_source),
                      after = Program(native).run(of_native);
    for (std::size_t k = 0; k < before.coefficients().size(); ++k)
      REQUIRE(after.coefficients()[k] == Approx(before.coefficients()[k]).margin(1e-11));
  }
}

TEST_CASE("one rx stands for two sx where that has the smaller error") {
  Calibration calibration = device(1, "cx", {}, {"rz", "sx", "x", "rx"});
  const Circuit rotation = Circuit(1).append(Op::ry, {0}, {Angle::weight(0)});
  CHECK(count_op(merged(rotation, calibration), Op::rx) == 1);
  gate_of(calibration, "rx", {0}).error = 3e-4;
  CHECK(count_op(merged(rotation, calibration), Op::rx) == 0);
  CHECK(count_op(merged(rotation, calibration), Op::sx) == 2);
}

TEST_CASE("barriers, delays, measurements and resets part runs") {
  Calibration calibration = device(1, "cx", {}, {"rz", "sx", "x", "reset"});
  Circuit circuit(1);
  circuit.append(Op::x, {0}).append(Op::barrier, {0}).append(Op::x, {0}).delay(0, 1e-7);
  circuit.append(Op::x, {0}).append(Op::reset, {0}).append(Op::x, {0}).measure(0, 0);
  CHECK(count_op(merged(circuit, calibration), Op::x) == 4);
}
