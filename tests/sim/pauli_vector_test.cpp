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
