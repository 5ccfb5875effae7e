#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/batch_minimizer.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/training.hpp>

#include "support/catch.hpp"
#include "train/cosine_products.hpp"

using namespace rhodrift;

namespace {

using End = BatchMinimum::End;

constexpr BatchAlgorithm algorithms[] = {BatchAlgorithm::lbfgs, BatchAlgorithm::cobyla,
                                         BatchAlgorithm::bobyqa, BatchAlgorithm::nelder_mead};

/// Σ_i (1 + i) (x_i - 1 - i/10)² + 2, at least 2.
LossValue bowl(const arma::vec& x, bool with_gradient) {
  LossValue loss{2, with_gradient ? arma::vec(x.n_elem) : arma::vec()};
  for (arma::uword i = 0; i < x.n_elem; ++i) {
    const auto number = static_cast<double>(i);
    const double off = x(i) - 1 - number / 10;
    loss.value += (1 + number) * off * off;
    if (with_gradient) loss.gradient(i) = 2 * (1 + number) * off;
  }
  return loss;
}

/// Rosenbrock's valley, at least 0, at (1, 1).
LossValue valley(const arma::vec& x, bool with_gradient) {
  const double a = 1 - x(0), b = x(1) - x(0) * x(0);
  LossValue loss{a * a + 100 * b * b, {}};
  if (with_gradient) loss.gradient = {-2 * a - 400 * x(0) * b, 200 * b};
  return loss;
}

bool same_bits(const arma::vec& a, const arma::vec& b) {
  return a.n_elem == b.n_elem && std::equal(a.begin(), a.end(), b.begin());
}

/// Keeps what a run stores, and is killed after `most` new evaluations.
struct Recorder {
  std::vector<BatchEvaluation> log = {};
  std::size_t most = 1'000'000;
  std::size_t evaluated = 0;

  BatchLoss watched(const BatchLoss& loss) {
    return [this, loss](const arma::vec& x, bool with_gradient) {
      if (evaluated == most) throw std::runtime_error("killed");
      ++evaluated;
      return loss(x, with_gradient);
    };
  }
  BatchMinimum run(const BatchLoss& loss, const arma::vec& start,
                   const BatchMinimizerOptions& options) {
    const std::vector<BatchEvaluation> before = log;
    return minimize_batch(watched(loss), start, options, before,
                          [this](const BatchEvaluation& evaluation) { log.push_back(evaluation); });
  }
};

}  // namespace

TEST_CASE("every algorithm finds the bottom of a bowl") {
  for (const BatchAlgorithm algorithm : algorithms) {
    INFO(to_string(algorithm));
    BatchMinimizerOptions options{.algorithm = algorithm, .value_tolerance = 1e-13};
    const BatchMinimum minimum = minimize_batch(bowl, arma::zeros(4), options);
    CHECK(
        arma::approx_equal(minimum.best.parameters, arma::vec{1, 1.1, 1.2, 1.3}, "absdiff", 1e-4));
    CHECK(minimum.best.loss.value == Approx(2).epsilon(1e-8));
    CHECK(minimum.evaluations < 1000);
    CHECK(minimum.end != End::max_evaluations);
  }
}

TEST_CASE("L-BFGS goes down Rosenbrock's valley") {
  BatchMinimizerOptions options;
  const BatchMinimum minimum = minimize_batch(valley, {-1.2, 1}, options);
  CHECK(arma::approx_equal(minimum.best.parameters, arma::vec{1, 1}, "absdiff", 1e-5));
  CHECK(minimum.evaluations < 100);
}

TEST_CASE("a run that is killed and resumed ends at the same bits") {
  for (const BatchAlgorithm algorithm : algorithms) {
    const BatchMinimizerOptions options{.algorithm = algorithm, .max_evaluations = 120};
    Recorder whole;
    const BatchMinimum expected = whole.run(valley, {-1.2, 1}, options);
    REQUIRE(whole.log.size() == expected.evaluations);
    for (const std::size_t killed_after : {1u, 2u, 13u, 30u}) {
      INFO(to_string(algorithm) << " killed after " << killed_after);
      Recorder recorder;
      recorder.most = killed_after;
      CHECK_THROWS_WITH(recorder.run(valley, {-1.2, 1}, options), "killed");
      REQUIRE(recorder.log.size() == killed_after);
      recorder.most = 1'000'000;
      recorder.evaluated = 0;
      const BatchMinimum resumed = recorder.run(valley, {-1.2, 1}, options);
      CHECK(same_bits(resumed.best.parameters, expected.best.parameters));
      CHECK(resumed.best.loss.value == expected.best.loss.value);
      CHECK(resumed.evaluations == expected.evaluations);
      CHECK(resumed.end == expected.end);
      CHECK(recorder.evaluated == expected.evaluations - killed_after);
      CHECK(recorder.log.size() == whole.log.size());
    }
    // And one that had ended, without a new evaluation.
    whole.evaluated = 0;
    CHECK(
        same_bits(whole.run(valley, {-1.2, 1}, options).best.parameters, expected.best.parameters));
    CHECK(whole.evaluated == 0);
  }
}

