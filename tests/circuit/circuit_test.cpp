#include <limits>
#include <memory>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("A circuit counts its parameters and keeps its instructions") {
  Circuit circuit(3);
  circuit.append(Op::h, {0})
      .append(Op::rx, {2}, {Angle::weight(4) + Angle::feature(1)})
      .append(Op::cx, {2, 0});
  CHECK(circuit.n_qubits() == 3);
  CHECK(circuit.n_weights() == 5);
  CHECK(circuit.n_features() == 2);
  REQUIRE(circuit.instructions().size() == 3);
  CHECK(circuit.instructions()[2].op == Op::cx);
  CHECK(circuit.instructions()[2].qubits == std::vector{2, 0});
}

TEST_CASE("Wrong instructions are refused and named") {
  Circuit circuit(2);
  circuit.append(Op::h, {0});
  CHECK_THROWS_WITH(circuit.append(Op::cx, {0}), ContainsSubstring("instruction 1 (cx 0)") &&
                                                     ContainsSubstring("takes 2 qubits, got 1"));
  CHECK_THROWS_WITH(circuit.append(Op::x, {0, 1}), ContainsSubstring("takes 1 qubits, got 2"));
  CHECK_THROWS_WITH(circuit.append(Op::cx, {1, 1}), ContainsSubstring("qubit 1 is repeated"));
  CHECK_THROWS_WITH(circuit.append(Op::x, {2}), ContainsSubstring("qubit 2 is outside 0..1"));
  CHECK_THROWS_WITH(circuit.append(Op::x, {-1}), ContainsSubstring("qubit -1 is outside 0..1"));
  CHECK_THROWS_WITH(circuit.append(Op::rx, {0}), ContainsSubstring("takes 1 angles, got 0"));
  CHECK_THROWS_WITH(circuit.append(Op::x, {0}, {0.1}), ContainsSubstring("takes 0 angles, got 1"));
  CHECK_THROWS_WITH(circuit.append(Op::rx, {0}, {not_a_number}), ContainsSubstring("not finite"));
  CHECK_THROWS_WITH(circuit.append(Op::rx, {0}, {Angle::weight(0, not_a_number)}),
                    ContainsSubstring("not finite"));
  CHECK_THROWS_WITH(circuit.append(Op::barrier, {}), ContainsSubstring("at least 1 qubit"));
  CHECK_THROWS_WITH(circuit.append(Op::channel, {0}), ContainsSubstring("has no matrix"));
  CHECK_THROWS_WITH(
      circuit.append_channel("noise", {1}, arma::eye(16, 16)),
      ContainsSubstring("channel 'noise' 1") && ContainsSubstring("4x4 matrix, got 16x16"));
  arma::mat bad = arma::eye(4, 4);
  bad(2, 1) = not_a_number;
  CHECK_THROWS_WITH(circuit.append_channel("noise", {1}, bad), ContainsSubstring("not finite"));
  Instruction instruction{Op::channel, {1}, {}, {}};
  const auto with_derivative = [&](const arma::mat& ptm) {
    instruction.channel = std::make_shared<const ChannelInstruction>(
        ChannelInstruction{"noise", arma::eye(4, 4), {{"/qubits/1/t1_s", ptm}}});
    return instruction;
  };
  CHECK_THROWS_WITH(circuit.append(with_derivative(arma::eye(16, 16))),
                    ContainsSubstring("derivative in /qubits/1/t1_s: needs a 4x4 matrix"));
  CHECK_THROWS_WITH(
      circuit.append(with_derivative(bad)),
      ContainsSubstring("derivative in /qubits/1/t1_s") && ContainsSubstring("not finite"));
  CHECK_THROWS_WITH(Circuit(0), ContainsSubstring("at least 1 qubit, got 0"));
  CHECK_THROWS_AS(Circuit(-1), InputError);
  CHECK(circuit.instructions().size() == 1);  // nothing of the above was kept
}

