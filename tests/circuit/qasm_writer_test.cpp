#include <numbers>

#include <rhodrift/core/random.hpp>

#include "circuit/qasm_support.hpp"

using namespace rhodrift;
using namespace rhodrift::test;
using std::numbers::pi;

namespace {

Circuit read_back(const std::string& text) {
  INFO(text);
  return parse_qasm(text, "written.qasm");
}

/// Every row of the table but what OpenQASM cannot say, at random operands and angles.
Circuit random_circuit(bool symbolic, bool delays, RandomStream& random) {
  const int n_qubits = 4;
  Circuit circuit(n_qubits);
  int bit = 0;
  for (int round = 0; round < 2; ++round)
    for (const OperationInfo& row : operation_table()) {
      if (row.op == Op::channel || is_postselection(row.op)) continue;
      const std::vector<int> operands = oracle::random_operands(
          row.n_qubits > 0 ? row.n_qubits : 1 + static_cast<int>(random.below(4)), n_qubits,
          random);
      if (row.op == Op::measure) {
        circuit.measure(operands[0], bit++);
      } else if (row.op == Op::delay) {
        if (delays) circuit.delay(operands[0], 1e-6 * random.uniform());
      } else {
        std::vector<Angle> angles;
        for (const double value : oracle::random_angles(row.n_angles, random)) {
          Angle angle =
              random.below(4) > 0 ? value : pi * (static_cast<double>(random.below(17)) - 8) / 4;
          if (symbolic && random.below(2) > 0)
            angle = angle + Angle::weight(static_cast<int>(random.below(3)), random.normal());
          if (symbolic && random.below(2) > 0)
            angle = Angle::feature(static_cast<int>(random.below(2)), -1.0) + angle;
          angles.push_back(angle);
        }
        circuit.append(row.op, operands, angles);
      }
    }
  return circuit;
}

}  // namespace

TEST_CASE("Programs in OpenQASM 2 read back as the same instructions") {
  RandomStream random(41);
  for (int trial = 0; trial < 50; ++trial) {
    const Circuit circuit = random_circuit(false, false, random);
    const std::string text = to_qasm2(circuit);
    check_same(read_back(text), circuit);
    CHECK(to_qasm2(read_back(text)) == text);
  }
}

TEST_CASE("Programs in OpenQASM 3 read back as the same instructions, inputs and delays too") {
  RandomStream random(42);
  for (int trial = 0; trial < 50; ++trial) {
    const Circuit circuit = random_circuit(trial % 2 > 0, true, random);
    const std::string text = to_qasm3(circuit);
    const Circuit back = read_back(text);
    check_same(back, circuit);
    CHECK(back.n_weights() == circuit.n_weights());
    CHECK(back.n_features() == circuit.n_features());
    CHECK(to_qasm3(back) == text);
  }
}

TEST_CASE("Extreme numbers read back to the same bits") {
  Circuit circuit(1);
  for (const double value : {1e-300, 4.9e-324, 1.7976931348623157e308, -1e22, 1e-5, 0.1, -0.0, pi,
                             -pi / 2, 3 * pi / 4, 7 * pi / 16, pi / 3, 2 * pi / 3, 3.14159})
    circuit.append(Op::rz, {0}, {value});
  for (const double coefficient : {1.0, -1.0, pi, -pi / 2, 1e-20})
    circuit.append(Op::rz, {0}, {Angle::weight(0, coefficient) - pi / 2});
  check_same(read_back(to_qasm3(circuit)), circuit);
  for (const double duration_s : {0.0, 1e-9, 35.5e-9, 1e-6 / 3, pi / 4, 1e300})
    circuit.delay(0, duration_s);
  check_same(read_back(to_qasm3(circuit)), circuit);
}

TEST_CASE("What a program looks like") {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).append(Op::rz, {1}, {-3 * pi / 4}).append(Op::ecr, {1, 0});
  circuit.append(Op::barrier, {0, 1}).append(Op::reset, {0}).measure(1, 0);
  const std::string ecr =
      "gate ecr a, b { h b; cx a, b; rz(pi/4) b; cx a, b; h b; x a; h b; cx a, b; rz(-pi/4) b; "
      "cx a, b; h b; }\n";
  CHECK(to_qasm2(circuit) ==
        "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n" + ecr +
            "qreg q[2];\ncreg c[1];\nh q[0];\nrz(-3*pi/4) q[1];\necr q[1], q[0];\n"
            "barrier q[0], q[1];\nreset q[0];\nmeasure q[1] -> c[0];\n");
  circuit.append(Op::rx, {0}, {Angle::weight(1, -2.0) + Angle::feature(0) + 0.5}).delay(0, 2e-7);
  CHECK(to_qasm3(circuit) ==
        "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninput float[64] w0;\ninput float[64] w1;\n"
        "@rhodrift.feature\ninput float[64] x0;\n" +
            ecr +
            "qubit[2] q;\nbit[1] c;\nh q[0];\nrz(-3*pi/4) q[1];\necr q[1], q[0];\n"
            "barrier q[0], q[1];\nreset q[0];\nc[0] = measure q[1];\n"
            "rx(0.5 - 2*w1 + x0) q[0];\ndelay[200ns] q[0];\n");
}

TEST_CASE("What OpenQASM cannot say is refused by name") {
  const Circuit symbolic = Circuit(2).append(Op::h, {0}).append(Op::rx, {1}, {Angle::weight(3)});
  CHECK_THROWS_WITH(to_qasm2(symbolic),
                    "circuit: instruction 1 (rx 1): OpenQASM 2 has no inputs such as w3; bind the "
                    "circuit to numbers with Circuit::bound, or write OpenQASM 3");
  const std::vector<double> weights{0.0, 0.0, 0.0, 0.25};
  CHECK_THAT(to_qasm2(symbolic.bound({weights, {}})), ContainsSubstring("rx(0.25) q[1];"));
  CHECK_THROWS_WITH(to_qasm2(Circuit(1).delay(0, 1e-6)),
                    "circuit: instruction 0 (delay 0): OpenQASM 2 has no delays, OpenQASM 3 has");
  Circuit noisy(1);
  noisy.append_channel("x 0", {0}, arma::eye(4, 4));
  const Circuit selected = Circuit(1).postselect(0, 1);
  Circuit misread(1);
  misread.set_readout_error({{{0}, arma::mat{{0.9, 0.2}, {0.1, 0.8}}}});
  for (const auto write : {to_qasm2, to_qasm3}) {
    CHECK_THROWS_WITH(write(noisy),
                      "circuit: instruction 0 (channel 'x 0' 0): noise channels "
                      "cannot be written as OpenQASM");
    CHECK_THROWS_WITH(write(selected),
                      "circuit: instruction 0 (postselect1 0): post-selection "
                      "cannot be written as OpenQASM");
    CHECK_THROWS_WITH(write(misread), "circuit: a readout error cannot be written as OpenQASM");
  }
}
