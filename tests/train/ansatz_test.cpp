#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/ansatz.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

std::vector<double> random_weights(const Circuit& circuit, std::uint64_t seed) {
  RandomStream random(seed);
  return oracle::random_angles(circuit.n_weights(), random);
}

QubitPairs pairs_of(const Circuit& circuit, Op op) {
  QubitPairs pairs;
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op == op) pairs.emplace_back(instruction.qubits[0], instruction.qubits[1]);
  return pairs;
}

/// The weights of the gates, in their order.
std::vector<int> weights_in_order(const Circuit& circuit) {
  std::vector<int> weights;
  for (const Instruction& instruction : circuit.instructions())
    for (const Angle& angle : instruction.angles)
      for (const Angle::Term& term : angle.terms()) weights.push_back(term.index);
  return weights;
}

int n_weights(const std::string& text, int n_qubits) {
  return ansatz_circuit(parse_ansatz(text), n_qubits).n_weights();
}

}  // namespace

TEST_CASE("the hardware-efficient ansatz has n (2 layers + 1) weights, used once each in order") {
  for (const int layers : {0, 1, 3}) {
    const Circuit circuit = hardware_efficient_ansatz(3, layers, {{0, 1}, {2, 1}});
    CHECK(circuit.n_weights() == 3 * (2 * layers + 1));
    CHECK(circuit.n_features() == 0);
    int weight = 0, entanglers = 0;
    for (const Instruction& instruction : circuit.instructions()) {
      if (instruction.op == Op::cx) {
        ++entanglers;
        continue;
      }
      CHECK(instruction.angles == std::vector<Angle>{Angle::weight(weight++)});
    }
    CHECK(weight == circuit.n_weights());
    CHECK(entanglers == 2 * layers);
  }
  CHECK_THROWS_WITH(hardware_efficient_ansatz(3, -1, {}),
                    "ansatz: \"hardware-efficient:layers=-1:entanglement=none\": layers: -1 is "
                    "outside 0..1000");
  CHECK_THROWS_WITH(hardware_efficient_ansatz(3, 1, {{0, 3}}),
                    "entanglement: 0-3: is not a pair of the qubits 0..2");
  CHECK_THROWS_AS(hardware_efficient_ansatz(3, 1, {{1, 1}}), InputError);
  CHECK_THROWS_AS(hardware_efficient_ansatz(0, 1, {}), InputError);
}

TEST_CASE("ansätze have the documented numbers of weights, numbered in the order of the gates") {
  for (const int n : {2, 3, 4, 5})
    for (const int layers : {1, 2, 3}) {
      const auto with_layers = [&](const std::string& name) {
        return fmt::format("{}:{}", name, layers);
      };
      CHECK(n_weights(with_layers("hardware-efficient"), n) == n * (2 * layers + 1));
      CHECK(n_weights(with_layers("real-amplitudes"), n) == n * (layers + 1));
      CHECK(n_weights(with_layers("efficient-su2"), n) == 2 * n * (layers + 1));
      CHECK(n_weights(with_layers("strongly-entangling"), n) == 3 * n * layers);
      const int blocks = (layers + 1) / 2 * (n / 2) + layers / 2 * ((n - 1) / 2);
      CHECK(n_weights(with_layers("brick"), n) == 4 * blocks);
      CHECK(n_weights(with_layers("brick") + ":block=su4", n) == 15 * blocks);
      for (const char* name : {"hardware-efficient", "real-amplitudes", "efficient-su2",
                               "strongly-entangling", "brick"}) {
        const Circuit circuit = ansatz_circuit(parse_ansatz(with_layers(name)), n);
        std::vector<int> expected(static_cast<std::size_t>(circuit.n_weights()));
        std::iota(expected.begin(), expected.end(), 0);
        CHECK(weights_in_order(circuit) == expected);
        CHECK(output_qubits(parse_ansatz(with_layers(name)), n).size() ==
              static_cast<std::size_t>(n));
      }
    }
}

TEST_CASE("entanglement is on the pairs that are named") {
  const auto pairs = [](const std::string& entanglement, int n) {
    return pairs_of(ansatz_circuit(parse_ansatz("efficient-su2:1:entanglement=" + entanglement), n),
                    Op::cx);
  };
  CHECK(pairs("linear", 4) == QubitPairs{{0, 1}, {1, 2}, {2, 3}});
  CHECK(pairs("circular", 4) == QubitPairs{{3, 0}, {0, 1}, {1, 2}, {2, 3}});
  CHECK(pairs("circular", 2) == QubitPairs{{0, 1}});
  CHECK(pairs("full", 4) == QubitPairs{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}});
  CHECK(pairs("3-1,0-2", 4) == QubitPairs{{3, 1}, {0, 2}});
  CHECK(pairs("none", 4).empty());
  CHECK(pairs("full", 1).empty());
}

