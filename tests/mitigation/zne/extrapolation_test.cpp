#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>
#include <rhodrift/mitigation/zne/layerwise.hpp>
#include <rhodrift/mitigation/zne/shot_allocation.hpp>

#include "mitigation/sampling.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using zne::extrapolate;
using zne::parse_extrapolation;

namespace {

using Curve = std::function<double(double)>;

arma::vec on(const Curve& curve, const std::vector<double>& x) {
  arma::vec values(x.size());
  for (std::size_t j = 0; j < x.size(); ++j) values(j) = curve(x[j]);
  return values;
}

arma::mat no_errors(std::size_t n) {
  return arma::zeros(n, n);
}

Estimate of(const std::string& model, const std::vector<double>& x, const arma::vec& values,
            const arma::vec& std_errors) {
  return extrapolate(parse_extrapolation(model), x, values,
                     arma::diagmat(arma::square(std_errors)));
}

/// The share of repetitions whose interval holds curve(0), values being Gaussian around the curve
/// with this covariance.
double coverage(const std::string& model, const Curve& curve, const std::vector<double>& x,
                const arma::mat& covariance, std::uint64_t seed) {
  const auto fit = parse_extrapolation(model);
  const arma::vec means = on(curve, x);
  const arma::mat root = arma::chol(covariance, "lower");
  return sampling::coverage(curve(0.0), seed, [&](RandomStream& random) {
    arma::vec noise(x.size());
    noise.imbue([&] { return random.normal(); });
    return extrapolate(fit, x, means + root * noise, covariance);
  });
}

}  // namespace

TEST_CASE("Richardson's coefficients are Lagrange's at zero") {
  const std::vector<double> odd{1, 3, 5};
  const arma::vec coefficients =
      zne::influence(parse_extrapolation("richardson"), odd, arma::zeros(3), no_errors(3));
  CHECK(coefficients(0) == Approx(15.0 / 8).epsilon(1e-14));
  CHECK(coefficients(1) == Approx(-5.0 / 4).epsilon(1e-14));
  CHECK(coefficients(2) == Approx(3.0 / 8).epsilon(1e-14));
}

TEST_CASE("Exact data of every model extrapolate exactly") {
  struct Case {
    const char* model;
    std::vector<double> x;
    Curve curve;
  };
  const std::vector<Case> cases{
      {"linear", {1, 3, 5}, [](double x) { return 0.9 - 0.1 * x; }},
      {"polynomial:order=2", {1, 2, 3, 4}, [](double x) { return 0.9 - 0.1 * x + 0.01 * x * x; }},
      {"richardson", {1, 3, 5}, [](double x) { return 0.9 - 0.1 * x + 0.01 * x * x; }},
      {"exponential", {1, 3, 5}, [](double x) { return 0.1 + 0.8 * std::exp(-0.3 * x); }},
      {"exponential", {1, 2, 3, 5}, [](double x) { return -0.2 + 0.5 * std::exp(0.1 * x); }},
      {"exponential", {1, 3, 5}, [](double x) { return 0.9 - 0.1 * x; }},
      {"exponential:asymptote=0", {1, 3}, [](double x) { return -0.8 * std::exp(-0.3 * x); }},
      {"exponential:asymptote=0.5", {1, 2, 3}, [](double x) { return 0.5 + std::exp(-x); }},
      {"poly-exponential:order=2:asymptote=0",
       {1, 2, 3, 4},
       [](double x) { return 0.8 * std::exp(-0.3 * x + 0.02 * x * x); }},
      {"poly-exponential:order=1", {1, 2, 4}, [](double x) { return 0.1 - std::exp(-0.4 * x); }},
      {"double-exponential:asymptote=0",
       {1, 1.5, 2, 3, 4, 5},
       [](double x) { return 0.5 * std::exp(-0.2 * x) + 0.4 * std::exp(-1.1 * x); }},
  };
  for (const Case& c : cases) {
    INFO(c.model << " at 0: " << c.curve(0.0));
    const Estimate estimate =
        extrapolate(parse_extrapolation(c.model), c.x, on(c.curve, c.x), no_errors(c.x.size()));
    CHECK(estimate.value == Approx(c.curve(0.0)).epsilon(1e-10));
    CHECK(estimate.std_error == 0.0);
    CHECK(estimate.ci.low == estimate.value);
    CHECK(estimate.method == c.model);
    CHECK(estimate.diagnostics.count("chi2") == 0);
  }
}

