#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/instances.hpp>

#include "mitigation/sampling.hpp"
#include "support/catch.hpp"

using namespace rhodrift;

namespace {

ReadExpectations random_readings(std::size_t n, RandomStream& random) {
  ReadExpectations read;
  read.shared.set_size(2 * n, 1);
  for (double& entry : read.shared) entry = 0.1 * random.normal();
  for (std::size_t i = 0; i < n; ++i)
    read.readings.push_back({arma::vec{random.normal(), random.normal()}, arma::mat(2, 2)});
  return read;
}

}  // namespace

TEST_CASE("Cells are weighted means with the covariance of their scatter") {
  RandomStream random(3);
  const ReadExpectations read = random_readings(5, random);
  const std::vector<Instance> instances{{0, 1.5}, {1, 1.0}, {0, -1.5}, {0, 1.5}, {1, 2.0}};
  const ReadExpectations cells = pooled(read, instances);
  REQUIRE(cells.readings.size() == 2);
  const arma::mat of_0 =
      arma::join_rows(arma::vec(1.5 * read.readings[0].values), -1.5 * read.readings[2].values,
                      1.5 * read.readings[3].values);
  CHECK(arma::approx_equal(cells.readings[0].values, arma::vec(arma::mean(of_0, 1)), "absdiff",
                           1e-15));
  CHECK(arma::approx_equal(cells.readings[0].covariance, arma::mat(arma::cov(of_0.t()) / 3.0),
                           "absdiff", 1e-15));
  // The calibration's error moves all instances together.
  REQUIRE(cells.shared.n_rows == 4);
  for (arma::uword k = 0; k < 2; ++k) {
    CHECK(cells.shared(k, 0) ==
          Approx(0.5 * (read.shared(k, 0) - read.shared(4 + k, 0) + read.shared(6 + k, 0))));
    CHECK(cells.shared(2 + k, 0) ==
          Approx(0.5 * (read.shared(2 + k, 0) + 2.0 * read.shared(8 + k, 0))));
  }
  const JointEstimate joint = cells.joint();
  CHECK(joint.covariance(0, 3) == Approx(cells.shared(0, 0) * cells.shared(3, 0)));
}

TEST_CASE("Strata scatter about their own means") {
  RandomStream random(5);
  const ReadExpectations read = random_readings(6, random);
  const std::vector<Instance> instances{{0, 1.2, 0}, {0, -1.1, 1}, {0, 1.2, 0},
                                        {0, 1.2, 0}, {0, -1.1, 1}, {0, 1.2, 0}};
  const PooledExpectations cell = pooled(read, instances);
  arma::mat positive, negative;
  for (std::size_t i = 0; i < 6; ++i) {
    arma::mat& stratum = instances[i].stratum == 0 ? positive : negative;
    stratum = arma::join_rows(stratum, instances[i].weight * read.readings[i].values);
  }
  CHECK(arma::approx_equal(cell.readings[0].values,
                           arma::vec(arma::mean(arma::join_rows(positive, negative), 1)), "absdiff",
                           1e-15));
  const arma::mat a = arma::cov(positive.t()) * (4.0 / 6) * (4.0 / 6) / 4.0;
  const arma::mat b = arma::cov(negative.t()) * (2.0 / 6) * (2.0 / 6) / 2.0;
  CHECK(arma::approx_equal(cell.readings[0].covariance, arma::mat(a + b), "absdiff", 1e-15));
  CHECK(cell.degrees_of_freedom(1) ==
        Approx(effective_degrees_of_freedom({a(1, 1), b(1, 1)}, {3.0, 1.0})));
  CHECK_THROWS_WITH(pooled(read, std::vector<Instance>{{0, 1.0, 1}, {0}, {0}, {0}, {0}, {0}}),
                    ContainsSubstring("one instance in a stratum"));
}

TEST_CASE("A cell of one instance keeps the covariance of its shots") {
  ReadExpectations read;
  read.readings.push_back({arma::vec{0.5}, arma::mat{0.04}});
  read.shared.zeros(1, 0);
  const ReadExpectations cells = pooled(read, std::vector<Instance>{{0, 2.0}});
  CHECK(cells.readings[0].values(0) == 1.0);
  CHECK(cells.readings[0].covariance(0, 0) == Approx(0.16).epsilon(1e-15));
}

TEST_CASE("Degrees of freedom of sums of variances") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(effective_degrees_of_freedom({2.0}, {7.0}) == Approx(7.0));
  CHECK(effective_degrees_of_freedom({1.0, 1.0}, {5.0, 5.0}) == Approx(10.0));
  CHECK(effective_degrees_of_freedom({1.0, 3.0}, {4.0, infinity}) == Approx(64.0));
  CHECK(effective_degrees_of_freedom({0.0}, {4.0}) == infinity);
}

TEST_CASE("Instances are counted, and none may be missing") {
  RandomStream random(4);
  const ReadExpectations read = random_readings(2, random);
  CHECK_THROWS_WITH(pooled(read, std::vector<Instance>{{0}}),
                    ContainsSubstring("1 for 2 readings"));
  CHECK_THROWS_WITH(pooled(read, std::vector<Instance>{{0}, {2}}),
                    ContainsSubstring("cell 1: has none"));
}

TEST_CASE("Intervals from a few noisy instances cover 95%") {
  // Six instances whose own expectations scatter by 0.2 about the truth, 100 shots each.
  InstancePlan plan;
  const auto circuit = std::make_shared<const Circuit>(1);
  for (int i = 0; i < 6; ++i) {
    plan.jobs.push_back({circuit, {}, {}, 100});
    plan.instances.push_back({0});
  }
  const std::vector<Observable> z0{Observable::z(0)};
  const double covered = sampling::coverage(0.3, 21, [&](RandomStream& random) {
    std::vector<Outcomes> outcomes;
    for (int i = 0; i < 6; ++i)
      outcomes.push_back(sampling::draw(
          sampling::with_expectation(0.3 + 0.2 * (2 * random.uniform() - 1)), 100, random));
    return combine(plan, outcomes, z0, raw_estimator(), "test")[0];
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}
