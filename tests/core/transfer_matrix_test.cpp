#include <rhodrift/core/random.hpp>
#include <rhodrift/core/transfer_matrix.hpp>

#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;

TEST_CASE("Pauli matrices are Kronecker products with digit 0 rightmost") {
  for (int n = 1; n <= 3; ++n)
    for (std::size_t p = 0; p < (std::size_t{1} << (2 * n)); ++p)
      CHECK(arma::abs(pauli_matrix(p, n) - oracle::pauli(p, n)).max() == 0.0);
}

TEST_CASE("Transfer matrices of unitaries follow R(i, j) = 2^-k tr(P_i U P_j U^dagger)") {
  RandomStream random(601);
  for (int k = 1; k <= 3; ++k)
    for (int trial = 0; trial < 4; ++trial) {
      const arma::cx_mat u = oracle::random_unitary(k, random);
      const TransferMatrix r = unitary_transfer_matrix(u);
      REQUIRE(arma::abs(r - oracle::transfer_matrix({u})).max() <= 1e-14);
      // Orthogonal, unital and trace preserving.
      CHECK(arma::abs(r * r.t() - arma::eye(arma::size(r))).max() <= 1e-13);
      CHECK(std::abs(r(0, 0) - 1.0) <= 1e-14);
      CHECK(arma::abs(r.row(0)).max() == Approx(1.0));
      CHECK(arma::accu(arma::abs(r.row(0))) == Approx(1.0).epsilon(1e-13));
      // A global phase is not seen; composition is a matrix product.
      const arma::cx_double phase = std::polar(1.0, 0.7);
      CHECK(arma::abs(unitary_transfer_matrix(phase * u) - r).max() <= 1e-14);
      const arma::cx_mat v = oracle::random_unitary(k, random);
      CHECK(arma::abs(unitary_transfer_matrix(v * u) - unitary_transfer_matrix(v) * r).max() <=
            1e-13);
    }
}

TEST_CASE("The transfer derivative is the derivative of the transfer matrix") {
  // U(t) = exp(-i t H) U: dU = -i H U. R(t) is a trigonometric polynomial, so central differences
  // extrapolated twice reach rounding.
  RandomStream random(602);
  for (int k = 1; k <= 2; ++k) {
    const arma::cx_mat u = oracle::random_unitary(k, random);
    const arma::cx_mat h = oracle::random_density(k, random);
    const auto r = [&](double t) -> arma::mat {
      return unitary_transfer_matrix(arma::expmat(arma::cx_mat(arma::cx_double(0, -t) * h)) * u);
    };
    const auto slope = [&](double step) -> arma::mat { return (r(step) - r(-step)) / (2 * step); };
    const arma::mat expected = (64 * slope(0.005) - 20 * slope(0.01) + slope(0.02)) / 45;
    const arma::mat found = unitary_transfer_derivative(u, arma::cx_double(0, -1) * h * u);
    CHECK(arma::abs(found - expected).max() <= 1e-12);
  }
}
