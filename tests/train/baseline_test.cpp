#include <algorithm>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/baseline.hpp>
#include <rhodrift/train/ensemble.hpp>
#include <rhodrift/train/qnn.hpp>
#include <rhodrift/train/synthetic_data.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"

using namespace rhodrift;

namespace {

Dataset shipped(const std::string& name) {
  return read_dataset_csv(RHODRIFT_SOURCE_DIR "/data/datasets/" + name + ".csv");
}

double accuracy_on(const Baseline& baseline, const Dataset& data) {
  return accuracy(predicted_classes(baseline.logits(data.features)), data.labels).value;
}

BaselineOptions mlp(std::size_t n_hidden) {
  BaselineOptions options;
  options.n_hidden = n_hidden;
  return options;
}

/// A network of 3 features and 4 classes with random numbers.
ClassicalNetwork random_network(arma::uword n_hidden) {
  const arma::uword inputs = n_hidden == 0 ? 3 : n_hidden;
  ClassicalNetwork network{std::nullopt, {arma::mat(4, inputs), arma::vec(4)}};
  if (n_hidden > 0) network.hidden = AffineHead{arma::mat(n_hidden, 3), arma::vec(n_hidden)};
  RandomStream random(5, n_hidden);
  arma::vec values(network.flattened().n_elem);
  for (double& value : values) value = random.normal();
  return network.with(values);
}

}  // namespace

TEST_CASE("the gradient of a classical loss agrees with central differences") {
  const Dataset data = blobs(30, 4, 3, 1.0, 3);
  Dataset small = data;
  small.features /= 10;
  for (const arma::uword n_hidden : {0U, 1U, 5U}) {
    const ClassicalNetwork network = random_network(n_hidden);
    const arma::vec at = network.flattened();
    CHECK(at.n_elem == (n_hidden == 0 ? 16 : n_hidden * 4 + 4 * (n_hidden + 1)));
    const LossValue loss = classical_loss(network, small, 2.5);
    const arma::vec differences = central_differences(
        [&](const arma::vec& values) {
          return classical_loss(network.with(values), small, 2.5).value;
        },
        at);
    CHECK(arma::abs(loss.gradient - differences).max() <= 1e-8);
    CHECK(loss.value > classical_loss(network, small, 0).value);
    CHECK(classical_loss(network, small, 0).value ==
          Approx(mean_loss(Loss::cross_entropy, network.logits(small.features), small.labels)));
  }
}

TEST_CASE("logistic regression is scikit-learn's") {
  // LogisticRegression(C=1, tol=1e-10) of version 1.9.1 on standardised features (1/(n-1)).
  const Dataset iris = shipped("iris");
  BaselineOptions options;
  options.minimizer.value_tolerance = 1e-13;
  const Baseline baseline = train_baseline(iris, options);
  CHECK(baseline.loss == Approx(0.20972516082167952).epsilon(1e-8));
  CHECK(accuracy_on(baseline, iris) == Approx(146.0 / 150));
  const arma::mat p =
      class_probabilities(baseline.logits(iris.features.cols(arma::uvec{0, 70, 133})));
  CHECK(arma::approx_equal(
      p,
      arma::mat{{0.9846101923501729, 0.012089724300056316, 0.0019987501760179494},
                {0.015389743243633966, 0.440263317163358, 0.5839232729325362},
                {6.440619311416976e-08, 0.5476469585365856, 0.41407797689144593}},
      "absdiff", 1e-5));
  const Dataset digits = shipped("digits_4x4");
  const Baseline of_digits = train_baseline(digits);
  CHECK(of_digits.loss == Approx(0.28548262428218907).epsilon(1e-4));
  CHECK(accuracy_on(of_digits, digits) == Approx(0.9254).margin(0.002));
}

