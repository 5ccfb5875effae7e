#include <fmt/format.h>

#include <rhodrift/compile/compile.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/pauli.hpp>

#include "compile/device.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

namespace {

// A heavy hexagon's corner.
const Pairs h_shape{{0, 1}, {2, 1}, {1, 3}, {3, 5}, {4, 5}, {5, 6}};

std::span<const double> first(const std::vector<double>& values, int n) {
  return std::span(values).first(static_cast<std::size_t>(n));
}

// Where the source's qubits end, the Paulis of the compiled circuit's state are those of the
// source's, from a random product state.
void check_equivalent(const Circuit& source, const CompiledCircuit& compiled,
                      RandomStream& random) {
  const std::vector<double> weights = oracle::random_angles(source.n_weights(), random),
                            features = oracle::random_angles(source.n_features(), random);
  const Circuit& native = compiled.circuit;
  RandomStream same = random;
  const Circuit before = random_preparation(source.n_qubits(), source.n_qubits(), random);
  const Circuit on_device = random_preparation(source.n_qubits(), native.n_qubits(), same);
  const PauliVector wanted = Program(Circuit(before).append(source)).run({weights, features});
  const PauliVector found =
      Program(Circuit(on_device).append(native))
          .run({first(weights, native.n_weights()), first(features, native.n_features())});
  double worst = 0.0;
  for (std::size_t index = 0; index < wanted.coefficients().size(); ++index) {
    std::size_t moved = 0;
    for (std::size_t q = 0; q < compiled.final_qubit.size(); ++q)
      moved |= (index >> (2 * q) & 3U) << (2 * compiled.final_qubit[q]);
    worst = std::max(worst, std::abs(wanted.coefficients()[index] - found.coefficients()[moved]));
  }
  CHECK(worst < 1e-9);
}

void check_native(const CompiledCircuit& compiled, const Calibration& calibration) {
  for (const Instruction& instruction : compiled.circuit.instructions()) {
    if (info(instruction.op).unitary == nullptr || instruction.op == Op::delay) continue;
    const std::string name(instruction.op == Op::p ? "u1" : info(instruction.op).name);
    CHECK(calibration.find_gate(name, device_qubits(compiled.layout, instruction.qubits)));
  }
}

Circuit random_source(int n_instructions, RandomStream& random) {
  return oracle::random_circuit({.n_qubits = 4,
                                 .n_instructions = n_instructions,
                                 .n_weights = 4,
                                 .n_features = 2,
                                 .noisy = false},
                                random);
}

}  // namespace

TEST_CASE("compiled circuits are their sources, up to where qubits are, at any binding") {
  const auto [entangler, one_qubit_gates] =
      GENERATE(std::pair("cx", std::vector<std::string>{"rz", "sx", "x"}),
               std::pair("ecr", std::vector<std::string>{"rz", "sx", "x"}),
               std::pair("cz", std::vector<std::string>{"rz", "sx", "x", "rx"}),
               std::pair("rzz", std::vector<std::string>{"rz", "sx"}),
               std::pair("rxx", std::vector<std::string>{"rz", "sx", "x"}),
               std::pair("sqrt_iswap", std::vector<std::string>{"rz", "u3"}),
               std::pair("xy", std::vector<std::string>{"rz", "sx", "sxdg", "x"}),
               std::pair("iswap", std::vector<std::string>{"rz", "rx"}),
               std::pair("cx", std::vector<std::string>{"u1", "u2", "u3"}),
               std::pair("cz", std::vector<std::string>{"rz", "rx"}));
  const Calibration calibration = device(7, entangler, h_shape, one_qubit_gates);
  RandomStream random(20261127);
  for (int repetition = 0; repetition < 8; ++repetition) {
    const Circuit source = random_source(5 + 10 * repetition, random);
    const CompiledCircuit compiled = compile(source, calibration, {.n_trials = 3});
    check_native(compiled, calibration);
    for (int binding = 0; binding < 3; ++binding) check_equivalent(source, compiled, random);
  }
}