TEST_CASE("a run goes on past its limit of evaluations as if the limit had been higher") {
  for (const BatchAlgorithm algorithm : algorithms) {
    INFO(to_string(algorithm));
    Recorder whole, longer;
    const BatchMinimum expected =
        whole.run(valley, {-1.2, 1}, {.algorithm = algorithm, .max_evaluations = 40});
    const BatchMinimum cut =
        longer.run(valley, {-1.2, 1}, {.algorithm = algorithm, .max_evaluations = 9});
    CHECK(cut.end == End::max_evaluations);
    CHECK(cut.evaluations == 9);
    const BatchMinimum resumed =
        longer.run(valley, {-1.2, 1}, {.algorithm = algorithm, .max_evaluations = 40});
    CHECK(same_bits(resumed.best.parameters, expected.best.parameters));
  }
}

TEST_CASE("a run's result is the best of all its evaluations") {
  for (const BatchAlgorithm algorithm : algorithms) {
    for (const std::uint64_t most : {1u, 7u, 25u}) {
      INFO(to_string(algorithm) << ", " << most);
      Recorder recorder;
      const BatchMinimum minimum =
          recorder.run(valley, {-1.2, 1}, {.algorithm = algorithm, .max_evaluations = most});
      CHECK(minimum.evaluations == most);
      const auto best = std::min_element(
          recorder.log.begin(), recorder.log.end(),
          [](const auto& a, const auto& b) { return a.loss.value < b.loss.value; });
      CHECK(same_bits(minimum.best.parameters, best->parameters));
      CHECK(minimum.best.loss.value == best->loss.value);
    }
  }
}

TEST_CASE("a log of another run is refused") {
  const BatchMinimizerOptions options{.max_evaluations = 10};
  Recorder recorder;
  recorder.run(valley, {-1.2, 1}, options);
  const auto resume = [&](const std::vector<BatchEvaluation>& log, const arma::vec& start,
                          const BatchMinimizerOptions& with) {
    return minimize_batch(valley, start, with, log);
  };
  CHECK_THROWS_WITH(resume(recorder.log, {-1.3, 1}, options),
                    "lbfgs: log: is of another run: evaluation 0 is elsewhere");
  std::vector<BatchEvaluation> changed = recorder.log;
  changed[4].parameters(1) += 1e-12;
  CHECK_THROWS_WITH(resume(changed, {-1.2, 1}, options),
                    "lbfgs: log: is of another run: evaluation 4 is elsewhere");
  CHECK_THROWS_AS(resume(changed, {-1.2, 1}, options), InputError);
  CHECK_THROWS_WITH(
      resume(recorder.log, {-1.2, 1}, {.algorithm = BatchAlgorithm::cobyla, .max_evaluations = 10}),
      "cobyla: log: is of another run: evaluation 0 is elsewhere");
  CHECK_THROWS_WITH(resume(recorder.log, {-1.2, 1}, {.max_evaluations = 5}),
                    "lbfgs: log: has 10 evaluations, the run ends after 5");
}

TEST_CASE("what goes wrong in an evaluation ends the run with its own words") {
  for (const BatchAlgorithm algorithm : algorithms) {
    INFO(to_string(algorithm));
    int calls = 0;
    const auto spoilt = [&](const arma::vec& x, bool with_gradient) {
      LossValue loss = bowl(x, with_gradient);
      if (++calls == 3) loss.value = arma::datum::nan;
      return loss;
    };
    const BatchMinimizerOptions options{.algorithm = algorithm};
    CHECK_THROWS_WITH(minimize_batch(spoilt, {0, 0}, options),
                      Catch::Matchers::Contains("evaluation 2: the loss is nan"));
    calls = 0;
    CHECK_THROWS_AS(minimize_batch(spoilt, {0, 0}, options), RunError);
    CHECK(calls == 3);
    const auto full = [](const BatchEvaluation&) { throw RunError("disk full"); };
    CHECK_THROWS_WITH(minimize_batch(bowl, {0, 0}, options, {}, full), "disk full");
  }
  const auto infinite_slope = [](const arma::vec& x, bool with_gradient) {
    LossValue loss = bowl(x, with_gradient);
    loss.gradient(0) = arma::datum::inf;
    return loss;
  };
  CHECK_THROWS_AS(minimize_batch(infinite_slope, {0, 0}, {}), RunError);
  const auto no_slope = [](const arma::vec& x, bool) { return bowl(x, false); };
  CHECK_THROWS_WITH(minimize_batch(no_slope, {0, 0}, {}),
                    "lbfgs: loss: 0 entries in the gradient of 2 parameters");
}

TEST_CASE("a gradient that is not asked for does no harm") {
  const auto always = [](const arma::vec& x, bool) { return bowl(x, true); };
  const BatchMinimizerOptions options{.algorithm = BatchAlgorithm::nelder_mead};
  const BatchMinimum minimum = minimize_batch(always, {0, 0}, options);
  CHECK(minimum.best.loss.value == Approx(2).epsilon(1e-6));
  CHECK(minimum.best.loss.gradient.is_empty());
}

