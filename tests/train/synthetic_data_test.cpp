#include <algorithm>
#include <cmath>
#include <numbers>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/synthetic_data.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

constexpr double pi = std::numbers::pi;

/// The points of one class, 2 x n.
arma::mat points(const Dataset& data, int k) {
  const arma::ivec labels = arma::conv_to<arma::ivec>::from(data.labels);
  return data.features.cols(arma::uvec(arma::find(labels == k)));
}

arma::rowvec radii(const arma::mat& points) {
  return arma::sqrt(arma::sum(arma::square(points), 0));
}

/// The angles of points about the origin, sorted.
arma::vec angles(const arma::mat& points) {
  arma::vec found(points.n_cols);
  for (arma::uword i = 0; i < points.n_cols; ++i) found(i) = std::atan2(points(1, i), points(0, i));
  return arma::sort(found);
}

}  // namespace

TEST_CASE("moons without noise lie evenly on two half circles") {
  const Dataset data = moons(41, 0, 3);
  CHECK_NOTHROW(data.validate());
  CHECK(data.class_names == std::vector<std::string>{"0", "1"});
  arma::mat upper = points(data, 0), lower = points(data, 1);
  REQUIRE(upper.n_cols == 21);
  REQUIRE(lower.n_cols == 20);
  CHECK(arma::abs(radii(upper) - 1).max() < 1e-15);
  CHECK(arma::approx_equal(angles(upper), arma::linspace(0, pi, 21), "absdiff", 1e-14));
  lower.each_col() -= arma::vec{1, 0.5};
  CHECK(arma::abs(radii(lower) - 1).max() < 1e-15);
  // Below its centre: -π to 0; the end at (-1, 0) may be taken for +π.
  lower.row(1) -= 1e-12;
  CHECK(arma::approx_equal(angles(lower), arma::linspace(-pi, 0, 20), "absdiff", 1e-11));
}

TEST_CASE("circles without noise lie evenly on two circles") {
  const Dataset data = circles(60, 0, 0.4, 3);
  const arma::mat outer = points(data, 0), inner = points(data, 1);
  REQUIRE(outer.n_cols == 30);
  CHECK(arma::abs(radii(outer) - 1).max() < 1e-15);
  CHECK(arma::abs(radii(inner) - 0.4).max() < 1e-15);
  for (const arma::mat& circle : {outer, inner}) {
    CHECK(arma::abs(arma::diff(angles(circle)) - 2 * pi / 30).max() < 1e-14);
    CHECK(arma::norm(arma::mean(circle, 1)) < 1e-15);
  }
}

TEST_CASE("noise is normal, of the deviation asked for and independent") {
  constexpr std::size_t n = 40000;
  const double deviation = 0.2;
  // The order is drawn apart from the noise, so that the same seed has the same order.
  const arma::mat noise = moons(n, deviation, 5).features - moons(n, 0, 5).features;
  const auto count = static_cast<double>(noise.n_elem);
  const arma::vec unit = arma::vectorise(noise) / deviation;
  // Moments of a normal distribution within four standard errors: var(z^k) = 1, 2, 15, 96.
  CHECK(std::abs(arma::mean(unit)) < 4 * std::sqrt(1 / count));
  CHECK(std::abs(arma::mean(arma::vec(arma::square(unit))) - 1) < 4 * std::sqrt(2 / count));
  CHECK(std::abs(arma::mean(arma::vec(arma::pow(unit, 3)))) < 4 * std::sqrt(15 / count));
  CHECK(std::abs(arma::mean(arma::vec(arma::pow(unit, 4))) - 3) < 4 * std::sqrt(96 / count));
  const double correlation = arma::dot(noise.row(0), noise.row(1)) / (deviation * deviation * n);
  CHECK(std::abs(correlation) < 4 * std::sqrt(1.0 / n));
}

