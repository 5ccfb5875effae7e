#include <algorithm>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

bool is_gate(const Instruction& instruction) {
  return info(instruction.op).unitary != nullptr;
}

std::size_t count(const Circuit& circuit, Op op) {
  return static_cast<std::size_t>(std::ranges::count(circuit.instructions(), op, &Instruction::op));
}

std::size_t count_gates(const Circuit& circuit) {
  return static_cast<std::size_t>(std::ranges::count_if(circuit.instructions(), is_gate));
}

/// 10 gates on 3 qubits with parameters, a barrier within, and measurements in another order.
Circuit example() {
  Circuit circuit(3);
  circuit.append(Op::rx, {0}, {Angle::feature(0)})
      .append(Op::ry, {1}, {Angle::weight(0) + 0.25})
      .append(Op::sx, {2})
      .append(Op::ecr, {0, 1})
      .append(Op::barrier, {0, 1, 2})
      .append(Op::t, {0})
      .append(Op::u3, {1}, {0.3, Angle::weight(1), -0.7})
      .append(Op::iswap, {1, 2})
      .append(Op::crz, {2, 0}, {0.9})
      .append(Op::s, {2})
      .append(Op::cx, {0, 2});
  circuit.measure(2, 0).measure(0, 1);
  circuit.set_readout_error({ConfusionMatrix::single(1, 0.02, 0.05)});
  return circuit;
}

constexpr std::size_t example_gates = 10;

}  // namespace

TEST_CASE("Folded circuits do what the original does and have the gates they claim") {
  const Circuit circuit = example();
  const std::vector<double> weights{0.4, -1.1}, features{0.8};
  const Binding binding{weights, features};
  const arma::cx_mat original = oracle::unitary_of(circuit, binding);
  REQUIRE(count_gates(circuit) == example_gates);
  for (const double factor : {1.0, 1.2, 1.5, 2.0, 2.95, 3.0, 3.7, 5.0, 7.4}) {
    const zne::FoldedCircuit folded = zne::fold_global(circuit, factor);
    CHECK(arma::abs(oracle::unitary_of(folded.circuit, binding) - original).max() < 1e-13);
    CHECK(static_cast<double>(count_gates(folded.circuit)) ==
          Approx(folded.scale_factor * example_gates).epsilon(1e-15));
    // Gates come in pairs, so the count is within one gate of what was asked for.
    CHECK(std::abs(folded.scale_factor - factor) * example_gates <= 1.0 + 1e-12);
    CHECK(folded.circuit.n_weights() == circuit.n_weights());
    CHECK(folded.circuit.n_features() == circuit.n_features());
  }
}

TEST_CASE("Folding reaches the closest factor it can") {
  const Circuit circuit = example();
  CHECK(zne::fold_global(circuit, 1.0).scale_factor == 1.0);
  CHECK(zne::fold_global(circuit, 1.09).scale_factor == 1.0);
  CHECK(zne::fold_global(circuit, 1.11).scale_factor == Approx(1.2).epsilon(1e-15));
  CHECK(zne::fold_global(circuit, 3.0).scale_factor == 3.0);
  CHECK(zne::fold_global(circuit, 4.85).scale_factor == Approx(4.8).epsilon(1e-15));
}

TEST_CASE("Measurements stay last and the readout error stays") {
  const zne::FoldedCircuit folded = zne::fold_global(example(), 3.4);
  const auto& instructions = folded.circuit.instructions();
  REQUIRE(instructions.size() > 2);
  CHECK(instructions[instructions.size() - 2].op == Op::measure);
  CHECK(instructions[instructions.size() - 1].op == Op::measure);
  CHECK(count(folded.circuit, Op::measure) == 2);
  CHECK(folded.circuit.qubit_of_bit() == std::vector<int>{2, 0});
  REQUIRE(folded.circuit.readout_error().size() == 1);
  CHECK(folded.circuit.readout_error()[0].matrix(1, 0) == 0.02);
}

TEST_CASE("A barrier over all qubits stands between folds") {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).append(Op::s, {1}).append(Op::cx, {0, 1});
  const auto names = [](const Circuit& c) {
    std::string text;
    for (const Instruction& i : c.instructions()) {
      if (!text.empty()) text += ' ';
      text += info(i.op).name;
      if (i.op == Op::barrier) CHECK(i.qubits == std::vector<int>{0, 1});
    }
    return text;
  };
  CHECK(names(zne::fold_global(circuit, 1.0).circuit) == "h s cx");
  CHECK(names(zne::fold_global(circuit, 3.0).circuit) == "h s cx barrier cx sdg h barrier h s cx");
  // One gate pair more: the last gate alone is folded.
  CHECK(names(zne::fold_global(circuit, 3.0 + 2.0 / 3.0).circuit) ==
        "h s cx barrier cx sdg h barrier h s cx barrier cx barrier cx");
  CHECK(names(zne::fold_global(circuit, 1.0 + 4.0 / 3.0).circuit) ==
        "h s cx barrier cx sdg barrier s cx");
}

TEST_CASE("Circuits that cannot be folded are refused") {
  const Circuit circuit = example();
  CHECK_THROWS_AS(zne::fold_global(circuit, 0.5), InputError);
  CHECK_THROWS_WITH(zne::fold_global(circuit, 0.5), ContainsSubstring("0.5 is outside 1..1000"));
  CHECK_THROWS_WITH(zne::fold_global(circuit, 1e9), ContainsSubstring("outside 1..1000"));
  CHECK_THROWS_WITH(zne::fold_global(circuit, std::nan("")), ContainsSubstring("outside 1..1000"));
  Circuit with_reset(1);
  with_reset.append(Op::x, {0}).append(Op::reset, {0});
  CHECK_THROWS_WITH(zne::fold_global(with_reset, 3.0),
                    ContainsSubstring("instruction 1 (reset 0): has no inverse"));
  Circuit read_twice(1);
  read_twice.append(Op::x, {0}).measure(0, 0).append(Op::x, {0}).measure(0, 1);
  CHECK_THROWS_WITH(zne::fold_global(read_twice, 3.0),
                    ContainsSubstring("instruction 1 (measure 0): has no inverse"));
  CHECK_THROWS_WITH(zne::fold_global(Circuit(1), 3.0), ContainsSubstring("holds no gate to fold"));
}
