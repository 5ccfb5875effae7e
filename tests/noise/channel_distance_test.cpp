#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel_distance.hpp>

#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;

namespace {

double trace_distance(const arma::cx_mat& a, const arma::cx_mat& b) {
  return 0.5 * arma::accu(arma::abs(arma::eig_sym(arma::cx_mat(a - b))));
}

// (E ⊗ 1)(|ψ><ψ|), the channel on the lower qubits of ψ.
arma::cx_mat on_lower(const oracle::Kraus& kraus, const arma::cx_vec& psi) {
  const arma::uword d = kraus.front().n_rows;
  oracle::Kraus extended;
  for (const arma::cx_mat& k : kraus)
    extended.push_back(arma::kron(arma::eye<arma::cx_mat>(d, d), k));
  return oracle::apply_kraus(extended, psi * psi.t());
}

arma::cx_vec random_state(arma::uword dimension, RandomStream& random) {
  arma::cx_vec psi(dimension);
  for (arma::cx_double& amplitude : psi) amplitude = {random.normal(), random.normal()};
  return psi / arma::norm(psi);
}

std::vector<double> random_probabilities(std::size_t n, RandomStream& random) {
  std::vector<double> p(n);
  double sum = 0.0;
  for (double& entry : p) sum += entry = random.uniform();
  for (double& entry : p) entry /= sum;
  return p;
}

}  // namespace

TEST_CASE("Process and average fidelity with a unitary follow their definitions") {
  RandomStream random(820);
  for (int n = 1; n <= 2; ++n) {
    const oracle::Kraus kraus = oracle::random_kraus(n, 3, random);
    const arma::cx_mat unitary = oracle::random_unitary(n, random);
    const Channel noisy = Channel::from_kraus(kraus), ideal = Channel::from_unitary(unitary);
    const double d = std::ldexp(1.0, n);
    double expected = 0.0;  // Σ |tr(U† K)|²/d²
    for (const arma::cx_mat& k : kraus)
      expected += std::norm(arma::trace(unitary.t() * k)) / (d * d);
    CHECK(std::abs(process_fidelity(noisy, ideal) - expected) <= 1e-12);
    CHECK(std::abs(process_fidelity(ideal, noisy) - expected) <= 1e-12);
    CHECK(std::abs(average_fidelity(noisy, ideal) - (d * expected + 1) / (d + 1)) <= 1e-12);
    CHECK(std::abs(process_fidelity(noisy, Channel::identity(n)) - noisy.process_fidelity()) <=
          1e-12);
    CHECK(std::abs(average_fidelity(noisy, Channel::identity(n)) - noisy.average_fidelity()) <=
          1e-12);
  }
}

TEST_CASE("The process fidelity of two Pauli channels is that of their distributions") {
  RandomStream random(821);
  for (int n = 1; n <= 2; ++n) {
    const std::size_t n_paulis = std::size_t{1} << (2 * n);
    const std::vector<double> p = random_probabilities(n_paulis, random);
    const std::vector<double> q = random_probabilities(n_paulis, random);
    double overlap = 0.0;  // Σ √(p q), squared
    for (std::size_t k = 0; k < n_paulis; ++k) overlap += std::sqrt(p[k] * q[k]);
    CHECK(std::abs(process_fidelity(pauli_channel(p), pauli_channel(q)) - overlap * overlap) <=
          1e-12);
  }
  const Channel noisy = Channel::from_kraus(oracle::random_kraus(2, 3, random));
  CHECK(std::abs(process_fidelity(noisy, noisy) - 1.0) <= 1e-7);
}

TEST_CASE("The bounds of the diamond distance meet where it is known") {
  RandomStream random(822);
  for (int n = 1; n <= 2; ++n) {
    // Two Pauli channels: half the sum of |p - q|.
    const std::size_t n_paulis = std::size_t{1} << (2 * n);
    const std::vector<double> p = random_probabilities(n_paulis, random);
    const std::vector<double> q = random_probabilities(n_paulis, random);
    double expected = 0.0;
    for (std::size_t k = 0; k < n_paulis; ++k) expected += 0.5 * std::abs(p[k] - q[k]);
    const auto [lower, upper] = diamond_distance_bounds(pauli_channel(p), pauli_channel(q));
    CHECK(std::abs(lower - expected) <= 1e-12);
    CHECK(std::abs(upper - expected) <= 1e-12);
  }
  // A rotation and none: sin(angle/2), as long as the eigenvalues stay within a half circle.
  for (const double angle : {1e-3, 0.3, 1.5}) {
    const Channel rotation = coherent_rotation(2, PauliString::parse("Z0 X1"), angle);
    const auto [lower, upper] = diamond_distance_bounds(rotation, Channel::identity(2));
    CHECK(std::abs(lower - std::sin(angle / 2)) <= 1e-12);
    CHECK(std::abs(upper - std::sin(angle / 2)) <= 1e-12);
  }
  const Channel any = Channel::from_kraus(oracle::random_kraus(2, 4, random));
  CHECK(diamond_distance_bounds(any, any).upper <= 1e-14);
}

TEST_CASE("The bounds of the diamond distance hold what channels do to entangled states") {
  RandomStream random(823);
  for (int n = 1; n <= 2; ++n)
    for (int repetition = 0; repetition < 5; ++repetition) {
      const oracle::Kraus a = oracle::random_kraus(n, 2, random);
      const oracle::Kraus b = oracle::random_kraus(n, 3, random);
      const auto [lower, upper] =
          diamond_distance_bounds(Channel::from_kraus(a), Channel::from_kraus(b));
      const arma::uword d = arma::uword{1} << n;
      // The lower bound is what happens to the maximally entangled state.
      const arma::cx_vec entangled =
          arma::vectorise(arma::eye<arma::cx_mat>(d, d)) / std::sqrt(static_cast<double>(d));
      CHECK(std::abs(trace_distance(on_lower(a, entangled), on_lower(b, entangled)) - lower) <=
            1e-12);
      for (int k = 0; k < 20; ++k) {
        const arma::cx_vec psi = random_state(d * d, random);
        CHECK(trace_distance(on_lower(a, psi), on_lower(b, psi)) <= upper + 1e-12);
      }
      CHECK(upper <= 1.0 + 1e-12);
    }
  // Damping by γ: |1> decays with probability γ, which no input tells better than the upper bound.
  const double gamma = 0.1;
  const auto [lower, upper] =
      diamond_distance_bounds(amplitude_damping(gamma), Channel::identity(1));
  CHECK(lower < gamma);
  CHECK(upper >= gamma);
}

TEST_CASE("Distances refuse channels that cannot be compared") {
  const Channel one = depolarizing(1, 0.1), two = depolarizing(2, 0.1);
  CHECK_THROWS_WITH(process_fidelity(one, two), ContainsSubstring("1 and 2 qubits differ"));
  CHECK_THROWS_WITH(average_fidelity(two, one), ContainsSubstring("2 and 1 qubits differ"));
  CHECK_THROWS_WITH(diamond_distance_bounds(one, two), ContainsSubstring("1 and 2 qubits differ"));
  CHECK_THROWS_WITH(average_fidelity(one, amplitude_damping(0.1)),
                    ContainsSubstring("neither of the two is unitary"));
}
