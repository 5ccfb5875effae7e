#include <cmath>
#include <limits>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/core/random.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("normal_estimate uses the normal quantile of its level") {
  const Estimate estimate = normal_estimate(0.5, 0.1, "some method");
  CHECK(estimate.value == 0.5);
  CHECK(estimate.std_error == 0.1);
  CHECK(estimate.level == 0.95);
  CHECK(estimate.method == "some method");
  CHECK(estimate.ci.low == Approx(0.5 - 0.1959963984540054).epsilon(1e-14));
  CHECK(estimate.ci.high == Approx(0.5 + 0.1959963984540054).epsilon(1e-14));
  CHECK(normal_estimate(0, 1, "", 0.6826894921370859).ci.high == Approx(1.0).epsilon(1e-14));
}

TEST_CASE("normal_estimate of an exact value is a point") {
  const Estimate estimate = normal_estimate(-0.25, 0.0, "exact");
  CHECK(estimate.ci.low == -0.25);
  CHECK(estimate.ci.high == -0.25);
}

TEST_CASE("normal_estimate refuses what is no standard error or level") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(normal_estimate(0, -1, ""),
                    "estimate: std_error: -1 is not a finite number >= 0");
  CHECK_THROWS_AS(normal_estimate(0, nan, ""), InputError);
  CHECK_THROWS_AS(normal_estimate(0, std::numeric_limits<double>::infinity(), ""), InputError);
  CHECK_THROWS_WITH(normal_estimate(0, 1, "", 1.0), "estimate: level: 1 is outside (0, 1)");
  CHECK_THROWS_AS(normal_estimate(0, 1, "", 0.0), InputError);
  CHECK_THROWS_AS(normal_estimate(0, 1, "", nan), InputError);
}

TEST_CASE("student_estimate uses Student's quantile, which tends to the normal one") {
  const Estimate estimate = student_estimate(0.5, 0.1, 4, "some method");
  CHECK(estimate.value == 0.5);
  CHECK(estimate.std_error == 0.1);
  CHECK(estimate.method == "some method");
  CHECK(estimate.ci.low == Approx(0.5 - 0.27764451051977987).epsilon(1e-13));
  CHECK(estimate.ci.high == Approx(0.5 + 0.27764451051977987).epsilon(1e-13));
  CHECK(student_estimate(0, 1, 1, "", 0.5).ci.high == Approx(1.0).epsilon(1e-13));
  CHECK(student_estimate(0, 1, 100'000'000, "").ci.high == Approx(1.959963984540054).epsilon(1e-7));
  CHECK(student_estimate(0.25, 0.0, 1, "").ci.high == 0.25);
  CHECK_THROWS_WITH(student_estimate(0, 1, 0, ""),
                    "estimate: degrees_of_freedom: 0 is not positive");
  CHECK_THROWS_WITH(student_estimate(0, -1, 3, ""),
                    "estimate: std_error: -1 is not a finite number >= 0");
  CHECK_THROWS_WITH(student_estimate(0, 1, 3, "", 1.0), "estimate: level: 1 is outside (0, 1)");
}

TEST_CASE("proportion_estimate gives Wilson's interval") {
  const Estimate estimate = proportion_estimate(10, 100);
  CHECK(estimate.value == 0.1);
  CHECK(estimate.std_error == Approx(0.03).epsilon(1e-14));
  CHECK(estimate.shots == 100);
  CHECK(estimate.ci.low == Approx(0.0552291370606751).epsilon(1e-13));
  CHECK(estimate.ci.high == Approx(0.17436566150491345).epsilon(1e-13));
  const Estimate ninety = proportion_estimate(1, 3, 0.9);
  CHECK(ninety.ci.low == Approx(0.07826572633372841).epsilon(1e-13));
  CHECK(ninety.ci.high == Approx(0.7464661317187757).epsilon(1e-13));
}

TEST_CASE("proportion_estimate keeps a width where the standard error vanishes") {
  const Estimate none = proportion_estimate(0, 20);
  CHECK(none.std_error == 0.0);
  CHECK(none.ci.low == 0.0);
  CHECK(none.ci.high == Approx(0.1611251580528193).epsilon(1e-13));
  const Estimate all = proportion_estimate(20, 20, 0.99);
  CHECK(all.ci.low == Approx(0.7508945989012467).epsilon(1e-13));
  CHECK(all.ci.high == 1.0);
}

TEST_CASE("proportion_estimate refuses impossible counts") {
  CHECK_THROWS_WITH(proportion_estimate(0, 0), "proportion: trials: 0 is not positive");
  CHECK_THROWS_WITH(proportion_estimate(5, 4),
                    "proportion: successes: 5 is more than the 4 trials");
  CHECK_THROWS_AS(proportion_estimate(1, 4, 1.5), InputError);
}

TEST_CASE("proportion_estimate covers at its level") {
  RandomStream random(20240601);
  const double truth = 0.07;
  const int repeats = 4000, trials = 200;
  int covered = 0;
  for (int r = 0; r < repeats; ++r) {
    std::uint64_t successes = 0;
    for (int t = 0; t < trials; ++t) successes += random.uniform() < truth ? 1 : 0;
    const Interval ci = proportion_estimate(successes, trials, 0.9).ci;
    covered += ci.low <= truth && truth <= ci.high ? 1 : 0;
  }
  // The exact coverage of Wilson's interval at this p and n, from the binomial sum, is 0.8752; four
  // standard errors of the simulation are allowed.
  const double exact = 0.8752;
  const double coverage = static_cast<double>(covered) / repeats;
  CHECK(std::abs(coverage - exact) < 4 * std::sqrt(exact * (1 - exact) / repeats));
}