TEST_CASE("a cx takes two sqrt_iswap, and costs as much") {
  const Calibration calibration = device(2, "sqrt_iswap", {{0, 1}});
  const CompiledCircuit compiled = compile(Circuit(2).append(Op::cx, {0, 1}), calibration, {});
  CHECK(count_op(compiled.circuit, Op::sqrt_iswap) == 2);
  CHECK(count_gates(compiled.circuit, 2) == 2);
  // With a better gate on the pair the others are left alone.
  Calibration both = calibration;
  both.gates.push_back({"rxx", {1, 0}, 0.02, 3e-7});
  both.native_gates.push_back("rxx");
  const CompiledCircuit direct = compile(Circuit(2).append(Op::cx, {0, 1}), both, {});
  CHECK(count_op(direct.circuit, Op::rxx) == 1);
  CHECK(count_gates(direct.circuit, 2) == 1);
}

TEST_CASE("and with a layout of one's own, decoupled, or without a schedule") {
  const Calibration calibration = device(7, "ecr", h_shape);
  RandomStream random(20261128);
  for (int repetition = 0; repetition < 5; ++repetition) {
    const Circuit source = random_source(30, random);
    const CompiledCircuit placed =
        compile(source, calibration, {.layout = Layout{6, 0, 3, 2}, .n_trials = 3});
    check_equivalent(source, placed, random);
    CHECK(Layout(placed.layout.begin(), placed.layout.begin() + 4) == Layout{6, 0, 3, 2});
    const CompiledCircuit decoupled =
        compile(source, calibration, {.n_trials = 3, .decoupling = DecouplingSequence::xy4});
    check_equivalent(source, decoupled, random);
    CHECK(decoupled.start_s.size() == decoupled.circuit.instructions().size());
    const CompiledCircuit plain = compile(source, calibration, {.n_trials = 3, .schedule = false});
    check_equivalent(source, plain, random);
    CHECK(plain.start_s.empty());
    CHECK(count_op(plain.circuit, Op::delay) == 0);
  }
}

TEST_CASE("measurements, resets and post-selections stand where they stood") {
  const Calibration calibration = device(7, "cx", h_shape, {"rz", "sx", "x", "reset"});
  RandomStream random(20261129);
  for (int repetition = 0; repetition < 5; ++repetition) {
    Circuit source = random_source(15, random);
    source.measure(2, 1).append(Op::ry, {2}, {0.4}).append(Op::reset, {1});
    source.append(random_source(15, random)).append(Op::ry, {3}, {1.1}).postselect(3, 1);
    source.append(random_source(15, random)).measure(0, 0).measure(1, 2);
    const CompiledCircuit compiled = compile(source, calibration, {.n_trials = 3});
    check_equivalent(source, compiled, random);
    CHECK(compiled.circuit.mid_circuit_bits() == std::vector{1});
    CHECK(compiled.circuit.qubit_of_bit()[0] == compiled.final_qubit[0]);
    CHECK(compiled.circuit.qubit_of_bit()[2] == compiled.final_qubit[1]);
  }
}

TEST_CASE("without measurements every qubit is read into its bit, wherever it ends") {
  const Calibration calibration = device(7, "cx", h_shape);
  const Circuit source = Circuit(3)
                             .append(Op::cx, {0, 1})
                             .append(Op::cx, {1, 2})
                             .append(Op::cx, {0, 2})
                             .append(Op::swap, {0, 1});
  const CompiledCircuit compiled = compile(source, calibration);
  CHECK(compiled.circuit.qubit_of_bit() == compiled.final_qubit);
  CHECK(compiled.at_the_end(Observable::parse("2*Z0 X1 - Y2")).to_string() ==
        Observable::parse(fmt::format("2*Z{} X{} - Y{}", compiled.final_qubit[0],
                                      compiled.final_qubit[1], compiled.final_qubit[2]))
            .to_string());
  CHECK_THROWS_WITH(compiled.at_the_end(Observable::z(3)),
                    ContainsSubstring("reaches qubit 3, the source has 3 qubits"));
}

