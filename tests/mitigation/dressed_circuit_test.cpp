#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/dressed_circuit.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

/// Entanglers, Clifford and not, a run of three gates, empty runs, a barrier and a delay.
Circuit example() {
  Circuit circuit(3);
  circuit.append(Op::rx, {0}, {Angle::weight(0)})
      .append(Op::t, {0})
      .append(Op::u3, {0}, {0.3, Angle::feature(0), -0.7})
      .append(Op::ecr, {0, 1})
      .append(Op::cx, {2, 1})
      .append(Op::barrier, {0, 1, 2})
      .append(Op::h, {1})
      .append(Op::cz, {1, 0})
      .delay(1, 1e-6)
      .append(Op::sx, {1})
      .append(Op::cy, {0, 2})
      .append(Op::iswap, {2, 1})
      .append(Op::swap, {1, 0})
      .append(Op::rzz, {0, 2}, {std::numbers::pi / 2})
      .append(Op::rzz, {1, 2}, {0.3})
      .append(Op::crz, {0, 1}, {-0.8})
      .append(Op::ry, {2}, {1.1});
  circuit.measure(2, 0).measure(0, 1);
  circuit.set_readout_error({ConfusionMatrix::single(1, 0.02, 0.05)});
  return circuit;
}

const std::vector<double> weights{0.4}, features{-1.2};

double distance_up_to_phase(const arma::cx_mat& a, const arma::cx_mat& b) {
  const std::complex<double> overlap = arma::trace(a.t() * b) / static_cast<double>(a.n_rows);
  return arma::abs(a * (overlap / std::abs(overlap)) - b).max();
}

/// A frame that undoes itself: a random twirl of every entangler.
PauliFrame random_twirl(const DressedCircuit& dressed, RandomStream& random) {
  PauliFrame frame(dressed.slots.size());
  for (const Entangler& entangler : dressed.entanglers) {
    const Entangler::Twirl& twirl = entangler.twirls[random.below(entangler.twirls.size())];
    frame.insert_after(entangler.before, twirl.pauli);
    frame.insert_before(entangler.after, twirl.image);
  }
  return frame;
}

arma::cx_mat unitary_with(const DressedCircuit& dressed, const PauliFrame& frame) {
  const std::vector<double> angles = dressed.weights(frame);
  return oracle::unitary_of(*dressed.circuit, {angles, {}});
}

}  // namespace

TEST_CASE("A dressed circuit does what the original does, whatever the twirl") {
  const Circuit circuit = example();
  const arma::cx_mat original = oracle::unitary_of(circuit, {weights, features});
  const DressedCircuit dressed = dress(circuit, {weights, features});
  CHECK(dressed.entanglers.size() == 9);
  CHECK(dressed.circuit->n_weights() == 3 * static_cast<int>(dressed.slots.size()));
  CHECK(distance_up_to_phase(unitary_with(dressed, PauliFrame(dressed.slots.size())), original) <
        2e-13);
  RandomStream random(5);
  for (int r = 0; r < 30; ++r)
    CHECK(distance_up_to_phase(unitary_with(dressed, random_twirl(dressed, random)), original) <
          2e-13);
}

TEST_CASE("A Pauli inserted into a slot stands there") {
  const Circuit circuit =
      Circuit(2).append(Op::ry, {0}, {0.3}).append(Op::cx, {0, 1}).append(Op::t, {1});
  const DressedCircuit dressed = dress(circuit);
  PauliFrame frame(dressed.slots.size());
  frame.insert_before(dressed.entanglers[0].after, PauliString::parse("Y0 X1").index());
  frame.insert_after(dressed.entanglers[0].before, PauliString::parse("Z0").index());
  const Circuit with_paulis = Circuit(2)
                                  .append(Op::ry, {0}, {0.3})
                                  .append(Op::z, {0})
                                  .append(Op::cx, {0, 1})
                                  .append(Op::y, {0})
                                  .append(Op::x, {1})
                                  .append(Op::t, {1});
  CHECK(distance_up_to_phase(unitary_with(dressed, frame), oracle::unitary_of(with_paulis)) <
        1e-14);
}

TEST_CASE("Entanglers stand between slots; barriers, delays, measurements and readout stay") {
  const DressedCircuit dressed = dress(example(), {weights, features});
  const auto& instructions = dressed.circuit->instructions();
  for (const Entangler& entangler : dressed.entanglers)
    for (std::size_t k = 0; k < 2; ++k) {
      const int q = instructions[entangler.instruction].qubits[k];
      CHECK(dressed.slots[entangler.before[k]].qubit == q);
      CHECK(dressed.slots[entangler.after[k]].qubit == q);
    }
  const auto count = [&](Op op) { return std::ranges::count(instructions, op, &Instruction::op); };
  CHECK(count(Op::barrier) == 1);
  CHECK(count(Op::delay) == 1);
  CHECK(count(Op::u3) == static_cast<std::ptrdiff_t>(dressed.slots.size()));
  CHECK(dressed.circuit->qubit_of_bit() == std::vector<int>{2, 0});
  CHECK(dressed.circuit->mid_circuit_bits().empty());
  CHECK(dressed.circuit->readout_error().size() == 1);
}

TEST_CASE("Conjugation tables: cx, and what commutes with rzz") {
  const auto twirls_of = [](Op op, const std::vector<Angle>& angles) {
    return dress(Circuit(2).append(op, {0, 1}, angles)).entanglers[0].twirls;
  };
  const auto index = [](const char* text) { return PauliString::parse(text).index(); };
  const auto cx = twirls_of(Op::cx, {});
  REQUIRE(cx.size() == 16);
  CHECK(cx[index("X0")].image == index("X0 X1"));
  CHECK(cx[index("Z0")].image == index("Z0"));
  CHECK(cx[index("Z1")].image == index("Z0 Z1"));
  CHECK(cx[index("Y0 Y1")].image == index("X0 Z1"));

  const auto rzz = twirls_of(Op::rzz, {0.3});
  CHECK(rzz.size() == 8);
  for (const auto& [pauli, image] : rzz) CHECK(pauli == image);
}

TEST_CASE("What cannot be dressed is refused") {
  CHECK_THROWS_WITH(dress(Circuit(1).append(Op::reset, {0})),
                    ContainsSubstring("instruction 0 (reset 0)") &&
                        ContainsSubstring("cannot be carried through"));
  Circuit read_twice(1);
  read_twice.append(Op::x, {0}).measure(0, 0).append(Op::x, {0}).measure(0, 1);
  CHECK_THROWS_WITH(dress(read_twice), ContainsSubstring("instruction 1 (measure 0)"));
  Circuit noisy(1);
  noisy.append_channel("noise", {0}, arma::eye(4, 4));
  CHECK_THROWS_WITH(dress(noisy), ContainsSubstring("instruction 0 (channel 'noise' 0)"));
  CHECK_THROWS_AS(dress(Circuit(1).append(Op::rx, {0}, {Angle::weight(0)})), InputError);
}