TEST_CASE("blobs are spheres about centres within the box, one a class") {
  constexpr std::size_t n = 30000, n_centres = 3, n_features = 4;
  const Dataset centres = blobs(n_centres, n_centres, n_features, 0, 8);
  CHECK(arma::abs(centres.features).max() <= 10);
  const Dataset data = blobs(n, n_centres, n_features, 1.5, 8);
  CHECK(data.class_names == std::vector<std::string>{"0", "1", "2"});
  for (int k = 0; k < 3; ++k) {
    const arma::mat blob = points(data, k);
    REQUIRE(blob.n_cols == n / 3);
    // Five standard errors: there are 3 · 4 means, and 3 · 10 entries of covariances.
    const double error = 5 * 1.5 / std::sqrt(n / 3.0);
    CHECK(arma::abs(arma::mean(blob, 1) - points(centres, k)).max() < error);
    const arma::mat covariance = arma::cov(blob.t());
    const arma::mat expected = 1.5 * 1.5 * arma::eye(n_features, n_features);
    CHECK(arma::abs(covariance - expected).max() < 5 * 1.5 * 1.5 * std::sqrt(2 / (n / 3.0)));
  }
}

TEST_CASE("centres of blobs are uniform in the box") {
  const arma::mat centres = blobs(1000, 1000, 10, 0, 2).features / 10;
  CHECK(std::abs(arma::mean(arma::vectorise(centres))) < 4 * std::sqrt(1.0 / 3 / 10000));
  CHECK(std::abs(arma::mean(arma::vectorise(arma::square(centres))) - 1.0 / 3) <
        4 * std::sqrt((1.0 / 5 - 1.0 / 9) / 10000));
}

TEST_CASE("synthetic data depend on their seed, and the order is drawn") {
  CHECK(arma::approx_equal(moons(50, 0.1, 4).features, moons(50, 0.1, 4).features, "absdiff", 0));
  CHECK(moons(50, 0.1, 4).labels != moons(50, 0.1, 5).labels);
  CHECK_FALSE(
      std::is_sorted(blobs(50, 3, 2, 1, 1).labels.begin(), blobs(50, 3, 2, 1, 1).labels.end()));
  CHECK(moons(2, 0, 1).n_samples() == 2);
}

TEST_CASE("a synthetic set has a text, with scikit-learn's values where it leaves them out") {
  const auto same = [](const Dataset& a, const Dataset& b) {
    return a.name == b.name && a.labels == b.labels &&
           arma::approx_equal(a.features, b.features, "absdiff", 0);
  };
  CHECK(same(synthetic_dataset("moons:samples=400:noise=0.1:seed=3"), moons(400, 0.1, 3)));
  CHECK(same(synthetic_dataset("moons"), moons(100, 0, 1)));
  CHECK(same(synthetic_dataset("circles:factor=0.5"), circles(100, 0, 0.5, 1)));
  CHECK(same(synthetic_dataset("circles:seed=2:noise=1e-2"), circles(100, 0.01, 0.8, 2)));
  CHECK(same(synthetic_dataset("blobs"), blobs(100, 3, 2, 1, 1)));
  CHECK(same(synthetic_dataset("blobs:centres=4:features=5:deviation=0.5:samples=9"),
             blobs(9, 4, 5, 0.5, 1)));
  CHECK(moons(400, 0.1, 3).name == "moons:samples=400:noise=0.1:seed=3");
  for (const std::string text : {"moons", "circles:noise=0.05:seed=7", "blobs:centres=5"}) {
    const Dataset data = synthetic_dataset(text);
    CHECK(same(synthetic_dataset(data.name), data));
  }
  CHECK(is_synthetic("moons"));
  CHECK(is_synthetic("blobs:whatever"));
  CHECK_FALSE(is_synthetic("moons.csv"));
  CHECK_FALSE(is_synthetic("./moons:samples=3"));
  CHECK_FALSE(is_synthetic("moon"));
}