TEST_CASE("The command line's example") {
  // 0.65 - 0.05 x; the intercept of three equal weights has coefficients (13, 4, -5)/12.
  const Estimate line = of("linear", {1, 3, 5}, {.6, .5, .4}, {.01, .01, .01});
  CHECK(line.value == Approx(0.65).epsilon(1e-14));
  CHECK(line.diagnostics.at("coefficient[0]") == Approx(13.0 / 12).epsilon(1e-14));
  CHECK(line.diagnostics.at("coefficient[2]") == Approx(-5.0 / 12).epsilon(1e-13));
  CHECK(line.std_error == Approx(0.01 * std::sqrt(169 + 16 + 25.0) / 12).epsilon(1e-13));
  CHECK(line.ci.high - line.value == Approx(1.959964 * line.std_error).epsilon(1e-6));
  CHECK(line.diagnostics.at("chi2") == Approx(0.0).margin(1e-20));
  CHECK(line.diagnostics.at("degrees_of_freedom") == 1.0);
  CHECK(line.diagnostics.at("p_value") == Approx(1.0).margin(1e-6));
}

TEST_CASE("Linear fits are generalised least squares") {
  const std::vector<double> x{1, 2, 3, 5};
  const arma::vec y{0.8, 0.75, 0.6, 0.5};
  arma::mat covariance = arma::diagmat(arma::vec{1e-4, 4e-4, 2e-4, 9e-4});
  covariance += 5e-5;  // something they share
  for (const int degree : {1, 2}) {
    arma::mat design(4, static_cast<arma::uword>(degree) + 1, arma::fill::ones);
    for (arma::uword i = 1; i < design.n_cols; ++i)
      design.col(i) = design.col(i - 1) % arma::vec(x);
    const arma::mat weights = arma::inv(covariance);
    const arma::mat fitted = arma::inv(design.t() * weights * design);
    const arma::vec beta = fitted * design.t() * weights * y;
    const arma::vec residuals = y - design * beta;
    const Estimate estimate = extrapolate(
        parse_extrapolation(degree == 1 ? "linear" : "polynomial:order=2"), x, y, covariance);
    CHECK(estimate.value == Approx(beta(0)).epsilon(1e-11));
    CHECK(estimate.std_error == Approx(std::sqrt(fitted(0, 0))).epsilon(1e-10));
    CHECK(estimate.diagnostics.at("chi2") ==
          Approx(arma::as_scalar(residuals.t() * weights * residuals)).epsilon(1e-9));
  }
}

TEST_CASE("A point whose few shots all agreed weighs as much as the best of the others") {
  const arma::vec y{0.8, 0.6, 0.5};
  const auto coefficients = [&](const arma::vec& variances) {
    return zne::influence(parse_extrapolation("linear"), std::vector<double>{1, 3, 5}, y,
                          arma::diagmat(variances));
  };
  CHECK(arma::approx_equal(coefficients({0, 0.1, 0.4}), coefficients({0.1, 0.1, 0.4}), "absdiff",
                           1e-14));
}

TEST_CASE("A point whose few shots all agreed is as uncertain as the best of the others") {
  const std::vector<double> x{1, 2, 3, 5};
  const arma::vec y{1.0, 0.7, 0.55, 0.3};
  const arma::mat seen = arma::diagmat(arma::vec{0, 1e-4, 2e-4, 3e-4});
  const arma::mat meant = arma::diagmat(arma::vec{1e-4, 1e-4, 2e-4, 3e-4});
  for (const char* model : {"linear", "richardson", "exponential:asymptote=0", "exponential",
                            "poly-exponential:order=2:asymptote=0", "automatic"}) {
    INFO(model);
    const Estimate estimate = extrapolate(parse_extrapolation(model), x, y, seen);
    const Estimate expected = extrapolate(parse_extrapolation(model), x, y, meant);
    CHECK(estimate.std_error == expected.std_error);
    CHECK(estimate.ci.low == expected.ci.low);
    CHECK(estimate.ci.high == expected.ci.high);
  }
}

TEST_CASE("Influences are the derivatives of the value") {
  const std::vector<double> x{1, 1.5, 2, 3, 4};
  const arma::vec y{0.72, 0.61, 0.55, 0.40, 0.33};
  const arma::mat covariance = arma::diagmat(arma::vec{1e-4, 2e-4, 1e-4, 3e-4, 1e-4});
  for (const char* model :
       {"linear", "polynomial:order=2", "richardson", "exponential", "exponential:asymptote=0",
        "poly-exponential:order=2:asymptote=0", "poly-exponential:order=1"}) {
    INFO(model);
    const auto fit = parse_extrapolation(model);
    const arma::vec influence = zne::influence(fit, x, y, covariance);
    for (arma::uword j = 0; j < y.n_elem; ++j) {
      const double step = 1e-4;
      arma::vec up = y, down = y;
      up(j) += step;
      down(j) -= step;
      const double slope = (extrapolate(fit, x, up, covariance).value -
                            extrapolate(fit, x, down, covariance).value) /
                           (2 * step);
      // Gauss-Newton's derivative leaves out the curvature times the residuals.
      CHECK(influence(j) == Approx(slope).epsilon(0.05).margin(0.05));
    }
    const Estimate estimate = extrapolate(fit, x, y, covariance);
    CHECK(estimate.std_error ==
          Approx(std::sqrt(arma::as_scalar(influence.t() * covariance * influence))));
  }
}

