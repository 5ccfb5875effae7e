#include "train/generator.hpp"

#include <rhodrift/core/transfer_matrix.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

TEST_CASE("The shift rule of every angle of every gate is its derivative") {
  RandomStream random(6001);
  for (const OperationInfo& row : operation_table())
    for (int k = 0; k < row.n_angles; ++k) {
      INFO(row.name << ", angle " << k);
      const std::vector<double> angles = oracle::random_angles(row.n_angles, random);
      const TransferMatrix derivative =
          unitary_transfer_derivative(row.unitary(angles), row.derivative(angles, k));
      TransferMatrix sum(arma::size(derivative), arma::fill::zeros);
      for (const auto& [angle_rad, factor] : shift_rule(row.op, k)) {
        std::vector<double> shifted = angles;
        shifted[static_cast<std::size_t>(k)] += angle_rad;
        sum += factor * unitary_transfer_matrix(row.unitary(shifted));
      }
      CHECK(arma::abs(sum - derivative).max() < 1e-14);
    }
}

TEST_CASE("Shift rules have two terms, those of half angles four") {
  const std::vector<Shift> two = shift_rule(Op::rzz, 0);
  REQUIRE(two.size() == 2);
  CHECK(two[0].angle_rad == Approx(arma::datum::pi / 2));
  CHECK(two[0].factor == Approx(0.5));
  CHECK(two[1].angle_rad == Approx(-arma::datum::pi / 2));
  CHECK(two[1].factor == Approx(-0.5));
  for (const Op op : {Op::rx, Op::p, Op::u2, Op::u3, Op::cp, Op::rxx})
    CHECK(shift_rule(op, 0).size() == 2);

  // G.-L. Anselmetti et al., New J. Phys. 23, 113010 (2021)
  const double root = std::sqrt(2.0);
  for (const Op op : {Op::crx, Op::cry, Op::crz, Op::xy}) {
    const std::vector<Shift> four = shift_rule(op, 0);
    REQUIRE(four.size() == 4);
    CHECK(four[0].angle_rad == Approx(arma::datum::pi / 2));
    CHECK(four[0].factor == Approx((root + 1) / (4 * root)));
    CHECK(four[1].angle_rad == Approx(3 * arma::datum::pi / 2));
    CHECK(four[1].factor == Approx(-(root - 1) / (4 * root)));
  }
}

TEST_CASE("A gate of one angle turns by its generator") {
  RandomStream random(6002);
  for (const OperationInfo& row : operation_table()) {
    if (row.n_angles != 1) continue;
    INFO(row.name);
    const arma::cx_mat k = generator(row.op, 0);
    CHECK(arma::abs(k - k.t()).max() < 1e-15);
    const double theta = random.normal(), s = random.normal();
    const arma::cx_mat turned =
        row.unitary({&theta, 1}) * arma::expmat(arma::cx_mat(arma::cx_double(0, -s) * k));
    const double sum = theta + s;
    CHECK(arma::abs(turned - row.unitary({&sum, 1})).max() < 1e-14);
  }
}
