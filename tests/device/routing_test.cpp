#include <algorithm>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/device/routing.hpp>
#include <rhodrift/sim/outcome_program.hpp>

#include "compile/device.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

namespace {

Calibration belem() {
  return read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json");
}

/// ry of a weight on each of n qubits, and cx on the pairs.
Circuit joined(int n_qubits, const Pairs& pairs) {
  Circuit circuit(n_qubits);
  for (int q = 0; q < n_qubits; ++q) circuit.append(Op::ry, {q}, {Angle::weight(q)});
  for (const auto& [a, b] : pairs) circuit.append(Op::cx, {a, b});
  return circuit;
}

Pairs all_pairs(int n_qubits) {
  Pairs pairs;
  for (int a = 0; a < n_qubits; ++a)
    for (int b = a + 1; b < n_qubits; ++b) pairs.emplace_back(a, b);
  return pairs;
}

std::vector<std::string> text_of(const Circuit& circuit) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i)
    lines.push_back(circuit.place_of(i));
  return lines;
}

}  // namespace

TEST_CASE("circuits on a chain keep the best chain, and stay as they are") {
  const Calibration device = belem();
  for (const int n : {1, 2, 3, 4}) {
    const Circuit circuit = joined(n, chain(n));
    const Layout layout = choose_layout(circuit, device);
    CHECK(layout == best_path(device, n));
    const RoutedCircuit routed = route(circuit, {Observable::z(0)}, device, layout);
    CHECK(text_of(routed.circuit) == text_of(circuit));
    CHECK(routed.layout == layout);
    CHECK(routed.observables.front().to_string() == Observable::z(0).to_string());
  }
}

TEST_CASE("other circuits go where they fit, or where routing does them best") {
  // belem is a T: 0-1-2, 1-3-4.
  const Circuit star = joined(4, {{0, 1}, {0, 2}, {0, 3}});
  const Layout around = choose_layout(star, belem());
  CHECK(around.front() == 1);
  CHECK(fits(star, belem(), around));
  // No chain has 5 qubits there.
  const Circuit long_chain = joined(5, chain(5));
  const Layout all = choose_layout(long_chain, belem());
  CHECK_FALSE(fits(long_chain, belem(), all));
  const RoutedCircuit routed = route(long_chain, {Observable::z(4)}, belem(), all);
  CHECK(fits(routed.circuit, belem(), routed.layout));
}

TEST_CASE(
    "what is routed has every gate on a coupled pair, in native gates, and the same parameters") {
  for (const Calibration& calibration : {belem(), device(5, "cx", chain(5))}) {
    const Circuit circuit = joined(5, all_pairs(5));
    const Layout layout = choose_layout(circuit, calibration);
    const RoutedCircuit routed = route(
        circuit, {Observable::parse("Z0 Z4"), Observable::parse("X2 + 2*Y1")}, calibration, layout);
    CHECK_FALSE(fits(circuit, calibration, layout));
    CHECK(fits(routed.circuit, calibration, routed.layout));
    CHECK(routed.circuit.n_weights() == 5);
    CHECK(routed.observables.size() == 2);
    CHECK(std::equal(layout.begin(), layout.end(), routed.layout.begin()));
    for (const Instruction& instruction : routed.circuit.instructions()) {
      CHECK(instruction.op != Op::measure);
      CHECK(calibration.find_gate(std::string(info(instruction.op).name),
                                  device_qubits(routed.layout, instruction.qubits)));
    }
    // Native already: translation has nothing to do, whatever the state.
    const Circuit native =
        native_circuit(routed.circuit, {calibration, routed.layout, NoisePolicy::aer});
    CHECK(text_of(native) == text_of(routed.circuit));
    const RoutedCircuit again = route(circuit, {}, calibration, layout);
    CHECK(text_of(again.circuit) == text_of(routed.circuit));
  }
}

TEST_CASE("swaps may go through qubits beside the layout") {
  const Calibration line = device(5, "cx", chain(5));
  const RoutedCircuit routed =
      route(joined(2, {{0, 1}}), {Observable::z(0), Observable::z(1)}, line, {0, 3});
  CHECK(routed.layout.size() > 2);
  CHECK(routed.layout[0] == 0);
  CHECK(routed.layout[1] == 3);
  CHECK(fits(routed.circuit, line, routed.layout));
}

TEST_CASE("what cannot be routed is refused") {
  const Calibration line = device(4, "cx", {{0, 1}, {2, 3}});
  CHECK_THROWS_WITH(route(joined(2, {{0, 1}}), {}, line, {0, 2}),
                    ContainsSubstring("no working gates connect"));
  CHECK_THROWS_WITH(choose_layout(joined(3, chain(3)), line),
                    ContainsSubstring("connect at most 2 of its 4 qubits"));
  CHECK_THROWS_WITH(route(joined(2, {{0, 1}}), {}, line, {0, 1, 2}),
                    ContainsSubstring("names 3 device qubits, the circuit has 2"));
  CHECK_THROWS_WITH(route(Circuit(2).measure(0, 0), {}, line, {0, 1}),
                    ContainsSubstring("is not routed here"));
  Circuit lost = joined(3, {{0, 2}});
  lost.append(Op::rz, {1}, {Angle::weight(3)}).append(Op::rz, {1}, {Angle::weight(3, -1.0)});
  CHECK_THROWS_WITH(route(lost, {}, device(3, "cx", chain(3)), {0, 1, 2}),
                    ContainsSubstring("weight 3: changes nothing"));
}

TEST_CASE("a routed circuit reads each qubit into its own bit, without noise as it is written") {
  const Circuit written = joined(4, all_pairs(4));
  Circuit circuit = written;
  for (int q = 0; q < 4; ++q) circuit.measure(q, 3 - q);
  const std::vector<double> weights{0.3, -0.8, 1.1, 0.5};
  const Device ideal(belem(), best_path(belem(), 4), NoisePolicy::ideal);
  const Circuit routed = routed_on_device(circuit, ideal);
  CHECK(routed.instructions().size() > circuit.instructions().size());
  const std::vector<double> expected = OutcomeProgram(circuit).probabilities({weights, {}});
  const std::vector<double> found = OutcomeProgram(routed).probabilities({weights, {}});
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == Approx(expected[i]).margin(1e-12));
}

TEST_CASE("a layout of another number of qubits is refused before it is looked at") {
  const Circuit circuit = joined(4, chain(4));
  CHECK_THROWS_WITH(fits(circuit, belem(), {0, 1, 2}),
                    ContainsSubstring("names 3 device qubits, the circuit has 4"));
  CHECK_THROWS_AS(route(circuit, {}, belem(), {0, 1, 2}), InputError);
}