TEST_CASE("A delay has a duration, which its inverse keeps") {
  Circuit circuit(2);
  circuit.append(Op::s, {0}).delay(1, 2.5e-7);
  const Circuit inverse = circuit.inverse();
  REQUIRE(inverse.instructions().size() == 2);
  CHECK(inverse.instructions()[0].op == Op::delay);
  CHECK(inverse.instructions()[0].qubits == std::vector{1});
  CHECK(inverse.instructions()[0].duration_s == 2.5e-7);
  CHECK_THROWS_WITH(circuit.delay(0, -1e-9), ContainsSubstring("instruction 2 (delay 0)") &&
                                                 ContainsSubstring("is not a finite number >= 0"));
  CHECK_THROWS_WITH(circuit.delay(0, not_a_number), ContainsSubstring("duration nan s"));
  CHECK_THROWS_WITH(circuit.delay(2, 0.0), ContainsSubstring("qubit 2 is outside 0..1"));
}

TEST_CASE("Bits are written once") {
  Circuit circuit(3);
  circuit.measure(2, 0);
  CHECK_THROWS_WITH(circuit.measure(1, 0), ContainsSubstring("classical bit 0 was written before"));
  CHECK_THROWS_WITH(circuit.measure(1, -1), ContainsSubstring("classical bit -1 is outside 0..63"));
  CHECK_THROWS_WITH(circuit.measure(1, 64), ContainsSubstring("classical bit 64 is outside 0..63"));
  circuit.append(Op::barrier, {0, 1, 2}).append(Op::h, {0}).measure(0, 2);
  CHECK_THROWS_WITH(circuit.qubit_of_bit(),
                    ContainsSubstring("bit 1 is never written, but bit 2 is"));
  circuit.measure(1, 1);
  CHECK(circuit.qubit_of_bit() == std::vector{2, 1, 0});
  CHECK(Circuit(3).qubit_of_bit() == std::vector{0, 1, 2});
}

TEST_CASE("A measurement is mid-circuit when anything but a barrier follows on its qubit") {
  Circuit circuit(3);
  circuit.measure(2, 0).append(Op::barrier, {0, 1, 2}).append(Op::h, {0});
  CHECK(circuit.mid_circuit_bits().empty());
  circuit.measure(0, 3).append(Op::cx, {1, 0});
  CHECK(circuit.mid_circuit_bits() == std::vector{3});
  circuit.measure(0, 2).measure(1, 1).postselect(1, 0);
  CHECK(circuit.mid_circuit_bits() == std::vector{1, 3});
  circuit.measure(2, 4);
  CHECK(circuit.mid_circuit_bits() == std::vector{0, 1, 3});
  for (int bit = 0; bit < 6; ++bit)
    CHECK(circuit.is_mid_circuit(bit) == (bit == 0 || bit == 1 || bit == 3));
  CHECK(circuit.qubit_of_bit() == std::vector{2, 1, 0, 0, 2});
}

TEST_CASE("Post-selection is an instruction without a bit") {
  Circuit circuit(2);
  CHECK_FALSE(circuit.has_postselection());
  circuit.postselect(1, 0).postselect(0, 1);
  CHECK(circuit.has_postselection());
  CHECK(circuit.instructions()[0].op == Op::postselect0);
  CHECK(circuit.instructions()[1].op == Op::postselect1);
  CHECK(circuit.qubit_of_bit() == std::vector{0, 1});
  CHECK_THROWS_WITH(circuit.postselect(0, 2), "circuit: postselect: outcome 2 is neither 0 nor 1");
  CHECK_THROWS_WITH(circuit.postselect(2, 0), ContainsSubstring("qubit 2 is outside 0..1"));
  CHECK_THROWS_WITH(circuit.inverse(), ContainsSubstring("instruction 1 (postselect1 0)") &&
                                           ContainsSubstring("has no inverse"));
}

TEST_CASE("Circuits are appended on chosen qubits, onto themselves too") {
  Circuit bell(2);
  bell.append(Op::h, {0}).append(Op::cx, {0, 1});
  Circuit circuit(4);
  circuit.append(bell, {3, 1});
  CHECK(circuit.instructions()[0].qubits == std::vector{3});
  CHECK(circuit.instructions()[1].qubits == std::vector{3, 1});
  CHECK_THROWS_WITH(circuit.append(bell, {0}),
                    ContainsSubstring("1 qubits given for a circuit of 2"));
  CHECK_THROWS_WITH(circuit.append(bell, {2, 2}), ContainsSubstring("qubit 2 is repeated"));
  CHECK_THROWS_WITH(circuit.append(bell, {0, 4}), ContainsSubstring("qubit 4 is outside 0..3"));
  for (int doubling = 0; doubling < 6; ++doubling) bell.append(bell);
  REQUIRE(bell.instructions().size() == 128);
  for (std::size_t i = 0; i < 128; ++i)
    CHECK(bell.instructions()[i].op == (i % 2 == 0 ? Op::h : Op::cx));
}

