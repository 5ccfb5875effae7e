#include <algorithm>
#include <cmath>
#include <limits>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/pauli_vector.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

TEST_CASE("A new Pauli vector is |0...0>") {
  for (int n = 1; n <= 4; ++n) {
    const PauliVector state(n);
    arma::cx_mat expected(1u << n, 1u << n, arma::fill::zeros);
    expected(0, 0) = 1.0;
    CHECK(arma::abs(state.density_matrix() - expected).max() == 0.0);
    CHECK(state.probabilities()[0] == 1.0);
    CHECK(state.purity() == 1.0);
    CHECK(state.coefficients().size() == std::size_t{1} << (2 * n));
  }
  CHECK(PauliVector::zeros(2).purity() == 0.0);
}

TEST_CASE("Coefficients are tr(P rho) with qubit 0 the least significant digit") {
  RandomStream random(201);
  for (int n = 1; n <= 4; ++n) {
    const arma::cx_mat density = oracle::random_density(n, random);
    const PauliVector state = PauliVector::from_density_matrix(density);
    for (std::size_t p = 0; p < state.coefficients().size(); ++p)
      REQUIRE(std::abs(state.coefficients()[p] -
                       std::real(arma::trace(oracle::pauli(p, n) * density))) <= 1e-14);
    CHECK(arma::abs(state.density_matrix() - density).max() <= 1e-15);
  }
}

TEST_CASE("Only the Hermitian part of a matrix is kept") {
  RandomStream random(202);
  const arma::cx_mat hermitian = oracle::random_density(2, random);
  const arma::cx_mat other = oracle::random_density(2, random);
  const arma::cx_mat sum = hermitian + arma::cx_double(0.0, 1.0) * other;
  const PauliVector state = PauliVector::from_density_matrix(sum);
  CHECK(arma::abs(state.density_matrix() - hermitian).max() <= 1e-15);
}

TEST_CASE("Probabilities, expectations, purity and overlap agree with the density matrix") {
  RandomStream random(203);
  for (int n = 1; n <= 5; ++n) {
    const arma::cx_mat a = oracle::random_density(n, random), b = oracle::random_density(n, random);
    const PauliVector state = PauliVector::from_density_matrix(a);
    const PauliVector other = PauliVector::from_density_matrix(b);
    const std::vector<double> p = state.probabilities();
    for (std::size_t k = 0; k < p.size(); ++k) CHECK(std::abs(p[k] - a(k, k).real()) <= 1e-15);
    CHECK(std::abs(state.purity() - std::real(arma::trace(a * a))) <= 1e-14);
    CHECK(std::abs(state.overlap(other) - std::real(arma::trace(a * b))) <= 1e-14);
    CHECK(state.overlap(other) == other.overlap(state));
    const Observable observable({{0.5, PauliString::parse("X0")},
                                 {-2.0, PauliString()},
                                 {1.5, PauliString({{n - 1, Pauli::Y}})}});
    CHECK(std::abs(state.expectation(observable) - oracle::expectation(observable, a)) <= 1e-14);
  }
}

// --- A few qubits -------------------------------------------------------------------------------

namespace {

/// tr_rest ρ with the kept qubits in the order given, by the definition: Σ_r <r| ρ |r> over the
/// basis states of the rest.
arma::cx_mat partial_trace(const arma::cx_mat& density, const std::vector<int>& kept) {
  const auto n = static_cast<int>(std::lround(std::log2(density.n_rows)));
  std::vector<int> rest;
  for (int q = 0; q < n; ++q)
    if (std::ranges::find(kept, q) == kept.end()) rest.push_back(q);
  const auto placed = [](arma::uword bits, const std::vector<int>& qubits) {
    arma::uword index = 0;
    for (std::size_t i = 0; i < qubits.size(); ++i) index |= ((bits >> i) & 1) << qubits[i];
    return index;
  };
  const arma::uword dim = arma::uword{1} << kept.size();
  arma::cx_mat reduced(dim, dim, arma::fill::zeros);
  for (arma::uword r = 0; r < arma::uword{1} << rest.size(); ++r)
    for (arma::uword a = 0; a < dim; ++a)
      for (arma::uword b = 0; b < dim; ++b)
        reduced(a, b) +=
            density(placed(a, kept) | placed(r, rest), placed(b, kept) | placed(r, rest));
  return reduced;
}

}  // namespace

