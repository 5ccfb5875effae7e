#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/post_measurement.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"

using namespace rhodrift;

namespace {

arma::mat random_matrix(arma::uword n_rows, arma::uword n_cols, std::uint64_t seed) {
  arma::mat matrix(n_rows, n_cols);
  RandomStream random(seed);
  for (double& entry : matrix) entry = 2.0 * random.uniform() - 1.0;
  return matrix;
}

}  // namespace

TEST_CASE("Normalised expectations have no mean and a unit variance") {
  const arma::mat f = random_matrix(3, 40, 1);
  const arma::mat y = parse_post_measurement("normalise").apply(f);
  CHECK(arma::abs(arma::mean(y, 1)).max() < 1e-14);
  // var/(var + 1e-8)
  const arma::vec expected = arma::var(f, 1, 1) / (arma::var(f, 1, 1) + 1e-8);
  CHECK(arma::approx_equal(arma::var(y, 1, 1), expected, "absdiff", 1e-14));
}

TEST_CASE("A factor and a shift that all samples share do not show after normalisation") {
  const arma::mat f = random_matrix(3, 40, 2);
  arma::mat noisy = f;
  noisy.each_col() %= arma::vec{0.9, 0.5, 0.7};
  noisy.each_col() += arma::vec{0.05, -0.2, 0.1};
  const PostMeasurement normalise = parse_post_measurement("normalise");
  // Up to the floor under the variance, 1e-8 of 0.25 · 1/3.
  CHECK(arma::abs(normalise.apply(noisy) - normalise.apply(f)).max() < 1e-6);
}

TEST_CASE("Quantised expectations are at the nearest level") {
  const PostMeasurement five = parse_post_measurement("quantise:levels=5:limit=2");
  CHECK(arma::approx_equal(five.apply({{-3.0, -1.6, -0.4, 0.6, 1.4, 1.6, 9.0}}),
                           arma::mat{{-2, -2, 0, 1, 1, 2, 2}}, "absdiff", 1e-15));
  const PostMeasurement two = parse_post_measurement("quantise:2:limit=0.5");
  CHECK(arma::approx_equal(two.apply({{-0.1, 0.1, 0.7}}), arma::mat{{-0.5, 0.5, 0.5}}, "absdiff",
                           1e-15));
}

TEST_CASE("Gradients through normalisation and the attraction agree with central differences") {
  const arma::mat f = random_matrix(2, 7, 3), slope = random_matrix(2, 7, 4);
  const auto at = [&](const arma::vec& values) { return arma::reshape(values, 2, 7).eval(); };
  const PostMeasurement normalise = parse_post_measurement("normalise");
  const arma::vec linear = central_differences(
      [&](const arma::vec& values) { return arma::accu(slope % normalise.apply(at(values))); },
      arma::vectorise(f));
  CHECK(arma::norm(arma::vectorise(normalise.pulled_back(f, slope)) - linear) <=
        1e-8 * arma::norm(linear));

  for (const char* text : {"quantise:levels=6:attraction=0.7", "normalise+quantise:attraction=3"}) {
    INFO(text);
    const PostMeasurement quantise = parse_post_measurement(text);
    const PostMeasurement::Term term = quantise.attraction(f);
    CHECK(term.value > 0);
    const arma::vec differences = central_differences(
        [&](const arma::vec& values) { return quantise.attraction(at(values)).value; },
        arma::vectorise(f));
    CHECK(arma::norm(arma::vectorise(term.gradient) - differences) <=
          1e-8 * arma::norm(differences));
  }
  CHECK(normalise.attraction(f).value == 0.0);
}

TEST_CASE("Steps of quantisation have a slope of one between the limits") {
  const PostMeasurement quantise = parse_post_measurement("quantise:levels=3:limit=1");
  CHECK(arma::approx_equal(quantise.pulled_back({{-1.2, 0.3, 0.9}}, {{5, 6, 7}}),
                           arma::mat{{0, 6, 7}}, "absdiff", 0.0));
}

TEST_CASE("Post-measurement as text") {
  CHECK(parse_post_measurement("none").is_none());
  for (const char* text :
       {"none", "normalise", "normalise+quantise:levels=4:limit=1.5:attraction=0",
        "quantise:levels=5:limit=2:attraction=0.1"})
    CHECK(to_string(parse_post_measurement(text)) == text);
  CHECK(to_string(parse_post_measurement("normalise+quantise")) ==
        "normalise+quantise:levels=5:limit=2:attraction=0.1");

  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(parse_post_measurement("normalize"), Contains("normalise, quantise"));
  CHECK_THROWS_WITH(parse_post_measurement("quantise+normalise"), Contains("normalise+quantise"));
  CHECK_THROWS_WITH(parse_post_measurement("none+quantise"), Contains("none"));
  CHECK_THROWS_WITH(parse_post_measurement("quantise:levels=1"), Contains("levels"));
  CHECK_THROWS_WITH(parse_post_measurement("quantise:limit=0"), Contains("limit: 0 is not > 0"));
  CHECK_THROWS_WITH(parse_post_measurement("quantise:attraction=-1"), Contains("-1 is not >= 0"));
  CHECK_THROWS_WITH(parse_post_measurement("normalise:levels=3"), Contains("levels"));
  CHECK_THROWS_WITH(parse_post_measurement("normalise").apply(arma::mat(3, 1)),
                    "post-measurement: normalise: one sample has no spread; classify samples "
                    "together");
}