TEST_CASE("swaps cost nothing, and what cancels is gone") {
  const Calibration calibration = device(7, "cx", h_shape);
  Circuit source(3);
  source.append(Op::swap, {0, 2}).append(Op::cx, {0, 1}).append(Op::cx, {0, 1});
  CHECK(count_gates(compile(source, calibration).circuit, 2) == 0);
}

TEST_CASE("the expected fidelity is the product of what the calibration reports") {
  Calibration calibration = device(2, "cx", {{0, 1}});
  Circuit source(2);
  source.append(Op::x, {0}).append(Op::cx, {0, 1}).measure(0, 0).measure(1, 1);
  CHECK(compile(source, calibration).expected_fidelity ==
        Approx((1 - 1e-4) * 0.99 * 0.98 * 0.98).epsilon(1e-12));
}

TEST_CASE("compilation is a function of its seed, and done once while someone holds it") {
  const Calibration calibration = device(7, "cx", h_shape);
  RandomStream random(2);
  const Circuit source = random_source(40, random);
  const auto one = compile_once(source, calibration, {.seed = 4});
  CHECK(compile_once(Circuit(source), Calibration(calibration), {.seed = 4}) == one);
  CHECK(compile_once(source, calibration, {.seed = 5}) != one);
  CHECK(compile_once(source, calibration, {.layout = Layout{0, 1, 2, 3}, .seed = 4}) != one);
  Calibration drifted = calibration;
  gate_of(drifted, "cx", {1, 3}).error = 0.011;
  CHECK(compile_once(source, drifted, {.seed = 4}) != one);
  const CompiledCircuit again = compile(source, calibration, {.seed = 4});
  CHECK(again.layout == one->layout);
  CHECK(again.start_s == one->start_s);
}

TEST_CASE("what cannot be compiled is refused, with what and where") {
  const Calibration calibration = device(3, "cx", chain(3));
  const Circuit bell = Circuit(2).append(Op::h, {0}).append(Op::cx, {0, 1});
  CHECK_THROWS_WITH(compile(Circuit(4), calibration),
                    ContainsSubstring("test-device: has 3 qubits, the circuit needs 4"));
  Circuit noisy = bell;
  noisy.append_channel("noise", {0}, arma::mat(4, 4, arma::fill::eye));
  CHECK_THROWS_WITH(compile(noisy, calibration),
                    ContainsSubstring("circuit: instruction 2 (channel 'noise' 0): is noise"));
  Circuit read = bell;
  read.set_readout_error({ConfusionMatrix::single(0, 0.1, 0.1)});
  CHECK_THROWS_WITH(compile(read, calibration), ContainsSubstring("has a readout error"));
  CHECK_THROWS_WITH(compile(bell, calibration, {.layout = Layout{0, 0}}),
                    ContainsSubstring("device qubit 0 is repeated"));
  CHECK_THROWS_WITH(compile(bell, calibration, {.n_trials = 0}),
                    ContainsSubstring("compile: n_trials: 0 is not >= 1"));
  CHECK_THROWS_WITH(
      compile(bell, calibration, {.schedule = false, .decoupling = DecouplingSequence::xx}),
      ContainsSubstring("compile: decoupling: takes a schedule"));
  CHECK_THROWS_WITH(compile(Circuit(bell).append(Op::reset, {0}), calibration),
                    ContainsSubstring("reset on device qubits"));
  Calibration without_durations = calibration;
  for (GateCalibration& gate : without_durations.gates) gate.duration_s.reset();
  CHECK_THROWS_WITH(compile(bell, without_durations),
                    ContainsSubstring("the calibration tells no duration"));
  CHECK(count_gates(compile(bell, without_durations, {.schedule = false}).circuit, 2) == 1);
}
