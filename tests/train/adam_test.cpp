#include <cmath>
#include <vector>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/training.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("Adam's first steps are those worked out by hand") {
  // g = 1, -2, 1/2 with α = 0.1: m = 0.1, -0.11, -0.049 and v = 0.001, 0.004999, 0.005244001.
  Adam adam({0.1, 0.9, 0.999, 1e-8});
  arma::vec x = {0.5};
  adam.step(x, {1});
  CHECK(x(0) == Approx(0.400000001).epsilon(1e-14));
  adam.step(x, {-2});
  CHECK(x(0) == Approx(0.4366103534720747).epsilon(1e-14));
  adam.step(x, {0.5});
  CHECK(x(0) == Approx(0.45027941967382135).epsilon(1e-14));
}

TEST_CASE("Adam follows its closed form") {
  // m_t = (1-β1) Σ_i β1^(t-i) g_i and v_t likewise of g_i²: no recursion.
  const Adam::Options options{0.03, 0.8, 0.95, 1e-6};
  Adam adam(options);
  RandomStream random(11);
  arma::vec x = {1, -2, 3};
  arma::vec expected = x;
  std::vector<arma::vec> gradients;
  for (int t = 1; t <= 60; ++t) {
    arma::vec gradient(3);
    for (double& g : gradient) g = random.normal();
    gradients.push_back(gradient);
    adam.step(x, gradient);

    arma::vec m(3), v(3);
    for (int i = 1; i <= t; ++i) {
      const arma::vec& g = gradients[static_cast<std::size_t>(i - 1)];
      m += (1 - options.beta1) * std::pow(options.beta1, t - i) * g;
      v += (1 - options.beta2) * std::pow(options.beta2, t - i) * g % g;
    }
    m /= 1 - std::pow(options.beta1, t);
    v /= 1 - std::pow(options.beta2, t);
    expected -= options.learning_rate * m / (arma::sqrt(v) + options.epsilon);
    CHECK(arma::approx_equal(x, expected, "absdiff", 1e-13));
  }
}

TEST_CASE("Adam moves by the learning rate against a constant gradient, whatever its size") {
  for (const double g : {1e-3, 1.0, 1e6}) {
    Adam adam({0.1, 0.9, 0.999, 1e-12});
    arma::vec x = {0, 0};
    for (int t = 1; t <= 20; ++t) {
      adam.step(x, {g, -g});
      CHECK(x(0) == Approx(-0.1 * t).epsilon(1e-8));
      CHECK(x(1) == -x(0));
    }
  }
}

TEST_CASE("Adam refuses options outside their range and gradients of another length") {
  CHECK_THROWS_WITH(Adam({0, 0.9, 0.999, 1e-8}), "adam: learning_rate: 0 is not > 0");
  CHECK_THROWS_AS(Adam({arma::datum::nan, 0.9, 0.999, 1e-8}), InputError);
  CHECK_THROWS_WITH(Adam({0.1, 1, 0.999, 1e-8}), "adam: beta1: 1 is not in [0, 1)");
  CHECK_THROWS_WITH(Adam({0.1, 0.9, -0.5, 1e-8}), "adam: beta2: -0.5 is not in [0, 1)");
  CHECK_THROWS_WITH(Adam({0.1, 0.9, 0.999, 0}), "adam: epsilon: 0 is not > 0");

  Adam adam({});
  arma::vec x = {0, 0};
  adam.step(x, {1, 1});
  CHECK_THROWS_WITH(adam.step(x, {1}),
                    "adam: 2 parameters, 1 entries in the gradient, 2 at the first step");
}