TEST_CASE("Profile intervals end where the fit is worse by z²") {
  const std::vector<double> x{1, 2, 3, 4};
  const arma::vec y{0.7, 0.52, 0.40, 0.30};
  const arma::vec errors{0.01, 0.01, 0.02, 0.01};
  const Estimate estimate = of("exponential:asymptote=0", x, y, errors);
  // With the value fixed at v one parameter is left: χ²(v) by brute force.
  const auto chi2 = [&](double v) {
    double least = 1e300;
    for (double c = 0.0; c < 1.0; c += 1e-5) {
      double sum = 0.0;
      for (arma::uword j = 0; j < 4; ++j)
        sum += std::pow((y(j) - v * std::exp(-c * x[j])) / errors(j), 2);
      least = std::min(least, sum);
    }
    return least;
  };
  const double best = chi2(estimate.value);
  CHECK(estimate.diagnostics.at("chi2") == Approx(best).epsilon(1e-6));
  for (const double end : {estimate.ci.low, estimate.ci.high})
    CHECK(chi2(end) - best == Approx(1.959964 * 1.959964).epsilon(2e-3));
}

TEST_CASE("Nominal 95% intervals cover 95% where the model is right") {
  const std::vector<double> x{1, 2, 3, 5};
  const auto errors = [&](double sigma) { return arma::mat(sigma * sigma * arma::eye(4, 4)); };
  const Curve line = [](double t) { return 0.9 - 0.12 * t; };
  const Curve decay = [](double t) { return 0.9 * std::exp(-0.25 * t); };
  CHECK(coverage("linear", line, x, errors(0.02), 1) == Approx(0.95).margin(0.015));
  CHECK(coverage("richardson", line, x, errors(0.02), 2) == Approx(0.95).margin(0.015));
  CHECK(coverage("exponential:asymptote=0", decay, x, errors(0.02), 3) ==
        Approx(0.95).margin(0.015));
  arma::mat correlated = errors(0.015);
  correlated += 2e-4;
  CHECK(coverage("linear", line, x, correlated, 4) == Approx(0.95).margin(0.015));
  CHECK(coverage("exponential:asymptote=0", decay, x, correlated, 5) == Approx(0.95).margin(0.015));
}

TEST_CASE("Automatic weighs the models and has the choice in its error") {
  const std::vector<double> x{1, 1.5, 2, 3, 4};
  const arma::vec errors(5, arma::fill::value(0.004));
  const Estimate estimate = of("automatic:asymptote=0", x,
                               on([](double t) { return 0.9 * std::exp(-0.3 * t); }, x), errors);
  double sum = 0.0;
  for (const auto& [name, weight] : estimate.diagnostics) sum += weight;
  CHECK(sum == Approx(1.0).epsilon(1e-12));
  CHECK(estimate.diagnostics.at("weight(exponential:asymptote=0)") > 0.4);
  CHECK(estimate.diagnostics.at("weight(linear)") < 1e-3);
  const Estimate chosen = of("exponential:asymptote=0", x,
                             on([](double t) { return 0.9 * std::exp(-0.3 * t); }, x), errors);
  CHECK(estimate.std_error > chosen.std_error);
  CHECK(std::abs(estimate.value - 0.9) < 2 * estimate.std_error);
}

TEST_CASE("Fits that do not exist are errors that say why") {
  const std::vector<double> x{1, 2, 3};
  const arma::vec errors{0.01, 0.01, 0.01};
  // Down and up again: no exponential comes near.
  CHECK_THROWS_AS(of("exponential", x, {0.8, 0.2, 0.8}, errors), RunError);
  CHECK_THROWS_WITH(of("exponential", x, {0.8, 0.2, 0.8}, errors),
                    ContainsSubstring("exponential: the "));
  CHECK_THROWS_AS(of("exponential:asymptote=0", {1, 3}, {0.5, -0.5}, {0.01, 0.01}), RunError);
  // Nothing but noise: any value at 0 will do.
  CHECK_THROWS_AS(of("exponential", x, {0.001, -0.001, 0.001}, {0.5, 0.5, 0.5}), RunError);
}