TEST_CASE("RealAmplitudes and EfficientSU2 are their gates") {
  Circuit real(2), su2(2);
  for (int layer = 0; layer < 2; ++layer) {
    for (int q = 0; q < 2; ++q) real.append(Op::ry, {q}, {Angle::weight(2 * layer + q)});
    for (int q = 0; q < 2; ++q) su2.append(Op::ry, {q}, {Angle::weight(4 * layer + q)});
    for (int q = 0; q < 2; ++q) su2.append(Op::rz, {q}, {Angle::weight(4 * layer + 2 + q)});
    if (layer == 0) real.append(Op::cx, {0, 1});
    if (layer == 0) su2.append(Op::cx, {0, 1});
  }
  const auto same = [](const Circuit& a, const Circuit& b) {
    const std::vector<double> weights = random_weights(a, 21);
    return arma::approx_equal(oracle::unitary_of(a, {weights, {}}),
                              oracle::unitary_of(b, {weights, {}}), "absdiff", 1e-15);
  };
  CHECK(same(ansatz_circuit({RealAmplitudes{1}}, 2), real));
  CHECK(same(ansatz_circuit({EfficientSu2{1}}, 2), su2));
  const Circuit circuit = ansatz_circuit({RealAmplitudes{3, EntanglementPattern::full}}, 4);
  const arma::cx_vec state = oracle::unitary_of(circuit, {random_weights(circuit, 22), {}}).col(0);
  CHECK(arma::abs(arma::imag(state)).max() == 0.0);
}

TEST_CASE("strongly entangling layers reach one qubit further each") {
  const Circuit circuit = ansatz_circuit({StronglyEntangling{4}}, 4);
  QubitPairs expected;
  for (const int range : {1, 2, 3, 1})
    for (int q = 0; q < 4; ++q) expected.emplace_back(q, (q + range) % 4);
  CHECK(pairs_of(circuit, Op::cx) == expected);
  CHECK(ansatz_circuit({StronglyEntangling{2}}, 1).n_weights() == 6);
}

TEST_CASE("bricks overlap by a qubit from layer to layer") {
  CHECK(pairs_of(ansatz_circuit({Brick{3}}, 5), Op::cx) ==
        QubitPairs{{0, 1}, {2, 3}, {1, 2}, {3, 4}, {0, 1}, {2, 3}});
  CHECK(pairs_of(ansatz_circuit({Brick{2, BrickBlock::su4}}, 4), Op::rzz) ==
        QubitPairs{{0, 1}, {2, 3}, {1, 2}});
}

TEST_CASE("a block of SU(4) moves in all 15 directions, and in none with weights of 0") {
  const Circuit circuit = ansatz_circuit({Brick{1, BrickBlock::su4}}, 2);
  REQUIRE(circuit.n_weights() == 15);
  const std::vector<double> at = random_weights(circuit, 23);
  arma::mat directions(32, 15);
  constexpr double h = 1e-5;
  for (arma::uword k = 0; k < 15; ++k) {
    std::vector<double> up = at, down = at;
    up[k] += h;
    down[k] -= h;
    const arma::cx_vec moved = arma::vectorise(oracle::unitary_of(circuit, {up, {}}) -
                                               oracle::unitary_of(circuit, {down, {}})) /
                               (2 * h);
    directions.col(k) = arma::join_cols(arma::real(moved), arma::imag(moved));
  }
  CHECK(arma::rank(directions, 1e-3) == 15);
  const arma::cx_mat identity = oracle::unitary_of(circuit, {std::vector<double>(15, 0.0), {}});
  CHECK(arma::abs(identity - arma::eye<arma::cx_mat>(4, 4)).max() == 0.0);
}

TEST_CASE("QCNN leaves half of the qubits a layer, the ones in the middle") {
  const auto left = [](int layers, int n) { return output_qubits({Qcnn{layers}}, n); };
  CHECK(left(1, 4) == std::vector<int>{1, 2});
  CHECK(left(2, 4) == std::vector<int>{2});
  CHECK(left(1, 8) == std::vector<int>{1, 3, 4, 6});
  CHECK(left(2, 8) == std::vector<int>{3, 4});
  CHECK(left(3, 8) == std::vector<int>{4});
  CHECK(left(1, 5) == std::vector<int>{1, 2, 4});
  for (const int layers : {1, 2, 3})
    CHECK(n_weights(fmt::format("qcnn:{}", layers), 7) == 17 * layers);
  CHECK(pairs_of(ansatz_circuit({Qcnn{2}}, 4), Op::rzz) ==
        QubitPairs{{0, 1}, {2, 3}, {1, 2}, {1, 2}});
  CHECK(pairs_of(ansatz_circuit({Qcnn{2}}, 4), Op::crz) == QubitPairs{{0, 1}, {3, 2}, {1, 2}});
  CHECK_THROWS_WITH(ansatz_circuit({Qcnn{3}}, 4),
                    "ansatz: \"qcnn:layers=3\": layers: after 2 of 3 none of 4 qubits are left to "
                    "pool");
  CHECK_THROWS_AS(output_qubits({Qcnn{1}}, 1), InputError);
}

