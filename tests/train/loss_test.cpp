#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/loss.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"

using namespace rhodrift;

namespace {

constexpr Loss losses[] = {Loss::cross_entropy, Loss::mse, Loss::hinge};

arma::vec random_vector(arma::uword n, RandomStream& random) {
  arma::vec values(n);
  for (double& value : values) value = random.normal();
  return values;
}

bool near(const arma::vec& a, const arma::vec& b, double tolerance = 1e-15) {
  return arma::approx_equal(a, b, "absdiff", tolerance);
}

}  // namespace

TEST_CASE("cross-entropy has its known values and does not overflow") {
  const LossValue even = cross_entropy({5, 5, 5}, 1);
  CHECK(even.value == Approx(std::log(3)).epsilon(1e-15));
  CHECK(near(even.gradient, {1.0 / 3, -2.0 / 3, 1.0 / 3}));
  const LossValue odds = cross_entropy({std::log(3), 0}, 0);
  CHECK(odds.value == Approx(std::log(4.0 / 3)).epsilon(1e-14));
  CHECK(odds.gradient(0) == Approx(-0.25).epsilon(1e-14));
  CHECK(cross_entropy({1000, -1000}, 1).value == 2000);
  CHECK(cross_entropy({1000, -1000}, 0).value == 0);
}

TEST_CASE("mean squared error has its known values") {
  const LossValue loss = mse({1, 3}, {0, 1});
  CHECK(loss.value == 2.5);
  CHECK(near(loss.gradient, {1, 2}));
  CHECK(mse({0.5}, {-1}).value == 2.25);
  // Against the one-hot (0, 1, 0).
  CHECK(sample_loss(Loss::mse, {0, 0.5, 1}, 1).value == Approx(1.25 / 3).epsilon(1e-15));
}

TEST_CASE("the hinge looks at the largest rival only") {
  const LossValue wrong = hinge({2, 0.5, 1}, 2);
  CHECK(wrong.value == 2);
  CHECK(near(wrong.gradient, {1, 0, -1}));
  const LossValue narrow = hinge({0.25, 1, 0.75}, 1);
  CHECK(narrow.value == 0.75);
  CHECK(near(narrow.gradient, {0, -1, 1}));
  CHECK(hinge({0, 5, 1}, 1).value == 0);
  CHECK(near(hinge({0, 5, 1}, 1).gradient, arma::zeros(3)));
  // At its kinks: a margin of just 1, and two rivals alike.
  CHECK(near(hinge({1, 2, 0}, 1).gradient, arma::zeros(3)));
  CHECK(near(hinge({3, 0, 3}, 1).gradient, {1, -1, 0}));
}

TEST_CASE("the gradients of losses agree with central differences") {
  RandomStream random(21);
  for (const Loss loss : losses)
    for (const arma::uword n : {2u, 3u, 7u})
      for (int repetition = 0; repetition < 20; ++repetition) {
        const arma::vec outputs = random_vector(n, random);
        const int label = static_cast<int>(random.below(n));
        INFO(to_string(loss) << " of " << outputs.t() << " for " << label);
        const arma::vec differences = central_differences(
            [&](const arma::vec& at) { return sample_loss(loss, at, label).value; }, outputs);
        CHECK(near(sample_loss(loss, outputs, label).gradient, differences, 1e-9));
      }
  const arma::vec target = random_vector(4, random), outputs = random_vector(4, random);
  CHECK(
      near(mse(outputs, target).gradient,
           central_differences([&](const arma::vec& at) { return mse(at, target).value; }, outputs),
           1e-9));
  CHECK(near(
      l2_penalty(outputs, 0.7).gradient,
      central_differences([](const arma::vec& at) { return l2_penalty(at, 0.7).value; }, outputs),
      1e-9));
}

TEST_CASE("losses do not depend on what moves all outputs alike, but mse does") {
  const arma::vec outputs = {0.3, -1, 0.5};
  for (const Loss loss : {Loss::cross_entropy, Loss::hinge}) {
    CHECK(sample_loss(loss, outputs + 2, 1).value ==
          Approx(sample_loss(loss, outputs, 1).value).epsilon(1e-14));
    CHECK(std::abs(arma::accu(sample_loss(loss, outputs, 1).gradient)) < 1e-15);
  }
  CHECK(sample_loss(Loss::mse, outputs + 2, 1).value > sample_loss(Loss::mse, outputs, 1).value);
}

TEST_CASE("the mean loss refuses labels that are not the outputs'") {
  const arma::mat outputs = {{std::log(3), 0}, {0, 0}};
  CHECK(mean_loss(Loss::cross_entropy, outputs, {0, 1}) ==
        Approx((std::log(4.0 / 3) + std::log(2)) / 2).epsilon(1e-14));
  CHECK(mean_loss(Loss::mse, {{1, 0}, {0, 0}}, {0, 1}) == 0.25);
  CHECK(mean_loss(Loss::hinge, {{1, 0}, {0, 0}}, {0, 1}) == 0.5);
  CHECK_THROWS_WITH(mean_loss(Loss::cross_entropy, outputs, {0, 2}),
                    "cross-entropy: sample 1: label 2 is outside 0..1");
  CHECK_THROWS_WITH(mean_loss(Loss::mse, outputs, {-1, 0}),
                    "mse: sample 0: label -1 is outside 0..1");
  CHECK_THROWS_WITH(mean_loss(Loss::hinge, outputs, {0}), "hinge: 2 samples, 1 labels");
  CHECK_THROWS_WITH(mean_loss(Loss::hinge, arma::mat(1, 1), {0}),
                    "hinge: 1 outputs, at least 2 are needed");
  CHECK_THROWS_AS(mean_loss(Loss::mse, arma::mat(2, 0), {}), InputError);
}

TEST_CASE("weight decay is half the strength times the squared length") {
  const LossValue penalty = l2_penalty({3, -4}, 0.1);
  CHECK(penalty.value == Approx(1.25).epsilon(1e-15));
  CHECK(near(penalty.gradient, {0.3, -0.4}));
  CHECK(l2_penalty({3, -4}, 0).value == 0);
  CHECK_THROWS_WITH(l2_penalty({1}, -0.1), "weight decay: lambda: -0.1 is not >= 0");
}

TEST_CASE("losses have names") {
  for (const Loss loss : losses) CHECK(parse_loss(to_string(loss)) == loss);
  CHECK_THROWS_WITH(parse_loss("mae"),
                    "loss: 'mae' is unknown; known are cross-entropy, mse, hinge, huber");
}

TEST_CASE("losses of targets have their known values, and gradients of differences") {
  const arma::vec outputs{0.5, -3.0, 2.0}, target{0.0, 1.0, 2.0};
  CHECK(huber(outputs, target).value == Approx((0.25 + 7.0 + 0.0) / 3));
  CHECK(sample_loss(Loss::mse, outputs, target).value == Approx((0.25 + 16.0) / 3));
  for (const Loss loss : {Loss::mse, Loss::huber}) {
    const arma::vec differences = central_differences(
        [&](const arma::vec& at) { return sample_loss(loss, at, target).value; }, outputs);
    CHECK(arma::approx_equal(sample_loss(loss, outputs, target).gradient, differences, "absdiff",
                             1e-8));
  }
  CHECK_THROWS_WITH(sample_loss(Loss::hinge, outputs, target), ContainsSubstring("of classes"));
  CHECK_THROWS_WITH(sample_loss(Loss::huber, outputs, 1), ContainsSubstring("of targets"));
}