TEST_CASE("Reduced states and marginal probabilities are partial traces, in the order asked for") {
  RandomStream random(204);
  for (int n = 1; n <= 5; ++n)
    for (int k = 1; k <= n; ++k) {
      CAPTURE(n, k);
      const arma::cx_mat density = oracle::random_density(n, random);
      const PauliVector state = PauliVector::from_density_matrix(density);
      const std::vector<int> kept = oracle::random_operands(k, n, random);
      const arma::cx_mat expected = partial_trace(density, kept);
      const PauliVector reduced = state.reduced(kept);
      CHECK(reduced.n_qubits() == k);
      CHECK(arma::abs(reduced.density_matrix() - expected).max() <= 1e-14);
      const std::vector<double> p = state.probabilities(kept);
      REQUIRE(p.size() == expected.n_rows);
      for (std::size_t b = 0; b < p.size(); ++b)
        CHECK(std::abs(p[b] - expected(b, b).real()) <= 1e-14);
    }
}

TEST_CASE("Reduced states and marginals refuse lists that name no qubits, or one twice") {
  const PauliVector state(3);
  const auto [qubits, message] = GENERATE(table<std::vector<int>, std::string>({
      {std::vector<int>{}, "qubits: the list is empty"},
      {{0, 3}, "qubits: entry 1: qubit 3 is outside 0..2"},
      {{-1}, "qubits: entry 0: qubit -1 is outside 0..2"},
      {{2, 0, 2}, "qubits: entry 2: qubit 2 is repeated"},
  }));
  CHECK_THROWS_WITH(state.reduced(qubits), message);
  CHECK_THROWS_WITH(state.probabilities(qubits), message);
  CHECK_THROWS_AS(state.reduced(qubits), InputError);
}

// --- Distances ----------------------------------------------------------------------------------

namespace {

arma::cx_vec random_pure_state(int n_qubits, RandomStream& random) {
  return oracle::random_unitary(n_qubits, random).col(0);
}

PauliVector projector(const arma::cx_vec& pure_state) {
  return PauliVector::from_density_matrix(pure_state * pure_state.t());
}

/// A state of that rank: a mixture of pure states.
arma::cx_mat random_density_of_rank(int n_qubits, int rank, RandomStream& random) {
  const arma::cx_mat basis = oracle::random_unitary(n_qubits, random);
  arma::cx_mat density(arma::size(basis), arma::fill::zeros);
  for (int k = 0; k < rank; ++k)
    density += (k + 1.0) / (0.5 * rank * (rank + 1)) * basis.col(static_cast<arma::uword>(k)) *
               basis.col(static_cast<arma::uword>(k)).t();
  return density;
}

}  // namespace

TEST_CASE("The fidelity with a pure state is <psi|rho|psi>") {
  RandomStream random(205);
  for (int n = 1; n <= 5; ++n) {
    const arma::cx_mat density = oracle::random_density(n, random);
    const arma::cx_vec psi = random_pure_state(n, random);
    const PauliVector state = PauliVector::from_density_matrix(density);
    const double expected = std::real(arma::cdot(psi, density * psi));
    CHECK(std::abs(state.fidelity(psi) - expected) <= 1e-14);
    CHECK(std::abs(state.fidelity(projector(psi)) - expected) <= 1e-12);
    CHECK(std::abs(projector(psi).fidelity(state) - expected) <= 1e-12);
    CHECK(std::abs(projector(psi).fidelity(psi) - 1.0) <= 1e-14);
  }
}

