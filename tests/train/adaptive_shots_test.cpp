#include <rhodrift/core/error.hpp>
#include <rhodrift/train/adaptive_shots.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

using Options = AdaptiveShots::Options;

/// The bound on what a step gains for each of its shots.
double gain_per_shot(const Options& options, const arma::vec& gradient, const arma::vec& deviation,
                     const arma::vec& circuits, const arma::vec& shots) {
  const double alpha = options.learning_rate, l = options.lipschitz;
  return (alpha * (1 - alpha * l / 2) * arma::dot(gradient, gradient) -
          alpha * alpha * l / 2 * arma::accu(arma::square(deviation) / shots)) /
         arma::dot(circuits, shots);
}

}  // namespace

TEST_CASE("Adaptive shots have the largest gain per shot") {
  const Options options{.learning_rate = 0.1, .lipschitz = 5, .min_shots = 2};
  const arma::vec gradient{0.02, -0.01}, deviation{1.0, 0.3, 2.0}, circuits{2, 2, 4};
  AdaptiveShots adaptive(options);
  adaptive.observe(gradient, deviation);
  const std::vector<std::uint64_t> found = adaptive.shots(circuits);
  REQUIRE(found.size() == 3);
  const arma::vec best = arma::conv_to<arma::vec>::from(found);
  CHECK(best.min() > 100);
  const double gain = gain_per_shot(options, gradient, deviation, circuits, best);
  CHECK(gain > 0);
  for (arma::uword a = 0; a < 3; ++a)
    for (const double factor : {0.9, 1.1}) {
      arma::vec other = best;
      other(a) *= factor;
      CHECK(gain_per_shot(options, gradient, deviation, circuits, other) < gain);
    }
}

TEST_CASE("With as many circuits each, adaptive shots are those of gCANS") {
  const Options options{.learning_rate = 0.1, .lipschitz = 5, .min_shots = 2};
  AdaptiveShots adaptive(options);
  adaptive.observe({0.3, 0.4}, {1.0, 3.0});
  // 2αL/(2 - αL) = 2/3, Σσ = 4, |g|² = 1/4
  CHECK(adaptive.shots({7, 7}) == std::vector<std::uint64_t>{11, 32});
}

TEST_CASE("Adaptive shots stay in their limits") {
  const Options options{.min_shots = 10, .max_shots = 500};
  AdaptiveShots adaptive(options);
  CHECK(adaptive.shots({1, 1}) == std::vector<std::uint64_t>{10, 10});
  adaptive.observe({0, 0}, {1, 0});
  CHECK(adaptive.shots({1, 1}) == std::vector<std::uint64_t>{500, 10});
  adaptive.observe({1e9, 0}, {1, 0});
  CHECK(adaptive.shots({1, 1}) == std::vector<std::uint64_t>{10, 10});
}

TEST_CASE("Averages of adaptive shots have no bias and can go on") {
  const Options options{.decay = 0.5};
  AdaptiveShots adaptive(options);
  adaptive.observe({2.0}, {4.0});
  adaptive.observe({5.0}, {1.0});
  // (0.5 · 2 + 5)/1.5 = 4 after division by 1 - 0.5² of 0.5 each
  const double seen = 1 - 0.5 * 0.5;
  CHECK(adaptive.state().gradient(0) / seen == Approx(4.0));
  CHECK(adaptive.state().deviation(0) / seen == Approx(2.0));
  CHECK(adaptive.state().steps == 2);

  AdaptiveShots resumed(options, adaptive.state());
  for (AdaptiveShots* each : {&adaptive, &resumed}) each->observe({0.1}, {3.0});
  CHECK(resumed.shots({3}) == adaptive.shots({3}));
  CHECK(arma::all(resumed.state().gradient == adaptive.state().gradient));
}

TEST_CASE("Adaptive shots refuse what is out of range") {
  const auto refused = [](Options options, const char* message) {
    CHECK_THROWS_WITH(AdaptiveShots(options), message);
  };
  refused({.learning_rate = 0}, "adaptive shots: learning_rate: 0 is not > 0");
  refused({.learning_rate = 0.1, .lipschitz = 20},
          "adaptive shots: lipschitz: 20 is not in (0, 2/learning_rate) = (0, 20)");
  refused({.decay = 1}, "adaptive shots: decay: 1 is not in [0, 1)");
  refused({.min_shots = 1}, "adaptive shots: min_shots: 1 is not >= 2");
  refused({.min_shots = 10, .max_shots = 9}, "adaptive shots: max_shots: 9 is not >= 10");

  const auto refused_state = [](AdaptiveShots::State state, const char* message) {
    CHECK_THROWS_WITH(AdaptiveShots(Options(), std::move(state)), ContainsSubstring(message));
  };
  refused_state({{1.0}, {1.0}, 0}, "1 averages of gradients and 1 of deviations after 0 steps");
  refused_state({{arma::datum::nan}, {1.0}, 1}, "not finite");
  refused_state({{1.0}, {-1.0}, 1}, "below 0");

  AdaptiveShots adaptive{Options()};
  adaptive.observe({1, 2}, {1, 2, 3});
  CHECK_THROWS_WITH(adaptive.shots({1, 1}), "adaptive shots: directions: 2, at the first step 3");
  CHECK_THROWS_AS(adaptive.observe({1}, {1, 2, 3}), InputError);
  CHECK_THROWS_AS(adaptive.observe({1, 2}, {1, 2}), InputError);
  CHECK_THROWS_AS(adaptive.observe({1, arma::datum::inf}, {1, 2, 3}), RunError);
}