TEST_CASE("a text that is none of a synthetic set is refused with what can be there") {
  CHECK_THROWS_WITH(synthetic_dataset("moons:sample=4"),
                    "moons:sample=4: 'sample' is no parameter of moons; there are samples, seed, "
                    "noise");
  CHECK_THROWS_WITH(synthetic_dataset("moons:factor=0.5"),
                    "moons:factor=0.5: 'factor' is no parameter of moons; there are samples, seed, "
                    "noise");
  CHECK_THROWS_WITH(synthetic_dataset("moons:noise"),
                    "moons:noise: 'noise' is not parameter=value");
  CHECK_THROWS_WITH(synthetic_dataset("moons:"), "moons:: '' is not parameter=value");
  CHECK_THROWS_WITH(synthetic_dataset("moons:noise=1:noise=2"),
                    "moons:noise=1:noise=2: 'noise=2' gives the parameter a second time");
  CHECK_THROWS_WITH(synthetic_dataset("moons:samples=-4"),
                    "moons:samples=-4: 'samples=-4' is not a whole number >= 0");
  CHECK_THROWS_WITH(synthetic_dataset("moons:noise=little"),
                    "moons:noise=little: 'noise=little' is not a number");
  CHECK_THROWS_WITH(synthetic_dataset("swiss_roll"),
                    "swiss_roll: is none of moons, circles, blobs, sine and friedman1");
}

TEST_CASE("arguments outside their range are refused") {
  CHECK_THROWS_WITH(moons(1, 0, 1), "moons: samples: 1 is not in 2..10000000");
  CHECK_THROWS_WITH(moons(10, -0.1, 1), "moons: noise: -0.1 is not a finite number >= 0");
  CHECK_THROWS_AS(circles(10, arma::datum::nan, 0.5, 1), InputError);
  CHECK_THROWS_WITH(circles(10, 0, 1, 1), "circles: factor: 1 is not in (0, 1)");
  CHECK_THROWS_WITH(blobs(10, 1, 2, 1, 1), "blobs: centres: 1 is not at least 2");
  CHECK_THROWS_WITH(blobs(10, 3, 0, 1, 1), "blobs: features: 0 is not in 1..1000");
  CHECK_THROWS_WITH(blobs(2, 3, 2, 1, 1), "blobs: samples: 2 is not in 3..10000000");
  CHECK_THROWS_WITH(blobs(10, 3, 2, arma::datum::inf, 1),
                    "blobs: deviation: inf is not a finite number >= 0");
}

TEST_CASE("drawn regressions are their functions, with noise of the deviation asked for") {
  const Dataset wave = sine(2000, 0, 5);
  CHECK(wave.is_regression());
  CHECK(arma::approx_equal(wave.targets, arma::sin(wave.features), "absdiff", 1e-15));
  CHECK(wave.features.min() < -3.1);
  CHECK(wave.features.max() > 3.1);
  const arma::rowvec noise = sine(2000, 0.2, 5).targets.row(0) - wave.targets.row(0);
  CHECK(arma::stddev(noise) == Approx(0.2).epsilon(0.05));
  CHECK(arma::mean(noise) == Approx(0.0).margin(0.015));

  const Dataset friedman = synthetic_dataset("friedman1:samples=40:features=7");
  CHECK(friedman.name == "friedman1:samples=40:features=7:noise=0:seed=1");
  REQUIRE(friedman.features.n_rows == 7);
  const arma::vec x = friedman.features.col(11);
  CHECK(friedman.targets(0, 11) == Approx(10 * std::sin(std::numbers::pi * x(0) * x(1)) +
                                          20 * (x(2) - 0.5) * (x(2) - 0.5) + 10 * x(3) + 5 * x(4)));
  CHECK(synthetic_dataset("sine:noise=0.1:samples=30").name == "sine:samples=30:noise=0.1:seed=1");
  CHECK_THROWS_AS(friedman1(40, 4, 0, 1), InputError);
  CHECK_THROWS_AS(sine(1, 0, 1), InputError);
  CHECK_THROWS_AS(synthetic_dataset("sine:features=3"), InputError);
}
