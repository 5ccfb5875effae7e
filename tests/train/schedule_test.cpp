#include <cmath>
#include <string>
#include <vector>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/schedule.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

std::vector<double> rate_factors(const std::string& text, std::uint64_t n_steps) {
  const Schedule schedule = parse_schedule(text);
  std::vector<double> factors;
  for (std::uint64_t step = 0; step < n_steps; ++step)
    factors.push_back(schedule.rate_factor(step, n_steps));
  return factors;
}

void check_factors(const std::string& text, const std::vector<double>& expected) {
  INFO(text);
  const std::vector<double> factors = rate_factors(text, expected.size());
  for (std::size_t step = 0; step < expected.size(); ++step)
    CHECK(factors[step] == Approx(expected[step]).epsilon(1e-14));
}

}  // namespace

TEST_CASE("schedules have their known values") {
  check_factors("constant", {1, 1, 1});
  check_factors("constant:warmup=3", {0.25, 0.5, 0.75, 1, 1});
  check_factors("step:every=2:factor=0.5", {1, 1, 0.5, 0.5, 0.25});
  check_factors("step:every=2:warmup=1", {0.5, 1, 1, 0.1, 0.1, 0.01});
  // (1 + cos(π u/4))/2
  const double high = (1 + std::sqrt(0.5)) / 2, low = (1 - std::sqrt(0.5)) / 2;
  check_factors("cosine", {1, high, 0.5, low});
  check_factors("cosine:warmup=1", {0.5, 1, high, 0.5, low});
  check_factors("cosine:final=0.2", {1, 0.2 + 0.8 * high, 0.6, 0.2 + 0.8 * low});
}

TEST_CASE("a schedule's factor is in (0, 1], and falls after the warm-up") {
  for (const char* text : {"cosine:warmup=7", "cosine:final=0.3", "step:every=5:factor=0.9"}) {
    INFO(text);
    const std::vector<double> factors = rate_factors(text, 100);
    const auto warmup = static_cast<std::size_t>(parse_schedule(text).warmup);
    CHECK(factors[warmup] == 1);
    for (std::size_t step = 0; step < factors.size(); ++step) {
      CHECK(factors[step] > 0);
      CHECK(factors[step] <= 1);
      if (step > 0 && step <= warmup) CHECK(factors[step] > factors[step - 1]);
      if (step > warmup) CHECK(factors[step] <= factors[step - 1]);
    }
  }
}

TEST_CASE("schedules read back what they are written as") {
  for (const char* text : {"constant", "constant:warmup=20", "cosine:final=0.01:warmup=20",
                           "step:every=100:factor=0.5", "step:every=1:factor=0.1:warmup=3"})
    CHECK(to_string(parse_schedule(text)) == text);
  CHECK(parse_schedule("cosine") == Schedule{.shape = Schedule::Shape::cosine});
  CHECK(to_string(Schedule{}) == "constant");
}

TEST_CASE("what is no schedule is refused") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(parse_schedule("linear"),
                    R"(schedule: "linear": "linear" is unknown; known are constant, cosine, step)");
  CHECK_THROWS_WITH(parse_schedule("step"), R"(schedule: "step": needs every=STEPS)");
  CHECK_THROWS_WITH(parse_schedule("step:every=0"), Contains("no whole number in 1.."));
  CHECK_THROWS_WITH(parse_schedule("step:every=10:factor=1"),
                    Contains("factor: 1 is outside (0, 1)"));
  CHECK_THROWS_WITH(parse_schedule("cosine:final=1"), Contains("final: 1 is outside [0, 1)"));
  CHECK_THROWS_WITH(parse_schedule("cosine:final=nan"), Contains("outside [0, 1)"));
  CHECK_THROWS_WITH(parse_schedule("cosine:factor=0.5"),
                    Contains("unknown setting \"factor\"; known are final, warmup"));
  CHECK_THROWS_WITH(parse_schedule("constant:warmup=-1"), Contains("no whole number in 0.."));
  CHECK_THROWS_WITH((Schedule{.shape = Schedule::Shape::step, .every = 0}.validate()),
                    "schedule: every: 0 is not >= 1");
  CHECK_THROWS_WITH((Schedule{.warmup = -2}.validate()), "schedule: warmup: -2 is not >= 0");
  CHECK_THROWS_WITH(parse_schedule("constant:warmup=5").rate_factor(0, 5),
                    "schedule: warmup: 5 steps, but the run has 5");
  CHECK_THROWS_WITH(Schedule{}.rate_factor(5, 5), "schedule: step 5 of a run of 5");
}

TEST_CASE("clipping by norm keeps the direction, by value the signs") {
  const arma::vec gradient = {3, -4, 0};
  const auto clipped = [&](const char* text) {
    return parse_gradient_clipping(text)->apply(gradient);
  };
  CHECK(arma::approx_equal(clipped("norm:1"), arma::vec{0.6, -0.8, 0}, "absdiff", 1e-15));
  CHECK(arma::approx_equal(clipped("norm:5"), gradient, "absdiff", 0.0));
  CHECK(arma::approx_equal(clipped("value:3.5"), arma::vec{3, -3.5, 0}, "absdiff", 0.0));
  CHECK(
      arma::approx_equal(GradientClipping{}.apply(arma::zeros(2)), arma::zeros(2), "absdiff", 0.0));
}

TEST_CASE("clippings read back what they are written as") {
  for (const char* text : {"none", "norm:1", "value:0.5"})
    CHECK(to_string(parse_gradient_clipping(text)) == text);
  CHECK(parse_gradient_clipping("norm") == GradientClipping{});
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(parse_gradient_clipping("size:1"),
                    Contains("\"size\" is unknown; known are none, norm, value"));
  CHECK_THROWS_WITH(parse_gradient_clipping("norm:0"), Contains("limit: 0 is not > 0"));
  CHECK_THROWS_WITH(parse_gradient_clipping("norm:inf"), Contains("limit: inf is not > 0"));
  CHECK_THROWS_WITH(parse_gradient_clipping("none:1"), Contains("takes no settings"));
}