TEST_CASE("The inverse is reversed, with every gate undone and measurements dropped") {
  Circuit circuit(2);
  circuit.append(Op::s, {0})
      .append(Op::cx, {1, 0})
      .append(Op::barrier, {0, 1})
      .append(Op::ry, {1}, {Angle::weight(1)})
      .measure(0, 0);
  const Circuit inverse = circuit.inverse();
  REQUIRE(inverse.instructions().size() == 4);
  CHECK(inverse.instructions()[0].op == Op::ry);
  CHECK(inverse.instructions()[0].angles[0] == Angle::weight(1, -1.0));
  CHECK(inverse.instructions()[1].op == Op::barrier);
  CHECK(inverse.instructions()[2].qubits == std::vector{1, 0});
  CHECK(inverse.instructions()[3].op == Op::sdg);
  CHECK(inverse.n_weights() == 2);
  Circuit with_reset = circuit;
  with_reset.append(Op::reset, {1});
  CHECK_THROWS_WITH(with_reset.inverse(), ContainsSubstring("instruction 5 (reset 1)") &&
                                              ContainsSubstring("has no inverse"));
  circuit.append(Op::x, {0});
  CHECK_THROWS_WITH(circuit.inverse(), ContainsSubstring("instruction 4 (measure 0)") &&
                                           ContainsSubstring("has no inverse"));
}

TEST_CASE("without_measurements keeps all but what is read at the end") {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).measure(0, 0).append(Op::rx, {1}, {Angle::feature(2)}).measure(1, 1);
  circuit.set_readout_error({ConfusionMatrix::single(0, 0.1, 0.2)});
  Circuit bare = circuit.without_measurements();
  CHECK(bare.instructions().size() == 2);
  CHECK(bare.n_features() == 3);
  CHECK(bare.readout_error().empty());
  CHECK(bare.measure(0, 0).mid_circuit_bits().empty());
  CHECK(bare.append(Op::x, {0}).without_measurements().instructions().size() == 4);
  CHECK(circuit.readout_error().size() == 1);
}

TEST_CASE("Readout errors are checked when they are set") {
  Circuit circuit(2);
  ConfusionMatrix skewed = ConfusionMatrix::single(0, 0.1, 0.2);
  skewed.matrix(0, 0) = 0.95;
  CHECK_THROWS_WITH(circuit.set_readout_error({skewed}),
                    ContainsSubstring("column 0 sums to 1.05"));
  CHECK_THROWS_WITH(circuit.set_readout_error({ConfusionMatrix::single(1, 0.1, 0.2),
                                               ConfusionMatrix::single(1, 0.1, 0.2)}),
                    ContainsSubstring("bit 1 is in an earlier group"));
  CHECK(circuit.readout_error().empty());
}

TEST_CASE("A bound circuit has numbers for its parameters, all else as it was") {
  Circuit circuit(2);
  circuit.append(Op::rx, {0}, {Angle::weight(1, 2.0) + Angle::feature(0) - 0.5});
  circuit.append(Op::cx, {0, 1}).delay(1, 1e-7).measure(0, 0);
  circuit.set_readout_error({{{0}, arma::mat{{0.9, 0.2}, {0.1, 0.8}}}});
  const std::vector<double> weights{7.0, 0.25}, features{3.0};
  const Circuit bound = circuit.bound({weights, features});
  CHECK(bound.n_weights() == 0);
  CHECK(bound.n_features() == 0);
  CHECK(bound.instructions()[0].angles == std::vector<Angle>{3.0});
  CHECK(bound.instructions().size() == 4);
  CHECK(bound.instructions()[2].duration_s == 1e-7);
  CHECK(bound.qubit_of_bit() == std::vector{0});
  CHECK(bound.readout_error().size() == 1);
  CHECK_THROWS_WITH(circuit.bound({features, features}), "weights: the circuit takes 2, got 1");
  CHECK_THROWS_WITH(circuit.bound({weights, {}}), "features: the circuit takes 1, got 0");
}
