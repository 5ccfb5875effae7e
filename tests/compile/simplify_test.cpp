#include "compile/simplify.hpp"

#include <numbers>

#include "compile/device.hpp"
#include "compile/elide_swaps.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

namespace {

constexpr double pi = std::numbers::pi;

using Pass = Circuit (*)(const Circuit&);

// The pass on random circuits of all gates: the same states from random product states.
void check_equivalence(Pass pass) {
  RandomStream random(9001);
  for (int repetition = 0; repetition < 25; ++repetition) {
    const Circuit source = oracle::random_circuit(
        {.n_qubits = 3, .n_instructions = 40, .n_weights = 3, .n_features = 2, .noisy = false},
        random);
    const Circuit result = pass(source);
    const std::vector<double> weights = oracle::random_angles(source.n_weights(), random),
                              features = oracle::random_angles(source.n_features(), random);
    const auto first = [](const std::vector<double>& values, int n) {
      return std::span(values).first(static_cast<std::size_t>(n));
    };
    const Circuit before = random_preparation(3, 3, random);
    const PauliVector wanted = Program(Circuit(before).append(source)).run({weights, features});
    const PauliVector found =
        Program(Circuit(before).append(result))
            .run({first(weights, result.n_weights()), first(features, result.n_features())});
    for (std::size_t k = 0; k < wanted.coefficients().size(); ++k)
      REQUIRE(found.coefficients()[k] == Approx(wanted.coefficients()[k]).margin(1e-9));
  }
}

Circuit simplified(const Circuit& circuit) {
  return simplify(circuit, false);
}

}  // namespace

TEST_CASE("passes keep what a circuit does") {
  check_equivalence(merge_commuting);
  check_equivalence([](const Circuit& c) { return in_cx_gates(c, false); });
  check_equivalence([](const Circuit& c) { return in_cx_gates(c, true); });
  check_equivalence([](const Circuit& c) { return resynthesise_pairs(in_cx_gates(c, false)); });
  check_equivalence(simplified);
  check_equivalence([](const Circuit& c) { return simplify(c, true); });
}

TEST_CASE("gates cancel and merge across what commutes with them") {
  const Angle a = Angle::weight(0), b = Angle::weight(1);
  Circuit circuit(3);
  // rz commutes with the control, rx with the target, cx on another target with both.
  circuit.append(Op::cx, {0, 1}).append(Op::rz, {0}, {a}).append(Op::rx, {1}, {b});
  circuit.append(Op::cx, {0, 2}).append(Op::cx, {0, 1}).append(Op::rz, {0}, {-a});
  const Circuit merged = merge_commuting(circuit);
  REQUIRE(merged.instructions().size() == 2);
  CHECK(merged.instructions()[0].op == Op::rx);
  CHECK(merged.instructions()[1].qubits == std::vector{0, 2});

  Circuit phases(3);  // all diagonal: two and two add up, in either order of their qubits
  phases.append(Op::rzz, {0, 1}, {a}).append(Op::rzz, {1, 2}, {b}).append(Op::rzz, {1, 0}, {b});
  phases.append(Op::cz, {2, 0}).append(Op::rzz, {2, 1}, {a}).append(Op::cz, {0, 2});
  const Circuit sums = merge_commuting(phases);
  REQUIRE(sums.instructions().size() == 2);
  CHECK(sums.instructions()[0].angles[0] == a + b);
  CHECK(sums.instructions()[1].angles[0] == a + b);
}

TEST_CASE("gates do not cancel across what does not commute, nor across a barrier") {
  const auto between = [](const auto& add) {
    Circuit circuit(2);
    circuit.append(Op::cx, {0, 1});
    add(circuit);
    return count_op(merge_commuting(circuit.append(Op::cx, {0, 1})), Op::cx);
  };
  CHECK(between([](Circuit&) {}) == 0);
  CHECK(between([](Circuit& c) { c.append(Op::id, {0}); }) == 0);
  CHECK(between([](Circuit& c) { c.append(Op::rx, {0}, {0.1}); }) == 2);
  CHECK(between([](Circuit& c) { c.append(Op::rz, {1}, {0.1}); }) == 2);
  CHECK(between([](Circuit& c) { c.append(Op::h, {0}); }) == 2);
  CHECK(between([](Circuit& c) { c.append(Op::barrier, {1}); }) == 2);
  CHECK(between([](Circuit& c) { c.delay(1, 1e-7); }) == 2);
  CHECK(between([](Circuit& c) { c.measure(0, 0); }) == 2);
  CHECK(between([](Circuit& c) { c.append(Op::reset, {1}); }) == 2);
}

TEST_CASE("a rotation by a whole period is nothing, a controlled one by half of it is something") {
  CHECK(merge_commuting(Circuit(1).append(Op::rx, {0}, {2 * pi})).instructions().empty());
  CHECK(merge_commuting(Circuit(2).append(Op::cp, {0, 1}, {2 * pi})).instructions().empty());
  CHECK(merge_commuting(Circuit(2).append(Op::crz, {0, 1}, {2 * pi})).instructions().size() == 1);
  CHECK(merge_commuting(Circuit(2).append(Op::crz, {0, 1}, {4 * pi})).instructions().empty());
}

TEST_CASE("a swap beside a symbolic rzz costs one cx more, not three") {
  const Angle a = Angle::weight(0);
  Circuit after(2), before(2), turned(2);
  after.append(Op::rzz, {0, 1}, {a}).append(Op::swap, {0, 1});
  before.append(Op::swap, {1, 0}).append(Op::rzz, {0, 1}, {a});
  turned.append(Op::rzz, {1, 0}, {a}).append(Op::swap, {0, 1});
  for (const Circuit& circuit : {after, before, turned})
    CHECK(count_gates(simplified(circuit), 2) == 3);
}

TEST_CASE("runs of constant gates on a pair take at most three cx, real ones two") {
  RandomStream random(31);
  for (const Op second : {Op::rx, Op::ry}) {
    Circuit circuit(3);
    for (int k = 0; k < 10; ++k)
      circuit.append(Op::cx, {k % 2, 1 - k % 2})
          .append(Op::ry, {0}, {random.normal()})
          .append(Op::rx, {2}, {Angle::weight(0)})  // of no concern
          .append(second, {1}, {random.normal()});
    // An even number of cx among ry is in SO(4) (Vatan and Williams, PRA 69, 032315 (2004)).
    CHECK(count_gates(simplified(circuit), 2) == (second == Op::ry ? 2 : 3));
  }
  Circuit one(2);  // cz in disguise
  one.append(Op::cx, {0, 1}).append(Op::rz, {1}, {pi / 2}).append(Op::cx, {0, 1});
  CHECK(count_gates(simplified(one), 2) == 1);
}

TEST_CASE("swaps are relabellings") {
  Circuit circuit(3);
  circuit.append(Op::x, {0}).append(Op::swap, {0, 1}).append(Op::cx, {1, 2});
  circuit.append(Op::swap, {2, 1}).measure(1, 0).measure(2, 1);
  const auto [without, ends] = elide_swaps(circuit);
  CHECK(count_op(without, Op::swap) == 0);
  CHECK(ends == std::vector{1, 2, 0});
  CHECK(without.instructions()[1].qubits == std::vector{0, 2});
  CHECK(without.qubit_of_bit() == std::vector{2, 0});
}