TEST_CASE("Bad points are refused") {
  const arma::vec y2{0.5, 0.4}, e2{0.01, 0.01};
  const auto refused = [](const std::string& model, const std::vector<double>& x,
                          const arma::vec& y, const arma::mat& covariance,
                          const std::string& message) {
    CHECK_THROWS_AS(extrapolate(parse_extrapolation(model), x, y, covariance), InputError);
    CHECK_THROWS_WITH(extrapolate(parse_extrapolation(model), x, y, covariance),
                      ContainsSubstring(message));
  };
  const arma::mat c2 = arma::diagmat(arma::square(e2));
  refused("linear", {0.5, 3}, y2, c2, "scale factor 0.5 is not a finite number >= 1");
  refused("linear", {3, 3}, y2, c2, "scale factor 3 is repeated");
  refused("linear", {1}, {0.5}, arma::mat(1, 1), "1 points, linear takes at least 2");
  refused("exponential", {1, 3}, y2, c2, "2 points, exponential takes at least 3");
  refused("double-exponential:asymptote=0", {1, 3}, y2, c2, "takes at least 4");
  refused("linear", {1, 3, 5}, y2, c2, "2 values for 3 scale factors");
  refused("linear", {1, 3}, {0.5, std::nan("")}, c2, "a value is not finite");
  refused("linear", {1, 3}, y2, arma::mat(3, 3), "a covariance of 3 x 3 for 2 values");
  refused("linear", {1, 3}, y2, arma::diagmat(arma::vec{0.1, -0.1}), "variance -0.1 of value 1");
  refused("linear", {1, 3}, y2, arma::mat{{1, 0.5}, {0.2, 1}}, "not symmetric");
  refused("linear", {1, 3}, y2, arma::mat{{1, 2}, {2, 1}}, "not positive semidefinite");
  refused("automatic", {1, 2, 3}, {1, 2, 3}, no_errors(3), "there are none");
}

TEST_CASE("Models are read from text and written") {
  for (const char* text :
       {"linear", "richardson", "polynomial:order=3", "exponential", "exponential:asymptote=0.25",
        "poly-exponential:order=2:asymptote=0", "double-exponential", "automatic"})
    CHECK(to_string(parse_extrapolation(text)) == text);
  CHECK_THROWS_WITH(parse_extrapolation("cubic"),
                    ContainsSubstring("unknown model \"cubic\"; known are automatic"));
  CHECK_THROWS_WITH(parse_extrapolation("linear:order=2"), ContainsSubstring("unknown setting"));
  CHECK_THROWS_WITH(parse_extrapolation("polynomial"), ContainsSubstring("needs an order"));
  CHECK_THROWS_WITH(parse_extrapolation("polynomial:order=0"), ContainsSubstring("outside 1..10"));
  CHECK_THROWS_WITH(parse_extrapolation("polynomial:order=x"), ContainsSubstring("is no number"));
  CHECK_THROWS_WITH(parse_extrapolation("linear:asymptote=0"),
                    ContainsSubstring("unknown setting"));
}

TEST_CASE("Chebyshev nodes keep Richardson's coefficients small") {
  const std::vector<double> nodes = zne::chebyshev_scale_factors(5, 9.0);
  CHECK(nodes.front() == Approx(1.0).epsilon(1e-14));
  CHECK(nodes.back() == Approx(9.0).epsilon(1e-14));
  const auto norm = [](const std::vector<double>& x) {
    return arma::accu(arma::abs(
        zne::influence(parse_extrapolation("richardson"), x, arma::zeros(5), no_errors(5))));
  };
  CHECK(norm(nodes) < norm({1, 3, 5, 7, 9}));
  CHECK_THROWS_AS(zne::chebyshev_scale_factors(1, 5.0), InputError);
  CHECK_THROWS_AS(zne::chebyshev_scale_factors(3, 1.0), InputError);
}

TEST_CASE("The next scale factor follows the decay that was seen") {
  const auto next = [](double rate, double highest) {
    const std::vector<double> x{1, 2};
    const arma::vec y = on([rate](double t) { return 0.8 * std::exp(-rate * t); }, x);
    return zne::next_scale_factor(0.0, x, y, no_errors(2), highest);
  };
  CHECK(next(0.5, 20.0) == Approx(1.0 + 1.27846 / 0.5).epsilon(1e-8));
  CHECK(next(0.01, 20.0) == 20.0);
  CHECK(next(-0.1, 20.0) == 20.0);
}

