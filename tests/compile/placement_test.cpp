#include "compile/placement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <rhodrift/core/error.hpp>

#include "compile/device.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

namespace {

Circuit interactions(int n_qubits, const Pairs& pairs) {
  Circuit circuit(n_qubits);
  for (const auto& [a, b] : pairs) circuit.append(Op::cx, {a, b});
  return circuit;
}

// 2-qubit gates are on coupled pairs, and swaps apart, they are those of the source in an order
// that its qubits do not see.
void check_placed(const PlacedCircuit& placed, const Circuit& source, const Target& target) {
  std::vector<std::vector<Instruction>> wanted(static_cast<std::size_t>(source.n_qubits()));
  for (const Instruction& instruction : source.instructions())
    for (const int q : instruction.qubits)
      wanted[static_cast<std::size_t>(q)].push_back(instruction);
  std::vector<int> source_of(placed.layout.size(), -1);
  for (int q = 0; q < source.n_qubits(); ++q) source_of[static_cast<std::size_t>(q)] = q;
  std::vector<std::size_t> done(wanted.size(), 0);
  for (const Instruction& instruction : placed.circuit.instructions()) {
    const std::vector<int> on = device_qubits(placed.layout, instruction.qubits);
    if (on.size() == 2) REQUIRE(target.coupled(on[0], on[1]));
    if (instruction.op == Op::swap) {
      std::swap(source_of[static_cast<std::size_t>(instruction.qubits[0])],
                source_of[static_cast<std::size_t>(instruction.qubits[1])]);
      continue;
    }
    const std::vector<int> qubits = device_qubits(source_of, instruction.qubits);
    for (const int q : qubits) {
      std::size_t& next = done[static_cast<std::size_t>(q)];
      REQUIRE(next < wanted[static_cast<std::size_t>(q)].size());
      const Instruction& expected = wanted[static_cast<std::size_t>(q)][next++];
      CHECK(expected.op == instruction.op);
      CHECK(expected.qubits == qubits);
      CHECK(expected.bit == instruction.bit);
    }
  }
  for (std::size_t q = 0; q < wanted.size(); ++q) {
    CHECK(done[q] == wanted[q].size());
    CHECK(source_of[static_cast<std::size_t>(placed.final_qubit[q])] == static_cast<int>(q));
  }
}

Circuit random_pairs(int n_qubits, int n_gates, RandomStream& random) {
  Circuit circuit(n_qubits);
  for (int g = 0; g < n_gates; ++g) {
    circuit.append(Op::cx, oracle::random_operands(2, n_qubits, random));
    circuit.append(Op::h, oracle::random_operands(1, n_qubits, random));
  }
  for (int q = 0; q < n_qubits; ++q) circuit.measure(q, n_qubits - 1 - q);
  return circuit;
}

}  // namespace

TEST_CASE("what fits on the device is placed without swaps, where the errors are smallest") {
  Calibration calibration = device(8, "cx", ring(8));
  gate_of(calibration, "cx", {3, 4}).error = 0.001;
  gate_of(calibration, "cx", {4, 5}).error = 0.002;
  const Target target(calibration);
  const Circuit star = interactions(3, {{0, 1}, {0, 2}, {0, 1}});
  const PlacedCircuit placed = place_on_device(star, target, 4, 1);
  CHECK(placed.layout == Layout{4, 3, 5});  // the better coupling for what is used twice
  CHECK(placed.final_qubit == std::vector{0, 1, 2});
  check_placed(placed, star, target);
}

TEST_CASE("readout and pulses weigh where they are used") {
  Calibration calibration = device(4, "cx", chain(4));
  calibration.qubits[1].readout_p01 = 0.2;
  const Target target(calibration);
  Circuit read(1);
  read.append(Op::h, {0}).measure(0, 0);
  gate_of(calibration, "sx", {0}).error = 0.1;
  CHECK(place_on_device(read, Target(calibration), 1, 1).layout == Layout{2});
  CHECK(place_on_device(Circuit(1).append(Op::rz, {0}, {0.1}), target, 1, 1).layout == Layout{0});
}

