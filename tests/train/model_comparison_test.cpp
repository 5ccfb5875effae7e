#include <cmath>

#include <boost/math/special_functions/binomial.hpp>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/ensemble.hpp>
#include <rhodrift/train/model_comparison.hpp>
#include <rhodrift/train/qnn.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

/// P(a of n samples are right in the first only, b in the second only), with probabilities p and q.
double trinomial(unsigned a, unsigned b, unsigned n, double p, double q) {
  const auto log_factorial = [](unsigned k) { return std::lgamma(k + 1.0); };
  const unsigned same = n - a - b;
  return std::exp(log_factorial(n) - log_factorial(a) - log_factorial(b) - log_factorial(same) +
                  a * std::log(p) + b * std::log(q) + same * std::log(1 - p - q));
}

/// The probability that the interval holds p - q, over all that can be seen.
double coverage(unsigned n, double p, double q) {
  double covered = 0;
  for (unsigned a = 0; a <= n; ++a)
    for (unsigned b = 0; a + b <= n; ++b) {
      const Interval ci = paired_accuracy_difference(a, b, n).ci;
      if (ci.low <= p - q && p - q <= ci.high) covered += trinomial(a, b, n, p, q);
    }
  return covered;
}

/// Of `n` samples of class 0, the first `only_a` right in a alone, the next `only_b` in b alone.
std::vector<ModelPredictions> two_models(std::size_t only_a, std::size_t only_b, std::size_t n) {
  std::vector<ModelPredictions> models{{"a", std::vector<int>(n)}, {"b", std::vector<int>(n)}};
  for (std::size_t i = 0; i < only_a; ++i) models[1].classes[i] = 1;
  for (std::size_t i = only_a; i < only_a + only_b; ++i) models[0].classes[i] = 2;
  return models;
}

}  // namespace

TEST_CASE("McNemar's test is the binomial one") {
  CHECK(mcnemar_p_value(0, 0) == 1.0);
  CHECK(mcnemar_p_value(5, 5) == 1.0);
  // 2 (1 + 10) / 2^10
  CHECK(mcnemar_p_value(9, 1) == Approx(22.0 / 1024).epsilon(1e-14));
  CHECK(mcnemar_p_value(1, 9) == mcnemar_p_value(9, 1));
  CHECK(mcnemar_p_value(0, 6) == Approx(2.0 / 64).epsilon(1e-14));
  for (const unsigned differing : {1U, 7U, 30U, 101U}) {
    // Called significant at α with a probability of at most α where there is no difference.
    double wrong = 0;
    for (unsigned a = 0; a <= differing; ++a)
      if (mcnemar_p_value(a, differing - a) < 0.05)
        wrong += boost::math::binomial_coefficient<double>(differing, a) / std::exp2(differing);
    CHECK(wrong < 0.05);
  }
}

TEST_CASE("the interval of a paired difference covers what it says") {
  // Exact, over all outcomes. Never less than nominal by more than rounding; where fewer than some
  // 10 samples differ, more.
  for (const unsigned n : {30U, 100U, 200U})
    for (const auto& [p, q] : {std::pair{0.1, 0.1}, {0.2, 0.05}, {0.3, 0.2}, {0.05, 0.15}}) {
      CHECK(coverage(n, p, q) > 0.948);
      CHECK(coverage(n, p, q) < 0.985);
    }
  for (const auto& [p, q] : {std::pair{0.02, 0.02}, {0.05, 0.01}, {0.001, 0.02}})
    CHECK(coverage(100, p, q) > 0.95);
}

TEST_CASE("a paired difference has the documented figures") {
  const Estimate difference = paired_accuracy_difference(12, 2, 98);
  CHECK(difference.value == Approx(10.0 / 98));
  const double error = std::sqrt((0.13 + 0.03 - 0.01) / 100);
  CHECK(difference.std_error == Approx(error));
  CHECK(difference.ci.low == Approx(0.1 - 1.959964 * error).epsilon(1e-6));
  CHECK(difference.ci.high == Approx(0.1 + 1.959964 * error).epsilon(1e-6));
  CHECK(difference.diagnostics.at("samples") == 98);
  CHECK(paired_accuracy_difference(1, 0, 1).ci.high == 1.0);
  CHECK_THROWS_WITH(paired_accuracy_difference(3, 3, 5),
                    "model comparison: samples: 5, of which 3 and 3 differ");
  CHECK_THROWS_AS(paired_accuracy_difference(0, 0, 0), InputError);
}

TEST_CASE("models are compared on the same samples, pair by pair") {
  std::vector<ModelPredictions> models = two_models(9, 1, 40);
  models.push_back({"c", models[0].classes});
  const auto comparisons = compare_models(models, std::vector<int>(40));
  REQUIRE(comparisons.size() == 3);
  CHECK(comparisons[0].first == "a");
  CHECK(comparisons[0].second == "b");
  CHECK(comparisons[0].only_first == 9);
  CHECK(comparisons[0].only_second == 1);
  CHECK(comparisons[0].difference.value == Approx(0.2));
  CHECK(comparisons[0].p_value == Approx(22.0 / 1024));
  // Holm: two p-values of 22/1024 and one of 1.
  CHECK(comparisons[0].adjusted_p_value == Approx(66.0 / 1024));
  CHECK_FALSE(comparisons[0].significant);
  CHECK(comparisons[1].p_value == 1.0);
  CHECK(comparisons[2].first == "b");
  CHECK(comparisons[2].second == "c");
  CHECK(comparisons[2].difference.value == Approx(-0.2));

  const auto alone = compare_models(two_models(9, 1, 40), std::vector<int>(40));
  CHECK(alone[0].significant);
  CHECK(compare_models({}, std::vector<int>(3)).empty());
}

TEST_CASE("comparisons refuse predictions that do not belong together") {
  std::vector<ModelPredictions> models = two_models(1, 1, 4);
  CHECK_THROWS_WITH(compare_models(models, std::vector<int>(5)),
                    "model comparison: a: 4 predictions, 5 labels");
  CHECK_THROWS_WITH(compare_models(models, {}), "model comparison: there are no samples");
  models[1].model = "a";
  CHECK_THROWS_WITH(compare_models(models, std::vector<int>(4)),
                    "model comparison: a: two models have this name");
}

TEST_CASE("a model that is no better than a baseline is warned of") {
  const std::vector<int> labels(60);
  const auto warned = [&](std::size_t only_a, std::size_t only_b, const std::string& model,
                          const std::string& baseline) {
    return baseline_warnings(compare_models(two_models(only_a, only_b, 60), labels), model,
                             std::vector{baseline});
  };
  CHECK(warned(20, 2, "a", "b").empty());
  const auto other_way = warned(20, 2, "b", "a");
  REQUIRE(other_way.size() == 1);
  CHECK(other_way[0].code == Warning::Code::not_above_baseline);
  CHECK_THAT(other_way[0].text(), Catch::Matchers::StartsWith(
                                      "b is not significantly better than a, accuracy -0.300 ["));
  CHECK_THAT(other_way[0].remedy,
             Catch::Matchers::Equals("use a, or take another encoding or ansatz"));
  const auto too_few = warned(5, 2, "a", "b");
  REQUIRE(too_few.size() == 1);
  CHECK_THAT(too_few[0].remedy, Catch::Matchers::StartsWith("use b, or test on more samples"));
  CHECK(warned(5, 2, "a", "nobody").empty());
}
