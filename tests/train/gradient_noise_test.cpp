#include <cmath>
#include <numbers>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/gradient_noise.hpp>

#include "support/catch.hpp"
#include "train/cosine_products.hpp"

using namespace rhodrift;

namespace {

/// The mean of so many shots of a Pauli string with this expectation.
double mean_of_shots(double expectation, int shots, RandomStream& random) {
  int ones = 0;
  for (int i = 0; i < shots; ++i) ones += random.uniform() < (1 + expectation) / 2 ? 1 : 0;
  return 2.0 * ones / shots - 1;
}

}  // namespace

TEST_CASE("parameter shift has the variance that is predicted") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::feature(0)})
      .append(Op::ry, {0}, {Angle::weight(0)})
      .append(Op::rx, {1}, {Angle::weight(1)})
      .append(Op::cx, {0, 1})
      .append(Op::ry, {1}, {Angle::weight(2)});
  const ProgramExpectations f(circuit, {Observable::z(0), Observable::parse("X0 Z1")});
  const arma::vec weights{0.3, -0.7, 1.1};
  const arma::mat features{{0.2, 0.9}};
  const arma::mat c{{0.5, -1}, {2, 0.1}};
  const arma::vec gradient = f.gradient(weights, features, [&](std::size_t b, const arma::vec&) {
                                return c.col(b);
                              }).weights;
  const arma::vec variances = parameter_shift_variances(f, weights, features, c);

  constexpr int shots = 20, repetitions = 2000;
  RandomStream random(1);
  for (arma::uword j = 0; j < 3; ++j) {
    arma::vec up = weights, down = weights;
    up(j) += std::numbers::pi / 2;
    down(j) -= std::numbers::pi / 2;
    const arma::mat f_up = f.values(up, features), f_down = f.values(down, features);
    CHECK(arma::accu(c % (f_up - f_down)) / 2 == Approx(gradient(j)).margin(1e-12));
    arma::vec estimates(repetitions);
    for (double& estimate : estimates)
      for (arma::uword i = 0; i < c.n_elem; ++i)
        estimate +=
            c(i) / 2 *
            (mean_of_shots(f_up(i), shots, random) - mean_of_shots(f_down(i), shots, random));
    const double expected = variances(j) / shots;
    CHECK(std::abs(arma::var(estimates) / expected - 1) < 4 * std::sqrt(2.0 / repetitions));
  }
}

TEST_CASE("signal and noise of a gradient") {
  const arma::vec gradient{0.03, -0.04, 0};
  const GradientNoise noise = gradient_noise(gradient, {0.09, 1.0, 0.0}, 100);
  CHECK(arma::approx_equal(noise.std_errors, arma::vec{0.03, 0.1, 0}, "absdiff", 1e-15));
  CHECK(noise.signal_to_noise(0) == Approx(1));
  CHECK(noise.signal_to_noise(1) == Approx(0.4));
  CHECK(std::isinf(noise.signal_to_noise(2)));
  CHECK(noise.gradient_norm == Approx(0.05));
  CHECK(noise.noise_norm == Approx(std::sqrt(0.0109)));
  CHECK(noise.shots_at_equality == Approx(436));
  REQUIRE(noise.warning);
  CHECK(noise.warning->code == Warning::Code::gradient_below_shot_noise);
  CHECK_THAT(noise.warning->text(),
             Catch::Matchers::Equals(
                 "the gradient is below the shot noise, 0.05 to 0.1 with 100 shots a circuit: take "
                 "at least 436 shots a circuit, or start where gradients are larger "
                 "(identity-blocks, gaussian)"));
  CHECK(gradient_noise(gradient, {0.09, 1.0, 0.0}, 435).warning);
  CHECK_FALSE(gradient_noise(gradient, {0.09, 1.0, 0.0}, 437).warning);
  const GradientNoise flat = gradient_noise({0, 0}, {1, 1}, 10);
  REQUIRE(flat.warning);
  CHECK(std::isinf(flat.shots_at_equality));
  CHECK_THAT(flat.warning->remedy, Catch::Matchers::StartsWith("start where gradients are larger"));
  CHECK_FALSE(gradient_noise({0, 0}, {0, 0}, 10).warning);
}

TEST_CASE("noise of gradients refuses what does not fit") {
  CHECK_THROWS_WITH(gradient_noise({1, 2}, {1}, 10), "gradient noise: 2 derivatives, 1 variances");
  CHECK_THROWS_WITH(gradient_noise({1}, {-1}, 10), "gradient noise: a variance of -1 is not >= 0");
  CHECK_THROWS_WITH(gradient_noise({1}, {1}, 0), "gradient noise: 0 shots are not > 0");
  CHECK_THROWS_AS(gradient_noise({arma::datum::nan}, {1}, 10), InputError);
  const CosineProducts f(2, 1, 1);
  CHECK_THROWS_AS(parameter_shift_variances(f, arma::zeros(3), arma::zeros(1, 1), arma::ones(1, 1)),
                  InputError);
  CHECK_THROWS_AS(parameter_shift_variances(f, arma::zeros(2), arma::zeros(1, 2), arma::ones(1, 1)),
                  InputError);
  Circuit circuit(1);
  circuit.append(Op::ry, {0}, {Angle::weight(0)}).append(Op::h, {0});
  CHECK_THROWS_WITH(
      parameter_shift_variances(ProgramExpectations(circuit, {Observable::parse("2*Z0")}), {0.0},
                                arma::mat(0, 1), arma::ones(1, 1)),
      "gradient noise: an expectation of 2 is not a Pauli string's");
}