TEST_CASE("The fidelity of mixed states is (tr sqrt(sqrt(rho) sigma sqrt(rho)))^2") {
  RandomStream random(206);
  for (int n = 1; n <= 4; ++n) {
    CAPTURE(n);
    const arma::cx_mat rho = oracle::random_density(n, random),
                       sigma = oracle::random_density(n, random);
    const PauliVector a = PauliVector::from_density_matrix(rho),
                      b = PauliVector::from_density_matrix(sigma);
    // ρσ is similar to √ρ σ √ρ, and its eigenvalues take no root of a matrix.
    const arma::cx_vec eigenvalues = arma::eig_gen(arma::cx_mat(rho * sigma));
    const double expected = std::pow(arma::accu(arma::real(arma::sqrt(eigenvalues))), 2);
    CHECK(std::abs(a.fidelity(b) - expected) <= 1e-12);
    CHECK(std::abs(a.fidelity(b) - b.fidelity(a)) <= 1e-12);
    CHECK(std::abs(a.fidelity(a) - 1.0) <= 1e-12);
    CHECK(expected < 0.99);
  }
}

TEST_CASE("The fidelity of one qubit is tr(rho sigma) + 2 sqrt(det rho det sigma)") {
  RandomStream random(207);
  for (int trial = 0; trial < 20; ++trial) {
    const arma::cx_mat rho = oracle::random_density(1, random),
                       sigma = oracle::random_density(1, random);
    const double expected = std::real(arma::trace(rho * sigma)) +
                            2 * std::sqrt(std::real(arma::det(rho) * arma::det(sigma)));
    CHECK(std::abs(PauliVector::from_density_matrix(rho).fidelity(
                       PauliVector::from_density_matrix(sigma)) -
                   expected) <= 1e-12);
  }
}

TEST_CASE("The fidelity of states without full rank keeps its digits") {
  RandomStream random(208);
  for (int rank = 1; rank <= 8; ++rank) {
    CAPTURE(rank);
    const arma::cx_mat rho = random_density_of_rank(3, rank, random);
    const PauliVector a = PauliVector::from_density_matrix(rho);
    CHECK(std::abs(a.fidelity(a) - 1.0) <= 1e-12);
    const arma::cx_vec psi = random_pure_state(3, random);
    CHECK(std::abs(a.fidelity(projector(psi)) - a.fidelity(psi)) <= 1e-12);
    // An ancilla in the same pure state on both sides changes nothing and squares the dimension.
    const arma::cx_mat sigma = random_density_of_rank(3, 3, random);
    const arma::cx_vec ancilla = random_pure_state(2, random);
    const arma::cx_mat pure = ancilla * ancilla.t();
    CHECK(std::abs(PauliVector::from_density_matrix(arma::kron(pure, rho))
                       .fidelity(PauliVector::from_density_matrix(arma::kron(pure, sigma))) -
                   a.fidelity(PauliVector::from_density_matrix(sigma))) <= 1e-12);
  }
}

TEST_CASE("The trace distance is half the trace norm, and bounds the fidelity") {
  RandomStream random(209);
  for (int n = 1; n <= 4; ++n) {
    const arma::cx_mat rho = oracle::random_density(n, random),
                       sigma = oracle::random_density(n, random);
    const PauliVector a = PauliVector::from_density_matrix(rho),
                      b = PauliVector::from_density_matrix(sigma);
    const double distance = a.trace_distance(b);
    CHECK(std::abs(distance - 0.5 * arma::accu(arma::svd(arma::cx_mat(rho - sigma)))) <= 1e-13);
    CHECK(a.trace_distance(a) == 0.0);
    // Fuchs and van de Graaf: 1 - √F <= D <= √(1 - F), an equality on the right for pure states.
    CHECK(1 - std::sqrt(a.fidelity(b)) <= distance);
    CHECK(distance <= std::sqrt(1 - a.fidelity(b)));
    const arma::cx_vec psi = random_pure_state(n, random), phi = random_pure_state(n, random);
    CHECK(std::abs(projector(psi).trace_distance(projector(phi)) -
                   std::sqrt(1 - std::norm(arma::cdot(psi, phi)))) <= 1e-12);
  }
}

