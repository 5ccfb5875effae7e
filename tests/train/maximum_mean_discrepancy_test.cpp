#include <bit>
#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/maximum_mean_discrepancy.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"

using namespace rhodrift;

namespace {

using Distance = MaximumMeanDiscrepancy::Distance;

arma::vec random_distribution(arma::uword n, std::uint64_t seed) {
  RandomStream random(seed);
  arma::vec p(n);
  for (double& probability : p) probability = random.uniform();
  return p / arma::accu(p);
}

/// K as a matrix, by its formula.
arma::mat kernel(arma::uword n, const std::vector<double>& variances, Distance distance) {
  arma::mat k(n, n);
  for (arma::uword a = 0; a < n; ++a)
    for (arma::uword b = 0; b < n; ++b) {
      const double difference = static_cast<double>(a) - static_cast<double>(b);
      const double squared =
          distance == Distance::bits ? std::popcount(a ^ b) : difference * difference;
      for (const double s : variances)
        k(a, b) += std::exp(-squared / (2 * s)) / static_cast<double>(variances.size());
    }
  return k;
}

}  // namespace

TEST_CASE("MMD of one bit is 2 (1 - k) between its certainties") {
  const double k = std::exp(-1 / (2 * 0.7));
  for (const Distance distance : {Distance::bits, Distance::integers}) {
    const LossValue loss = MaximumMeanDiscrepancy({0, 1}, {0.7}, distance)({1, 0});
    CHECK(loss.value == Approx(2 * (1 - k)).epsilon(1e-14));
    CHECK(
        arma::approx_equal(loss.gradient, arma::vec{2 * (1 - k), -2 * (1 - k)}, "absdiff", 1e-14));
  }
  // 00 against 11: two bits differ, or 3² as integers.
  CHECK(MaximumMeanDiscrepancy({0, 0, 0, 1}, {0.5}, Distance::bits)({1, 0, 0, 0}).value ==
        Approx(2 * (1 - std::exp(-2.0))).epsilon(1e-14));
  CHECK(MaximumMeanDiscrepancy({0, 0, 0, 1}, {0.5}, Distance::integers)({1, 0, 0, 0}).value ==
        Approx(2 * (1 - std::exp(-9.0))).epsilon(1e-14));
}

TEST_CASE("MMD is the quadratic form of its kernel, and its gradient that form's") {
  const std::vector<double> variances{0.25, 4, 100};
  for (const Distance distance : {Distance::bits, Distance::integers})
    for (const arma::uword n : {2u, 8u, 64u}) {
      const arma::vec p = random_distribution(n, n), q = random_distribution(n, n + 1);
      const arma::mat k = kernel(n, variances, distance);
      const MaximumMeanDiscrepancy mmd(q, variances, distance);
      const LossValue loss = mmd(p);
      CHECK(loss.value == Approx(arma::dot(p - q, k * (p - q))).epsilon(1e-12));
      CHECK(loss.value > 0);
      CHECK(arma::approx_equal(loss.gradient, arma::vec(2 * k * (p - q)), "absdiff", 1e-14));
      const arma::vec differences =
          central_differences([&](const arma::vec& at) { return mmd(at).value; }, p);
      CHECK(arma::approx_equal(loss.gradient, differences, "absdiff", 1e-10));
      CHECK(std::abs(mmd(q).value) < 1e-30);
    }
}

TEST_CASE("MMD grows with the distance of what is wrong") {
  arma::vec q(8), near(8), far(8);
  q(0) = near(1) = far(7) = 1;
  for (const Distance distance : {Distance::bits, Distance::integers}) {
    const MaximumMeanDiscrepancy mmd(q, {1, 4}, distance);
    CHECK(mmd(near).value < mmd(far).value);
  }
}

TEST_CASE("MMD refuses targets that are no distribution and variances that are none") {
  const auto make = [](const arma::vec& target, const std::vector<double>& variances) {
    return MaximumMeanDiscrepancy(target, variances);
  };
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(make({1, 0, 0}, {1}),
                    Contains("target: 3 outcomes are not those of whole bits"));
  CHECK_THROWS_WITH(make({1}, {1}), Contains("1 outcomes"));
  CHECK_THROWS_WITH(make({0.5, 0.4}, {1}), Contains("is no distribution"));
  CHECK_THROWS_WITH(make({1.5, -0.5}, {1}), Contains("is no distribution"));
  CHECK_THROWS_WITH(make({1, arma::datum::nan}, {1}), Contains("is no distribution"));
  CHECK_THROWS_WITH(make({1, 0}, {}), Contains("variances: there are none"));
  CHECK_THROWS_WITH(make({1, 0}, {1, 0}), Contains("variances: 0 is not > 0"));
  CHECK_THROWS_WITH(make({1, 0}, {1})({1, 0, 0, 0}), Contains("4 probabilities, 2 in the target"));
}
