#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>

#include "mitigation/sampling.hpp"
#include "support/catch.hpp"
#include "support/observables.hpp"

using namespace rhodrift;

TEST_CASE("Raw expectations are averages with their unbiased covariance") {
  // 100 shots: <Z0> = (50 + 10 - 30 - 10)/100, and so on.
  const auto outcomes = Outcomes::from_counts(2, {{0b00, 50}, {0b01, 30}, {0b10, 10}, {0b11, 10}});
  const auto observables = parse_observables({"Z0", "Z1", "Z0 Z1", "0.5*Z0 - 2*Z1 + 3*I"});
  const JointEstimate joint = raw_expectations(outcomes, observables);
  const double z0 = 0.2, z1 = 0.6, z01 = 0.2;
  CHECK(joint.values(0) == Approx(z0).epsilon(1e-14));
  CHECK(joint.values(1) == Approx(z1).epsilon(1e-14));
  CHECK(joint.values(2) == Approx(z01).epsilon(1e-14));
  CHECK(joint.values(3) == Approx(0.5 * z0 - 2 * z1 + 3).epsilon(1e-14));

  CHECK(joint.covariance(0, 0) == Approx((1 - z0 * z0) / 99).epsilon(1e-13));
  CHECK(joint.covariance(0, 1) == Approx((z01 - z0 * z1) / 99).epsilon(1e-13));
  CHECK(joint.covariance(0, 2) == Approx((z1 - z0 * z01) / 99).epsilon(1e-13));
  const double sum_variance =
      0.25 * (1 - z0 * z0) + 4 * (1 - z1 * z1) - 2 * 0.5 * 2 * (z01 - z0 * z1);
  CHECK(joint.covariance(3, 3) == Approx(sum_variance / 99).epsilon(1e-13));
  CHECK(arma::approx_equal(joint.covariance, joint.covariance.t(), "absdiff", 1e-17));
}

TEST_CASE("Exact outcomes have no covariance") {
  const auto outcomes = Outcomes::from_probabilities({0.5, 0.3, 0.1, 0.1});
  const JointEstimate joint = raw_expectations(outcomes, parse_observables({"Z0", "Z0 Z1"}));
  CHECK(joint.values(0) == Approx(0.2).epsilon(1e-14));
  CHECK(arma::abs(joint.covariance).max() == 0.0);
}

TEST_CASE("The covariance is unbiased for any number of shots from two on") {
  const std::vector<double> p{0.5, 0.3, 0.15, 0.05};
  const auto observables = parse_observables({"Z0", "Z1", "Z0 Z1"});
  const arma::vec mean = raw_expectations(Outcomes::from_probabilities(p), observables).values;
  const arma::mat one_shot{
      {1 - mean(0) * mean(0), mean(2) - mean(0) * mean(1), mean(1) - mean(0) * mean(2)},
      {mean(2) - mean(0) * mean(1), 1 - mean(1) * mean(1), mean(0) - mean(1) * mean(2)},
      {mean(1) - mean(0) * mean(2), mean(0) - mean(1) * mean(2), 1 - mean(2) * mean(2)}};
  RandomStream random(13);
  for (const std::uint64_t shots : {2, 3, 10}) {
    constexpr int repetitions = 40000;
    arma::mat average(3, 3, arma::fill::zeros);
    double least = 0.0;
    for (int r = 0; r < repetitions; ++r) {
      const JointEstimate joint = raw_expectations(sampling::draw(p, shots, random), observables);
      least = std::min(least, arma::eig_sym(joint.covariance).min());
      average += joint.covariance / repetitions;
    }
    CHECK(least > -1e-15);
    // Entries are at most 2/shots (two shots that differ), so their averages are known to
    // 0.01/shots.
    const double margin = 4.0 * 2.0 / std::sqrt(double{repetitions});
    CHECK(arma::abs(average * static_cast<double>(shots) - one_shot).max() < margin);
  }
}

TEST_CASE("Shots that all agree show no variance, nor does one") {
  const auto z = parse_observables({"Z0", "Z0 Z1"});
  CHECK(arma::abs(raw_expectations(Outcomes::from_counts(2, {{2, 50}}), z).covariance).max() == 0);
  const JointEstimate one = raw_expectations(Outcomes::from_counts(2, {{1, 1}}), z);
  CHECK(one.values(0) == -1.0);
  CHECK(arma::abs(one.covariance).max() == 0.0);
  // Outcomes that differ elsewhere, with frequencies that do not add up to 1 to the last bit.
  for (std::uint64_t n = 1; n <= 60; ++n) {
    const JointEstimate several =
        raw_expectations(Outcomes::from_counts(3, {{0, n}, {2, 7}, {4, 3}}), z);
    CHECK(several.values(0) == 1.0);
    CHECK(several.covariance(0, 0) == 0.0);
    CHECK(several.covariance(1, 1) > 0.0);
  }
}

TEST_CASE("Raw expectations speak of up to 64 bits") {
  const Bitstring all = ~Bitstring{0};
  const auto outcomes = Outcomes::from_counts(64, {{all, 3}, {0, 1}});
  const JointEstimate joint = raw_expectations(outcomes, parse_observables({"Z63", "Z0 Z63"}));
  CHECK(joint.values(0) == -0.5);
  CHECK(joint.values(1) == 1.0);
  CHECK(joint.covariance(1, 1) == 0.0);
}

TEST_CASE("Raw 95% intervals cover 95%") {
  RandomStream seed(11);
  const std::vector<double> p = sampling::random_distribution(3, seed);
  const auto observables = parse_observables({"Z0 Z2 - 0.5*Z1"});
  const double truth = raw_expectations(Outcomes::from_probabilities(p), observables).values(0);
  const auto circuit = std::make_shared<const Circuit>(3);
  const Plan plan = readout::construct(circuit, 1000);
  const double covered = sampling::coverage(truth, 12, [&](RandomStream& random) {
    const std::vector<Outcomes> outcomes{sampling::draw(p, 1000, random)};
    return readout::combine(plan, outcomes, observables, raw_estimator())[0];
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("Observables that outcomes cannot give are refused") {
  const auto outcomes = Outcomes::from_counts(2, {{0, 1}});
  CHECK_THROWS_WITH(raw_expectations(outcomes, parse_observables({"Z0", "X1"})),
                    ContainsSubstring("observable") && ContainsSubstring("X1") &&
                        ContainsSubstring("not diagonal"));
  CHECK_THROWS_WITH(raw_expectations(outcomes, parse_observables({"Z2"})),
                    ContainsSubstring("bit 2 is outside 0..1"));
  CHECK_THROWS_AS(raw_expectations(outcomes, parse_observables({"Z2"})), InputError);
  CHECK_THROWS_WITH(raw_expectations(Outcomes{}, parse_observables({"Z0"})),
                    ContainsSubstring("none"));
}