TEST_CASE("the cheapest embedding is that of an exhaustive search") {
  Calibration calibration = device(7, "cx", {{0, 1}, {1, 2}, {1, 3}, {3, 5}, {4, 5}, {5, 6}});
  RandomStream random(17);
  for (GateCalibration& gate : calibration.gates) gate.error = 0.02 * random.uniform();
  const Target target(calibration);
  const Demand demand = Demand::of(interactions(4, {{0, 1}, {1, 2}, {1, 2}, {2, 3}}));
  double best = std::numeric_limits<double>::infinity();
  std::vector<int> order{0, 1, 2, 3, 4, 5, 6};
  do {
    best = std::min(best, cost_of_layout(demand, target, Layout(order.begin(), order.begin() + 4)));
  } while (std::ranges::next_permutation(order).found);
  const auto found = best_embedding(demand, target, {});
  REQUIRE(found.has_value());
  CHECK(cost_of_layout(demand, target, *found) == Approx(best).epsilon(1e-12));
  CHECK_FALSE(best_embedding(demand, target, {.order = {}, .below = best * (1 - 1e-9)}));
}

TEST_CASE("what does not fit is routed, every gate on coupled qubits") {
  RandomStream random(4711);
  for (const auto& [n_device, pairs] :
       {std::pair(6, chain(6)), std::pair(8, ring(8)),
        std::pair(7, Pairs{{0, 1}, {1, 2}, {1, 3}, {3, 5}, {4, 5}, {5, 6}})}) {
    const Calibration calibration = device(n_device, "cx", pairs);
    const Target target(calibration);
    for (int repetition = 0; repetition < 10; ++repetition) {
      const Circuit source = random_pairs(5, 30, random);
      check_placed(place_on_device(source, target, 3, 1), source, target);
      check_placed(place_at_layout(source, target, {4, 2, 0, 1, 3}, 3, 1), source, target);
    }
  }
}

TEST_CASE("routing keeps to barriers") {
  const Calibration calibration = device(4, "cx", chain(4));
  const Target target(calibration);
  Circuit source(4);
  source.append(Op::cx, {0, 3}).append(Op::barrier, {0, 1, 2, 3}).append(Op::cx, {1, 2});
  source.append(Op::barrier, {0, 2}).append(Op::cx, {0, 2}).append(Op::cx, {1, 3});
  check_placed(place_on_device(source, target, 3, 1), source, target);
}

TEST_CASE("the valve lets routing end where every swap looks as good as any other") {
  const Calibration calibration = device(20, "cx", ring(20));
  const Target target(calibration);
  Circuit source(20);
  for (int q = 0; q < 10; ++q) source.append(Op::cx, {q, q + 10});
  check_placed(place_at_layout(source, target, trivial_layout(20), 3, 1), source, target);
}

TEST_CASE("routing is a function of its seed") {
  const Calibration calibration = device(8, "cx", ring(8));
  const Target target(calibration);
  RandomStream random(5);
  const Circuit source = random_pairs(7, 40, random);
  const PlacedCircuit one = place_on_device(source, target, 3, 9),
                      other = place_on_device(source, target, 3, 9);
  CHECK(one.layout == other.layout);
  CHECK(one.final_qubit == other.final_qubit);
  CHECK(one.circuit.instructions().size() == other.circuit.instructions().size());
}

TEST_CASE("pulses that nobody has measured keep no device from being used") {
  Calibration calibration = device(3, "cx", chain(3));
  for (GateCalibration& gate : calibration.gates)
    if (gate.qubits.size() == 1) gate.error.reset();
  CHECK(Target(calibration).pulse_cost(1) == 0.0);
  CHECK(Target(calibration).coupled(0, 1));
  gate_of(calibration, "sx", {0}).error = 1e-4;  // now the others are the ones without
  CHECK(std::isinf(Target(calibration).pulse_cost(1)));
  CHECK_FALSE(Target(calibration).coupled(0, 1));
}

TEST_CASE("a device whose working gates connect too few qubits is refused, with what is faulty") {
  Calibration calibration = device(6, "cx", chain(6));
  gate_of(calibration, "cx", {3, 4}).error = 1.0;
  gate_of(calibration, "sx", {5}).error.reset();
  const Target target(calibration);
  CHECK_THROWS_WITH(
      place_on_device(interactions(5, chain(5)), target, 1, 1),
      ContainsSubstring("test-device: couplings: working gates connect at most 4 of its 6 qubits "
                        "(0,1,2,3), the circuit needs 5; left out: sx 5 (no error reported), "
                        "cx 3,4 (error 1)"));
  CHECK_THROWS_WITH(place_at_layout(interactions(2, {{0, 1}}), target, {0, 4}, 1, 1),
                    ContainsSubstring("test-device: qubits 0,4: no working gates connect them"));
}
