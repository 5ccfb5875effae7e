#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/correlated_readout.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

// Bits 7 and 3; prepared in |1>, bit 3 makes bit 7 read 1 more often.
ConfusionMatrix crosstalking() {
  const arma::mat alone{{0.98, 0.05}, {0.02, 0.95}};      // bit 7 beside |0>
  const arma::mat disturbed{{0.90, 0.04}, {0.10, 0.96}};  // bit 7 beside |1>
  const arma::mat other{{0.97, 0.08}, {0.03, 0.92}};      // bit 3
  ConfusionMatrix group{{7, 3}, arma::mat(4, 4)};
  for (arma::uword p = 0; p < 4; ++p)
    for (arma::uword m = 0; m < 4; ++m)
      group.matrix(m, p) = (p < 2 ? alone : disturbed)(m % 2, p % 2) * other(m / 2, p / 2);
  return group;
}

}  // namespace

TEST_CASE("Marginals and conditionals of a product are its factors, in any order") {
  RandomStream random(840);
  const ConfusionMatrix a = oracle::random_confusion({0}, random);
  const ConfusionMatrix b = oracle::random_confusion({0}, random);
  const ConfusionMatrix c = oracle::random_confusion({0}, random);
  const ConfusionMatrix group{{5, 1, 4}, arma::kron(c.matrix, arma::kron(b.matrix, a.matrix))};
  const auto same = [](const arma::mat& x, const arma::mat& y) {
    return arma::abs(x - y).max() <= 1e-15;
  };
  CHECK(same(marginal_confusion(group, {5}).matrix, a.matrix));
  CHECK(same(marginal_confusion(group, {1}).matrix, b.matrix));
  CHECK(same(marginal_confusion(group, {4, 5}).matrix, arma::kron(a.matrix, c.matrix)));
  CHECK(marginal_confusion(group, {4, 5}).bits == std::vector{4, 5});
  CHECK(same(marginal_confusion(group, {5, 1, 4}).matrix, group.matrix));
  for (const Bitstring prepared : {0u, 1u, 2u, 3u})
    CHECK(same(conditional_confusion(group, {1}, prepared).matrix, b.matrix));
  CHECK(readout_crosstalk(group).max() <= 1e-15);
  CHECK(readout_correlation(group) <= 1e-15);
}

TEST_CASE("Parts of a correlated group follow from sums over its table") {
  const ConfusionMatrix group = crosstalking();
  const ConfusionMatrix beside_0 = conditional_confusion(group, {7}, 0);
  const ConfusionMatrix beside_1 = conditional_confusion(group, {7}, 1);
  CHECK(std::abs(beside_0.matrix(1, 0) - 0.02) <= 1e-15);
  CHECK(std::abs(beside_0.matrix(0, 1) - 0.05) <= 1e-15);
  CHECK(std::abs(beside_1.matrix(1, 0) - 0.10) <= 1e-15);
  const ConfusionMatrix marginal = marginal_confusion(group, {7});
  CHECK(std::abs(marginal.matrix(1, 0) - 0.06) <= 1e-15);
  CHECK(std::abs(marginal.matrix(0, 1) - 0.045) <= 1e-15);
  CHECK_NOTHROW(marginal.validate("marginal"));
  CHECK_NOTHROW(beside_1.validate("conditional"));
  const arma::mat crosstalk = readout_crosstalk(group);
  CHECK(std::abs(crosstalk(0, 1) - 0.08) <= 1e-15);  // of bit 3 on bit 7, prepared in |0>
  CHECK(crosstalk(1, 0) <= 1e-15);
  CHECK(crosstalk(0, 0) == 0.0);
  // |0> beside |1> is read as 1 with 0.10 instead of the 0.06 of the marginal.
  CHECK(std::abs(readout_correlation(group) - 0.04) <= 1e-15);
}

TEST_CASE("Marginals agree with the dense confusion of all bits") {
  RandomStream random(841);
  const ConfusionMatrix group = oracle::random_confusion({0, 1, 2}, random);
  const ConfusionMatrix part = marginal_confusion(group, {2, 0});
  for (arma::uword p = 0; p < 4; ++p)
    for (arma::uword m = 0; m < 4; ++m) {
      double expected = 0.0;
      for (arma::uword other_p = 0; other_p < 2; ++other_p)
        for (arma::uword other_m = 0; other_m < 2; ++other_m)
          expected += 0.5 * group.matrix((m & 1) * 4 + other_m * 2 + m / 2,
                                         (p & 1) * 4 + other_p * 2 + p / 2);
      CHECK(std::abs(part.matrix(m, p) - expected) <= 1e-15);
    }
}

TEST_CASE("Parts that a group does not have are refused") {
  const ConfusionMatrix group = crosstalking();
  CHECK_THROWS_WITH(marginal_confusion(group, {}), "readout group: a part of no bits");
  CHECK_THROWS_WITH(marginal_confusion(group, {2}), "readout group: bit 2 is not in the group");
  CHECK_THROWS_WITH(marginal_confusion(group, {7, 7}), "readout group: bit 7 is repeated");
  CHECK_THROWS_WITH(conditional_confusion(group, {7}, 2),
                    "readout group: the prepared state 10 has more than the 1 other bits");
  ConfusionMatrix broken = group;
  broken.matrix(0, 0) -= 0.1;
  CHECK_THROWS_WITH(marginal_confusion(broken, {7}), ContainsSubstring("column 0 sums to 0.9"));
  CHECK_THROWS_AS(readout_crosstalk(broken), InputError);
  CHECK_THROWS_AS(readout_correlation(broken), InputError);
}