TEST_CASE("QCNN's pooling is a measurement whose outcome turns what is left") {
  const Circuit circuit = ansatz_circuit({Qcnn{1}}, 2);  // qubit 0 goes
  const std::vector<double> weights = random_weights(circuit, 24);
  const arma::cx_mat pooled = oracle::evolve(circuit, weights);

  Circuit convolution(2);
  for (std::size_t i = 0; i < 15; ++i) convolution.append(circuit.instructions()[i]);
  arma::cx_mat expected(2, 2, arma::fill::zeros), reduced(2, 2, arma::fill::zeros);
  for (const int outcome : {0, 1}) {
    Circuit found = convolution;
    found.postselect(0, outcome);
    const std::vector<double> used(weights.begin(), weights.begin() + 15);
    const double probability = oracle::postselection_probability(found, used);
    const arma::cx_mat turn = outcome == 1 ? oracle::gate_matrix(Op::rz, {weights[15]})
                                           : oracle::gate_matrix(Op::rx, {weights[16]});
    // Qubit 1 is the higher bit.
    const arma::cx_mat state = oracle::evolve(found, used);
    const arma::uword o = outcome == 1 ? 1 : 0;
    const arma::uvec rows{o, o + 2};
    expected += probability * turn * state(rows, rows) * turn.t();
  }
  for (const arma::uword o : {arma::uword{0}, arma::uword{1}}) {
    const arma::uvec rows{o, o + 2};
    reduced += pooled(rows, rows);
  }
  CHECK(arma::abs(reduced - expected).max() < 1e-14);
}

TEST_CASE("a mirrored ansatz is followed by its inverse, with weights of its own") {
  const Circuit half = ansatz_circuit({EfficientSu2{1}}, 2);
  const Circuit circuit = ansatz_circuit({EfficientSu2{1}, 2}, 2);
  const int n = half.n_weights();
  CHECK(circuit.n_weights() == 4 * n);
  std::vector<int> expected(static_cast<std::size_t>(4 * n));
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(weights_in_order(circuit) == expected);

  const std::vector<double> weights = random_weights(circuit, 25);
  const auto part = [&](int number, bool backwards) {
    std::vector<double> own(weights.begin() + number * n, weights.begin() + (number + 1) * n);
    if (backwards) std::reverse(own.begin(), own.end());
    const arma::cx_mat unitary = oracle::unitary_of(half, {own, {}});
    return backwards ? arma::cx_mat(unitary.t()) : unitary;
  };
  const arma::cx_mat product = part(3, true) * part(2, false) * part(1, true) * part(0, false);
  CHECK(arma::abs(oracle::unitary_of(circuit, {weights, {}}) - product).max() < 1e-14);
  CHECK_THROWS_WITH(ansatz_circuit({Qcnn{1}, 1}, 4),
                    Catch::Matchers::EndsWith("the inverse of a pooling leaves no qubits to read"));
}

TEST_CASE("ansätze survive as text, and unknown ones are told what is known") {
  for (const char* text :
       {"hardware-efficient:layers=2:entanglement=linear",
        "hardware-efficient:layers=0:entanglement=0-1,2-1:mirrored=3",
        "real-amplitudes:layers=3:entanglement=full",
        "efficient-su2:layers=1:entanglement=circular", "strongly-entangling:layers=2",
        "brick:layers=2:block=su4", "brick:layers=4:block=cx", "qcnn:layers=2"})
    CHECK(to_string(parse_ansatz(text)) == text);
  CHECK(parse_ansatz("hardware-efficient") == Ansatz{});
  CHECK(parse_ansatz("brick:3") == Ansatz{Brick{3}});
  CHECK(parse_ansatz("real-amplitudes") != parse_ansatz("efficient-su2"));
  CHECK_THROWS_WITH(parse_ansatz("brik"),
                    "ansatz: \"brik\": \"brik\" is unknown; known are brick, efficient-su2, "
                    "hardware-efficient, qcnn, real-amplitudes, strongly-entangling");
  CHECK_THROWS_WITH(parse_ansatz("brick:block=cz"),
                    "ansatz: \"brick:block=cz\": unknown block \"cz\"; known are cx, su4");
  CHECK_THROWS_WITH(parse_ansatz("qcnn:entanglement=full"),
                    "ansatz: \"qcnn:entanglement=full\": unknown setting \"entanglement\"; known "
                    "are layers");
  CHECK_THROWS_WITH(
      parse_ansatz("strongly-entangling:layers=0"),
      "ansatz: \"strongly-entangling:layers=0\": layers: 0 is no whole number in 1..1000");
  CHECK_THROWS_WITH(ansatz_circuit(parse_ansatz("brick"), 1),
                    "ansatz: \"brick:layers=2:block=cx\": 1 qubits, at least 2 are needed");
}
