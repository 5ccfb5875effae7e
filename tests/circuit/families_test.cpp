#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include <rhodrift/circuit/families.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

void check_neighbours_only(const Circuit& circuit) {
  for (const Instruction& i : circuit.instructions()) {
    CHECK(i.op != Op::measure);
    if (i.qubits.size() == 2 && i.op != Op::barrier)
      CHECK(std::abs(i.qubits[0] - i.qubits[1]) == 1);
  }
}

/// Every gate with its operands and constant angles.
std::vector<std::string> text_of(const Circuit& circuit) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    lines.push_back(circuit.place_of(i));
    for (const Angle& angle : circuit.instructions()[i].angles)
      lines.back() += ' ' + std::to_string(angle.offset_rad());
  }
  return lines;
}

bool is_clifford_angle(const Angle& angle) {
  const double quarters = angle.offset_rad() / (std::numbers::pi / 2);
  return std::abs(quarters - std::round(quarters)) < 1e-9;
}

}  // namespace

TEST_CASE("GHZ circuits make the GHZ state") {
  for (int n = 1; n <= 5; ++n) {
    const Circuit circuit = families::ghz(n);
    check_neighbours_only(circuit);
    const arma::cx_mat density = oracle::evolve(circuit);
    arma::cx_vec state(arma::uword{1} << n, arma::fill::zeros);
    state.front() = state.back() = 1.0 / std::numbers::sqrt2;
    CHECK(arma::abs(density - state * state.t()).max() < 1e-14);
  }
}

TEST_CASE("Mirror circuits end in the basis state they say") {
  std::set<std::vector<bool>> outcomes;
  for (int n = 1; n <= 5; ++n)
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const families::MirrorCircuit mirror =
          families::mirror(n, 1 + static_cast<int>(seed) % 4, seed);
      check_neighbours_only(mirror.circuit);
      REQUIRE(mirror.outcome.size() == static_cast<std::size_t>(n));
      arma::uword index = 0;
      for (int q = 0; q < n; ++q)
        index |= arma::uword{mirror.outcome[static_cast<std::size_t>(q)] ? 1u : 0u} << q;
      const arma::cx_mat density = oracle::evolve(mirror.circuit);
      CHECK(density(index, index).real() == Approx(1.0).epsilon(1e-12));
      CHECK(oracle::expectation(mirror.parity(), density) == Approx(1.0).epsilon(1e-12));
      if (n == 3) outcomes.insert(mirror.outcome);
    }
  CHECK(outcomes.size() > 3);
  CHECK(text_of(families::mirror(4, 3, 9).circuit) == text_of(families::mirror(4, 3, 9).circuit));
  CHECK(text_of(families::mirror(4, 3, 9).circuit) != text_of(families::mirror(4, 3, 10).circuit));
}

TEST_CASE("QAOA with known angles cuts (2p + 1)/(2p + 2) of a ring") {
  for (int p = 1; p <= 3; ++p) {
    const int n = 2 * p + 2;
    const families::Edges ring = families::ring_edges(n);
    REQUIRE(ring.size() == static_cast<std::size_t>(n));
    const arma::cx_mat density = oracle::evolve(families::qaoa(n, ring, families::qaoa_angles(p)));
    CHECK(oracle::expectation(families::cut(ring), density) / n ==
          Approx((2.0 * p + 1) / (2.0 * p + 2)).epsilon(1e-13));
  }
}

TEST_CASE("QAOA layers are exp(-iβ ΣX) exp(-iγ C)") {
  const families::Edges chain = families::chain_edges(3);
  CHECK(chain == families::Edges{{0, 1}, {1, 2}});
  CHECK(families::chain_edges(5) == families::Edges{{0, 1}, {2, 3}, {1, 2}, {3, 4}});
  const families::QaoaAngles angles{{0.7, -0.3}, {0.2, 1.1}};
  const Circuit circuit = families::qaoa(3, chain, angles);
  check_neighbours_only(circuit);
  arma::cx_mat cost(8, 8, arma::fill::zeros), mixer(8, 8, arma::fill::zeros);
  const Observable cut = families::cut(chain);
  for (const Observable::Term& term : cut.terms())
    cost += term.coefficient * oracle::pauli(term.pauli.index(), 3);
  for (const std::size_t x : {1u, 4u, 16u}) mixer += oracle::pauli(x, 3);
  CHECK(cost(2, 2).real() == Approx(2.0));  // qubit 1 against the others
  arma::cx_vec state(8, arma::fill::ones);
  state /= std::sqrt(8.0);
  const arma::cx_double minus_i(0.0, -1.0);
  for (std::size_t k = 0; k < 2; ++k)
    state = arma::expmat(minus_i * angles.beta_rad[k] * mixer) *
            arma::expmat(minus_i * angles.gamma_rad[k] * cost) * state;
  CHECK(arma::abs(oracle::evolve(circuit) - state * state.t()).max() < 1e-13);
}

TEST_CASE("Random Clifford + rz circuits have as many free angles as asked for") {
  for (const int n_free : {0, 1, 5, 12}) {
    const Circuit circuit = families::random_clifford_rz(3, 3, 11, n_free);
    check_neighbours_only(circuit);
    int n_rz = 0, n_found = 0;
    for (const Instruction& i : circuit.instructions()) {
      if (i.op != Op::rz) continue;
      ++n_rz;
      n_found += is_clifford_angle(i.angles[0]) ? 0 : 1;
    }
    CHECK(n_rz == 12);
    CHECK(n_found == n_free);
  }
  const auto text = [](std::uint64_t seed) {
    return text_of(families::random_clifford_rz(3, 3, seed, 4));
  };
  CHECK(text(1) == text(1));
  CHECK(text(1) != text(2));
}

TEST_CASE("Clifford circuits have Pauli expectations of -1, 0 and 1") {
  const arma::cx_mat density = oracle::evolve(families::random_clifford_rz(3, 4, 5, 0));
  for (const char* text : {"Z0", "Z1", "Z0 Z1", "X0 Y1 Z2", "Z0 Z1 Z2"}) {
    const double value = oracle::expectation(Observable::parse(text), density);
    CHECK(std::abs(value - std::round(value)) < 1e-12);
  }
}

TEST_CASE("Circuit families refuse what they cannot make") {
  CHECK_THROWS_AS(families::ghz(0), InputError);
  CHECK_THROWS_WITH(families::mirror(2, 0, 1), ContainsSubstring("layers: 0 is below 1"));
  CHECK_THROWS_WITH(families::qaoa_angles(5), ContainsSubstring("only for 1..4"));
  CHECK_THROWS_WITH(families::qaoa(2, families::chain_edges(2), {{0.1}, {}}),
                    ContainsSubstring("1 γ and 0 β"));
  CHECK_THROWS_WITH(families::qaoa(2, {{0, 2}}, {{0.1}, {0.1}}), ContainsSubstring("qubit 2"));
  CHECK_THROWS_WITH(families::random_clifford_rz(2, 1, 0, 5),
                    ContainsSubstring("5 is outside 0..4"));
  CHECK_THROWS_WITH(families::random_clifford_rz(2, -1, 0, 0), ContainsSubstring("-1 is below 0"));
}
