#include "compile/weyl.hpp"

#include <numbers>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

constexpr double pi = std::numbers::pi;

arma::cx_mat matrix_of(const Circuit& circuit) {
  arma::cx_mat product(4, 4, arma::fill::eye);
  for (const Instruction& instruction : circuit.instructions()) {
    std::vector<double> angles;
    for (const Angle& angle : instruction.angles) angles.push_back(angle.offset_rad());
    product = oracle::embed(info(instruction.op).unitary(angles), instruction.qubits, 2) * product;
  }
  return product;
}

double distance(const arma::cx_mat& a, const arma::cx_mat& b) {
  const arma::cx_double inner = arma::trace(a.t() * b);
  return arma::abs(a * (inner / std::abs(inner)) - b).max();
}

int n_cx_in(const Circuit& circuit) {
  return static_cast<int>(std::ranges::count_if(
      circuit.instructions(), [](const Instruction& i) { return i.qubits.size() == 2; }));
}

arma::cx_mat locals(RandomStream& random) {
  return arma::kron(oracle::random_unitary(1, random), oracle::random_unitary(1, random));
}

arma::cx_mat gate(Op op, std::vector<double> angles = {}) {
  return info(op).unitary(angles);
}

}  // namespace

TEST_CASE("a random unitary is three cx, to rounding") {
  RandomStream random(611);
  for (int repetition = 0; repetition < 200; ++repetition) {
    const arma::cx_mat u = oracle::random_unitary(2, random);
    const auto decomposition = WeylDecomposition::of(u);
    REQUIRE(decomposition.has_value());
    CHECK(decomposition->n_cx() == 3);
    CHECK(pi / 4 >= decomposition->x);
    CHECK(decomposition->x >= decomposition->z);
    CHECK(decomposition->z >= std::abs(decomposition->y));
    const Circuit circuit = decomposition->circuit();
    CHECK(n_cx_in(circuit) == 3);
    CHECK(distance(matrix_of(circuit), u) < 1e-12);
  }
}

TEST_CASE("what is locally equal to a gate takes as many cx as the gate") {
  RandomStream random(612);
  const std::vector<std::pair<arma::cx_mat, int>> gates{
      {arma::cx_mat(4, 4, arma::fill::eye), 0},
      {gate(Op::cx), 1},
      {gate(Op::cz), 1},
      {gate(Op::ecr), 1},
      {gate(Op::ch), 1},
      {gate(Op::rzz, {pi / 2}), 1},
      {gate(Op::rzz, {0.7}), 2},
      {gate(Op::cp, {-2.1}), 2},
      {gate(Op::cry, {1e-3}), 2},
      {gate(Op::iswap), 2},
      {gate(Op::iswapdg), 2},
      {gate(Op::rxx, {0.3}) * gate(Op::ryy, {0.9}), 2},
      {gate(Op::swap) * gate(Op::cx), 2},
      {gate(Op::swap), 3},
      {gate(Op::swap) * gate(Op::rzz, {0.4}), 3},
      {gate(Op::rxx, {0.3}) * gate(Op::ryy, {0.9}) * gate(Op::rzz, {-0.2}), 3}};
  for (std::size_t g = 0; g < gates.size(); ++g)
    for (int repetition = 0; repetition < 20; ++repetition) {
      INFO("gate " << g);
      const arma::cx_mat u =
          repetition == 0 ? gates[g].first : locals(random) * gates[g].first * locals(random);
      const auto decomposition = WeylDecomposition::of(u);
      REQUIRE(decomposition.has_value());
      CHECK(decomposition->n_cx() == gates[g].second);
      CHECK(n_cx_in(decomposition->circuit()) == gates[g].second);
      CHECK(distance(matrix_of(decomposition->circuit()), u) < 1e-9);
    }
}