TEST_CASE("Layerwise Richardson is exact for polynomials in all layers") {
  const auto one = zne::layerwise_scale_factors(1, 2);
  REQUIRE(one.size() == 3);
  CHECK(zne::layerwise_coefficients(one, 2)(0) == Approx(15.0 / 8).epsilon(1e-12));
  CHECK(zne::layerwise_coefficients(one, 2)(1) == Approx(-5.0 / 4).epsilon(1e-12));
  auto points = zne::layerwise_scale_factors(3, 2);
  REQUIRE(points.size() == 10);
  CHECK(points[0] == std::vector<double>{1, 1, 1});
  points[4][1] += 0.2;  // a factor that folding does not quite reach
  const arma::vec coefficients = zne::layerwise_coefficients(points, 2);
  double value = 0.0;
  for (std::size_t i = 0; i < 10; ++i) {
    const auto& x = points[i];
    value += coefficients(i) *
             (0.9 - 0.1 * x[0] - 0.05 * x[1] + 0.02 * x[0] * x[2] + 0.01 * x[1] * x[1]);
  }
  CHECK(value == Approx(0.9).epsilon(1e-12));
  CHECK_THROWS_WITH(zne::layerwise_scale_factors(0, 1), ContainsSubstring("0 layers are below 1"));
  CHECK_THROWS_WITH(zne::layerwise_scale_factors(50, 4), ContainsSubstring("the limit is 1000"));
  CHECK_THROWS_WITH(zne::layerwise_coefficients(one, 3), ContainsSubstring("3 points, degree 3"));
  points[1] = points[0];
  CHECK_THROWS_WITH(zne::layerwise_coefficients(points, 2), ContainsSubstring("do not determine"));
}

TEST_CASE("Shots go where they matter") {
  const arma::vec eta{15.0 / 8, -5.0 / 4, 3.0 / 8}, sigma{0.5, 1.0, 1.0};
  const auto shots = zne::allocate_shots(eta, sigma, 1000);
  CHECK(shots[0] + shots[1] + shots[2] == 1000);
  const auto variance = [&](double a, double b, double c) {
    return std::pow(eta(0) * sigma(0), 2) / a + std::pow(eta(1) * sigma(1), 2) / b +
           std::pow(eta(2) * sigma(2), 2) / c;
  };
  const auto number = [&](std::size_t j) { return static_cast<double>(shots[j]); };
  double best = 1e300;
  for (int a = 1; a < 999; ++a)
    for (int b = 1; a + b < 1000; ++b) best = std::min(best, variance(a, b, 1000 - a - b));
  CHECK(variance(number(0), number(1), number(2)) <= best * (1 + 1e-5));
  CHECK(zne::allocate_shots(eta, {0, 0, 0}, 10).size() == 3);
  using Shots = std::vector<std::uint64_t>;
  CHECK(zne::allocate_shots({0.9, 0.1}, {1, 1}, 10) == Shots{9, 1});
  CHECK(zne::allocate_shots({1, 0, 0}, {1, 1, 1}, 10) == Shots{8, 1, 1});
  CHECK(zne::allocate_shots({1, 0, 0}, {1, 1, 1}, 3) == Shots{1, 1, 1});
  CHECK_THROWS_WITH(zne::allocate_shots(eta, sigma, 2), ContainsSubstring("2 shots for 3 points"));
  CHECK_THROWS_WITH(zne::allocate_shots(eta, {1, 1}, 10), ContainsSubstring("2 deviations"));
  CHECK_THROWS_WITH(zne::allocate_shots(eta, {1, 1, -1}, 10), ContainsSubstring("deviation -1"));
}

TEST_CASE("Designs for fits whose weights follow the shots") {
  const std::vector<double> x{1, 2, 3, 5};
  const arma::vec sigma(4, arma::fill::ones);
  const arma::vec y = on([](double t) { return 0.9 * std::exp(-0.3 * t); }, x);
  for (const char* model : {"linear", "exponential:asymptote=0"}) {
    const auto fit = parse_extrapolation(model);
    const auto std_error = [&](const std::vector<double>& shots) {
      return extrapolate(fit, x, y, arma::diagmat(1.0 / arma::vec(shots))).std_error;
    };
    const auto planned = zne::allocate_shots(fit, x, y, sigma, 1000);
    const double reached = std_error(std::vector<double>(planned.begin(), planned.end()));
    double best = 1e300;
    for (int a = 10; a < 970; a += 40)
      for (int b = 10; a + b < 980; b += 40)
        for (int c = 10; a + b + c < 990; c += 40)
          best = std::min(best, std_error({double(a), double(b), double(c), 1000.0 - a - b - c}));
    CHECK(reached <= best * 1.002);
  }
}