TEST_CASE("a hidden layer learns what no straight line separates") {
  const Dataset train = moons(400, 0.15, 1), test = moons(1000, 0.15, 2);
  const double line = accuracy_on(train_baseline(train), test);
  CHECK(line > 0.82);
  CHECK(line < 0.92);
  CHECK(accuracy_on(train_baseline(train, mlp(16)), test) > 0.97);

  const Split digits = stratified_split(shipped("digits_4x4"), 0.6, 1);
  const double logistic = accuracy_on(train_baseline(digits.train), digits.test);
  CHECK(logistic > 0.88);
  CHECK(accuracy_on(train_baseline(digits.train, mlp(32)), digits.test) > logistic);
  const Split iris = stratified_split(shipped("iris"), 0.5, 1);
  CHECK(accuracy_on(train_baseline(iris.train, mlp(8)), iris.test) > 0.92);
}

TEST_CASE("baselines depend on the seed, not on units") {
  const Dataset data = moons(100, 0.2, 4);
  const auto logits = [](const Dataset& of, BaselineOptions options, std::uint64_t seed) {
    options.seed = seed;
    return arma::mat(train_baseline(of, options).logits(of.features));
  };
  const arma::mat first = logits(data, mlp(4), 1), again = logits(data, mlp(4), 1);
  CHECK(std::equal(first.begin(), first.end(), again.begin()));
  CHECK(arma::abs(first - logits(data, mlp(4), 2)).max() > 1e-6);
  // Where there is one minimum, at which the regression starts does not matter.
  Dataset scaled = data;
  scaled.features = 1000 * data.features + 5;
  CHECK(arma::approx_equal(logits(data, {}, 1), logits(scaled, {}, 2), "absdiff", 1e-6));
}

TEST_CASE("baselines refuse what they cannot learn from") {
  Dataset data = moons(20, 0.1, 1);
  const Baseline baseline = train_baseline(data);
  CHECK_THROWS_AS(baseline.logits(arma::mat(3, 2)), InputError);
  CHECK_THROWS_WITH(baseline.network.with(arma::vec(5)),
                    "baseline: network: 5 values, the network has 6");
  BaselineOptions options;
  options.l2 = -1;
  CHECK_THROWS_WITH(train_baseline(data, options), "baseline: l2: -1 is not >= 0");
  options.l2 = 1;
  options.n_hidden = 1'000'000;
  CHECK_THROWS_WITH(train_baseline(data, options),
                    "baseline: n_hidden: 1000000 is more than 10000");
  std::fill(data.labels.begin(), data.labels.end(), 1);
  CHECK_THROWS_WITH(train_baseline(data),
                    Catch::Matchers::EndsWith("every sample is of class '1', at least 2 classes "
                                              "are needed"));
}

TEST_CASE("without a hidden layer a regression's baseline is ridge regression") {
  const Dataset data = friedman1(80, 5, 1.0, 2);
  BaselineOptions options;
  options.l2 = 3.0;
  options.minimizer.value_tolerance = 1e-14;
  const Baseline baseline = train_baseline(data, options);
  // On standardised features and scaled targets: (X Xᵀ + l2/2 1) w = X y.
  const arma::mat x = standardisation(data.features).apply(data.features);
  const arma::rowvec y = data.targets.row(0) - arma::mean(data.targets.row(0));
  const arma::vec w = arma::solve(x * x.t() + 1.5 * arma::eye(5, 5), x * y.t());
  const arma::rowvec expected = w.t() * x + arma::mean(data.targets.row(0));
  CHECK(arma::approx_equal(baseline.logits(data.features), arma::mat(expected), "absdiff", 1e-4));
}

TEST_CASE("a hidden layer regresses what no line does") {
  const Dataset train = sine(200, 0.05, 1), test = sine(200, 0.05, 2);
  const auto error_on = [&](const BaselineOptions& options) {
    return arma::stddev(
        arma::vectorise(train_baseline(train, options).logits(test.features) - test.targets));
  };
  CHECK(error_on({}) > 0.3);
  CHECK(error_on(mlp(16)) < 0.1);
}