TEST_CASE("Fidelities and distances refuse what they are not defined for, or too large") {
  const PauliVector two(2), three(3);
  CHECK_THROWS_WITH(two.fidelity(arma::cx_vec(8, arma::fill::zeros)),
                    "pure state: 8 amplitudes for 2 qubits, which take 4");
  CHECK_THROWS_WITH(two.fidelity(arma::cx_vec(4, arma::fill::ones)),
                    "pure state: has the norm 2, not 1 within 1e-9");
  arma::cx_vec not_finite(4, arma::fill::zeros);
  not_finite(1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(two.fidelity(not_finite), "pure state: holds a value that is not finite");
  CHECK_THROWS_WITH(two.fidelity(three), "fidelity: states of 2 and 3 qubits");
  CHECK_THROWS_WITH(two.trace_distance(three), "trace distance: states of 2 and 3 qubits");
  PauliVector negative(2);  // II + 2 ZZ: eigenvalues 3/4 and -1/4
  std::ranges::fill(negative.coefficients(), 0.0);
  negative.coefficients()[0] = 1.0, negative.coefficients()[15] = 2.0;
  CHECK_THROWS_WITH(two.fidelity(negative), ContainsSubstring("fidelity: no density matrix") &&
                                                ContainsSubstring("eigenvalue -0.25"));
  CHECK_THROWS_AS(negative.fidelity(two), InputError);
  const PauliVector large(12);
  CHECK_THROWS_WITH(large.fidelity(large),
                    ContainsSubstring("12 qubits") && ContainsSubstring("the limit is 11 qubits"));
  CHECK_THROWS_WITH(large.trace_distance(large), ContainsSubstring("the limit is 11 qubits"));
}

// --- Bad input ----------------------------------------------------------------------------------

TEST_CASE("Pauli vectors refuse what is no state and states that do not fit") {
  CHECK_THROWS_WITH(PauliVector(0), ContainsSubstring("at least 1 qubit, got 0"));
  CHECK_THROWS_WITH(PauliVector(-3), ContainsSubstring("got -3"));
  CHECK_THROWS_WITH(PauliVector(22),
                    ContainsSubstring("22 qubits") && ContainsSubstring("140737488355328 bytes"));
  CHECK_THROWS_WITH(PauliVector(31),
                    ContainsSubstring("31 qubits") && ContainsSubstring("8*4^31 bytes"));
  CHECK_THROWS_AS(PauliVector(1000), InputError);
  CHECK(pauli_vector_bytes(15) == 8589934592);
  CHECK_THROWS_WITH(PauliVector::from_density_matrix(arma::cx_mat(3, 3)), ContainsSubstring("3x3"));
  CHECK_THROWS_WITH(PauliVector::from_density_matrix(arma::cx_mat(4, 2)), ContainsSubstring("4x2"));
  CHECK_THROWS_AS(PauliVector::from_density_matrix(arma::cx_mat()), InputError);
  arma::cx_mat bad(2, 2, arma::fill::zeros);
  bad(1, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(PauliVector::from_density_matrix(bad), ContainsSubstring("not finite"));
  CHECK_THROWS_WITH(PauliVector(2).expectation(PauliString::z({2})),
                    ContainsSubstring("Z2") && ContainsSubstring("reaches qubit 2") &&
                        ContainsSubstring("2 qubits"));
  CHECK_THROWS_WITH(PauliVector(2).overlap(PauliVector(3)), ContainsSubstring("2 and 3 qubits"));
}
