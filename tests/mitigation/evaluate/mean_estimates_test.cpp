#include "mitigation/evaluate/mean_estimates.hpp"

#include <cmath>

#include <rhodrift/core/random.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

/// How often the interval holds the mean 0 when a pair's value is what its two states add to it,
/// and something of its own.
double coverage(const Pairs& pairs, double own) {
  const int studies = 2000;
  int covered = 0;
  for (int study = 0; study < studies; ++study) {
    RandomStream random(3, static_cast<std::uint64_t>(study));
    std::vector<double> states(64);
    for (double& state : states) state = random.normal();
    arma::vec values(pairs.size());
    for (std::size_t p = 0; p < pairs.size(); ++p)
      values(p) = states[pairs[p].first] + states[pairs[p].second] + own * random.normal();
    const Interval ci = mean_over_pairs(values, pairs, "").mean.ci;
    covered += ci.low <= 0.0 && 0.0 <= ci.high;
  }
  return covered / static_cast<double>(studies);
}

}  // namespace

TEST_CASE("Means and their roots") {
  const Estimate mean = mean_estimate({1.0, 2.0, 6.0}, "m");
  CHECK(mean.value == Approx(3.0));
  CHECK(mean.std_error == Approx(std::sqrt(7.0 / 3.0)));
  CHECK(mean.ci.high == Approx(3.0 + 4.302653 * std::sqrt(7.0 / 3.0)).epsilon(1e-6));
  const Estimate root = root_of(mean, "r");
  CHECK(root.value == Approx(std::sqrt(3.0)));
  CHECK(root.std_error == Approx(mean.std_error / (2.0 * std::sqrt(3.0))));
  CHECK(root.ci.low == 0.0);
  CHECK(root.ci.high == Approx(std::sqrt(mean.ci.high)));
  const Estimate lone = root_of(mean_estimate({4.0}, "m"), "r");
  CHECK(lone.value == 2.0);
  CHECK(std::isnan(lone.std_error));
  CHECK(std::isnan(lone.ci.low));
  CHECK(std::isnan(lone.ci.high));
}

TEST_CASE("Pairs of states: without shared ones the error is the usual one") {
  const arma::vec values{0.3, 0.1, 0.4, 0.15};
  const Pairs same{{0, 0}, {1, 1}, {2, 2}, {3, 3}};
  const Estimate mean = mean_over_pairs(values, same, "").mean;
  const Estimate usual = mean_estimate(values, "");
  CHECK(mean.value == Approx(usual.value));
  CHECK(mean.std_error == Approx(usual.std_error));
  CHECK(mean.ci.high == Approx(usual.ci.high));
  // A pair without a value does not count.
  const arma::vec with_gap{0.3, arma::datum::nan, 0.4, 0.15};
  CHECK(mean_over_pairs(with_gap, same, "").mean.std_error ==
        Approx(mean_estimate({0.3, 0.4, 0.15}, "").std_error));
}

TEST_CASE("Pairs with a state in common tell no error") {
  for (const Pairs& pairs : {Pairs{{0, 1}}, Pairs{{0, 1}, {0, 2}, {0, 3}}}) {
    const arma::vec values(pairs.size(), arma::fill::randu);
    const MeanOverPairs result = mean_over_pairs(values, pairs, "");
    CHECK(std::isnan(result.mean.std_error));
    CHECK(result.p_value == 1.0);
  }
  CHECK(std::isnan(mean_over_pairs({arma::datum::nan}, Pairs{{0, 1}}, "").mean.value));
}

TEST_CASE("Intervals of means over pairs cover about 95% or more, however pairs share states") {
  const Pairs chain{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5},
                    {5, 6}, {6, 7}, {7, 8}, {8, 9}, {9, 10}};
  const Pairs disjoint{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {10, 11}};
  Pairs all;  // of six states
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = i + 1; j < 6; ++j) all.emplace_back(i, j);
  for (const Pairs& pairs : {chain, disjoint, all})
    for (const double own : {0.0, 1.0}) CHECK(coverage(pairs, own) > 0.94);
}

TEST_CASE("p-values of no difference") {
  CHECK(two_sided_p_value(0.0, 0.0, 5.0) == 1.0);
  CHECK(two_sided_p_value(0.1, 0.0, 5.0) == 0.0);
  CHECK(two_sided_p_value(-2.570582, 1.0, 5.0) == Approx(0.05).epsilon(1e-5));
  CHECK(two_sided_p_value(1.0, arma::datum::nan, 5.0) == 1.0);
}