TEST_CASE("a gradient that leads uphill is a failure with a reason") {
  const auto uphill = [](const arma::vec& x, bool) {
    LossValue loss = bowl(x, true);
    loss.gradient *= -1;
    return loss;
  };
  CHECK_THROWS_AS(minimize_batch(uphill, {0, 0}, {}), RunError);
  CHECK_THROWS_WITH(minimize_batch(uphill, {0, 0}, {}),
                    Catch::Matchers::StartsWith("lbfgs: after ") &&
                        Catch::Matchers::EndsWith("found along the negative gradient"));
}

TEST_CASE("a start at the minimum is its own result") {
  for (const BatchAlgorithm algorithm : algorithms) {
    INFO(to_string(algorithm));
    const arma::vec bottom = {1, 1.1};
    const BatchMinimum minimum = minimize_batch(bowl, bottom, {.algorithm = algorithm});
    CHECK(minimum.best.loss.value == 2);
    CHECK(same_bits(minimum.best.parameters, bottom));
  }
  CHECK(minimize_batch(bowl, {1, 1.1}, {}).end == End::converged);
  CHECK(minimize_batch(bowl, {1, 1.1}, {}).evaluations == 1);
}

TEST_CASE("no tolerances: the run goes on to the limits of rounding or of evaluations") {
  for (const BatchAlgorithm algorithm : algorithms) {
    INFO(to_string(algorithm));
    const BatchMinimizerOptions options{.algorithm = algorithm,
                                        .max_evaluations = 3000,
                                        .value_tolerance = 0,
                                        .parameter_tolerance = 0};
    const BatchMinimum minimum = minimize_batch(bowl, arma::zeros(3), options);
    CHECK(minimum.best.loss.value == Approx(2).epsilon(1e-12));
  }
}

TEST_CASE("L-BFGS trains a classifier over its whole data set") {
  const CosineProducts function(6, 2, 2);
  Circuit circuit = angle_encoding(2, 2, {Op::ry});
  circuit.append(hardware_efficient_ansatz(2, 1, {{0, 1}}));
  const Qnn model{circuit, {Observable::z(0), Observable::z(1)}, 2};
  Dataset data{"two", arma::mat(2, 20), {}, {"a", "b"}};
  RandomStream random(5);
  for (arma::uword i = 0; i < 20; ++i) {
    data.labels.push_back(static_cast<int>(i % 2));
    const double centre = i % 2 == 0 ? 0.6 : -0.6;
    data.features.col(i) = arma::vec{centre + random.normal() / 4, random.normal() / 4};
  }
  const auto loss = [&](const arma::vec& values, bool) {
    const TrainingLoss result =
        training_loss(model, function, QnnParameters::from_flattened(values, model), data);
    return LossValue{result.value, result.gradient};
  };
  const arma::vec start = initial_parameters(model, 1).flattened();
  const BatchMinimum minimum = minimize_batch(loss, start, {.max_evaluations = 60});
  Optimizer adam({.learning_rate = 0.05});
  arma::vec values = start;
  for (int step = 0; step < 60; ++step) adam.step(values, loss(values, true).gradient);
  CHECK(minimum.best.loss.value < 0.5 * loss(start, true).value);
  CHECK(minimum.best.loss.value < loss(values, true).value);
}

TEST_CASE("batch minimizers have names and refuse options outside their range") {
  for (const BatchAlgorithm algorithm : algorithms)
    CHECK(parse_batch_algorithm(to_string(algorithm)) == algorithm);
  CHECK_THROWS_WITH(parse_batch_algorithm("newton"),
                    "batch minimizer: 'newton' is unknown; known are lbfgs, cobyla, bobyqa, "
                    "nelder-mead");
  CHECK(to_string(End::roundoff) == "rounding errors");
  const auto with = [](const BatchMinimizerOptions& options) {
    return minimize_batch(bowl, {0, 0}, options);
  };
  CHECK_THROWS_WITH(with({.max_evaluations = 0}), "lbfgs: max_evaluations: 0 is not >= 1");
  CHECK_THROWS_WITH(with({.value_tolerance = -1}), "lbfgs: value_tolerance: -1 is not >= 0");
  CHECK_THROWS_WITH(with({.parameter_tolerance = arma::datum::nan}),
                    "lbfgs: parameter_tolerance: nan is not >= 0");
  CHECK_THROWS_WITH(with({.algorithm = BatchAlgorithm::cobyla, .initial_step = 0}),
                    "cobyla: initial_step: 0 is not > 0");
  CHECK_THROWS_WITH(minimize_batch(bowl, {1}, {.algorithm = BatchAlgorithm::bobyqa}),
                    "bobyqa: start: 1 parameters, at least 2 needed");
  CHECK_THROWS_WITH(minimize_batch(bowl, {}, {}), "lbfgs: start: 0 parameters, at least 1 needed");
  CHECK_THROWS_WITH(minimize_batch(bowl, {arma::datum::nan}, {}),
                    "lbfgs: start: a parameter is not finite");
}
