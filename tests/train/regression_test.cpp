#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/regression.hpp>
#include <rhodrift/train/synthetic_data.hpp>
#include <rhodrift/train/target_scale.hpp>
#include <rhodrift/train/training.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"

using namespace rhodrift;

namespace {

arma::vec normal(arma::uword n, std::uint64_t seed) {
  RandomStream random(seed);
  arma::vec values(n);
  for (double& value : values) value = random.normal();
  return values;
}

/// One feature, uploaded twice, read as <Z> of both qubits.
Qnn sine_model() {
  return {Encoder(parse_encoding("angle:ry,ry:uploads=2"), 2, 1)
              .before(ansatz_circuit(parse_ansatz("hardware-efficient:1"), 2)),
          {Observable::z(0), Observable::z(1)},
          1};
}

}  // namespace

TEST_CASE("regression scores are those of their definitions") {
  const arma::vec targets{1, 2, 3, 4}, predictions{1, 2, 3, 6};
  const RegressionScores scores = regression_scores(predictions, targets);
  CHECK(scores.rmse.value == Approx(1.0));
  CHECK(scores.mae.value == Approx(0.5));
  CHECK(scores.r_squared.value == Approx(1 - 4.0 / 5));
  CHECK(scores.rmse.ci.low == 0.0);  // of samples that are all right
  CHECK(regression_scores(arma::vec(4, arma::fill::value(2.5)), targets).r_squared.value ==
        Approx(0.0).margin(1e-12));
  const RegressionScores again = regression_scores(predictions, targets);
  CHECK(again.rmse.ci.high == scores.rmse.ci.high);
}

TEST_CASE("a regression's intervals cover the truth as often as they say") {
  // Errors of deviation 1/2 on targets of deviation 1: an RMSE of 1/2, an MAE of 1/2 √(2/π), an R²
  // of 3/4.
  int rmse = 0, mae = 0, r_squared = 0;
  constexpr int n_runs = 200;
  const auto in = [](const Estimate& estimate, double truth) {
    return estimate.ci.low <= truth && truth <= estimate.ci.high;
  };
  for (int run = 0; run < n_runs; ++run) {
    const arma::vec targets = normal(100, 1000 + static_cast<std::uint64_t>(run));
    const RegressionScores scores = regression_scores(
        targets + 0.5 * normal(100, 5000 + static_cast<std::uint64_t>(run)), targets);
    rmse += in(scores.rmse, 0.5) ? 1 : 0;
    mae += in(scores.mae, 0.5 * std::sqrt(2 / arma::datum::pi)) ? 1 : 0;
    r_squared += in(scores.r_squared, 0.75) ? 1 : 0;
  }
  // 95% of 200 is 190, with a deviation of 3.1; the bootstrap is known to fall a little short.
  for (const int covered : {rmse, mae, r_squared}) CHECK(covered >= 178);
}

TEST_CASE("regressors are compared sample by sample") {
  const arma::vec targets = normal(80, 1);
  const std::vector<RegressorPredictions> models{{"good", targets + 0.1 * normal(80, 2)},
                                                 {"like it", targets + 0.1 * normal(80, 3)},
                                                 {"bad", targets + 0.8 * normal(80, 4)}};
  const auto comparisons = compare_regressors(models, targets);
  REQUIRE(comparisons.size() == 3);
  CHECK(comparisons[1].first == "good");
  CHECK(comparisons[1].second == "bad");
  CHECK(comparisons[1].significant);
  CHECK(comparisons[1].difference.ci.low > 0);
  CHECK(comparisons[1].only_first > 60);
  CHECK(comparisons[1].only_first + comparisons[1].only_second == 80);
  CHECK(comparisons[1].difference.value ==
        Approx(arma::mean(arma::abs(models[2].values - targets)) -
               arma::mean(arma::abs(models[0].values - targets))));
  const std::vector<std::string> baselines{"good"};
  const auto warnings = baseline_warnings(comparisons, "bad", baselines);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0].finding, ContainsSubstring("MAE lower by -"));
  CHECK_FALSE(comparisons[0].significant);
  CHECK(comparisons[1].adjusted_p_value >= comparisons[1].p_value);

  // Student's t of 1, 2, 3: mean 2, error 1/√3, so t = 2√3 with 2 degrees of freedom.
  const arma::vec zeros(3);
  const double t = 2 * std::sqrt(3.0);
  const auto three =
      compare_regressors(std::vector<RegressorPredictions>{{"a", {1, 2, 3}}, {"b", zeros}}, zeros);
  CHECK(three[0].p_value == Approx(1 - t / std::sqrt(t * t + 2)));
  const auto same =
      compare_regressors(std::vector<RegressorPredictions>{{"a", zeros}, {"b", zeros}}, zeros);
  CHECK(same[0].p_value == 1.0);
}

TEST_CASE("scores of nothing, of unequal numbers and of constant targets are refused") {
  CHECK_THROWS_AS(regression_scores({1.0}, {1.0}), InputError);
  CHECK_THROWS_AS(regression_scores({1.0, 2.0}, {1.0, 2.0, 3.0}), InputError);
  CHECK_THROWS_WITH(regression_scores({1.0, 2.0}, {3.0, 3.0}), ContainsSubstring("the same"));
  CHECK_THROWS_AS(regression_scores({1.0, NAN}, {3.0, 4.0}), InputError);
  const std::vector<RegressorPredictions> twice{{"a", {1, 2}}, {"a", {1, 2}}};
  CHECK_THROWS_WITH(compare_regressors(twice, {1.0, 2.0}), ContainsSubstring("names two"));
}

TEST_CASE("scaled targets have mean 0 and deviation 1, and heads bring them back") {
  const Dataset data = friedman1(50, 5, 1.0, 3);
  const TargetScale scale = TargetScale::of(data);
  const Dataset scaled = scale.scaled(data);
  CHECK(arma::mean(scaled.targets.row(0)) == Approx(0.0).margin(1e-12));
  CHECK(arma::stddev(scaled.targets.row(0)) == Approx(1.0));
  const AffineHead head{arma::mat{{0.3, -0.7}}, {0.2}};
  const arma::mat inputs = arma::reshape(normal(8, 5), 2, 4);
  CHECK(arma::approx_equal(scale.in_units(head).logits(inputs),
                           scale.mean(0) + scale.deviation(0) * head.logits(inputs), "absdiff",
                           1e-12));
  CHECK_THROWS_AS(TargetScale::of(moons(10, 0.1, 1)), InputError);
  CHECK_THROWS_AS(scale.in_units({arma::mat(2, 2), arma::vec(2)}), InputError);
}

TEST_CASE("the gradient of a regression's loss is that of differences") {
  const Qnn model = sine_model();
  Dataset batch = sine(6, 0.1, 2);
  batch.features =
      Encoder(parse_encoding("angle:ry,ry:uploads=2"), 2, 1).circuit_features(batch.features);
  const ProgramExpectations expectations(model.circuit, model.observables);
  const arma::vec at = initial_parameters(model, 7).flattened() +
                       0.3 * normal(initial_parameters(model, 7).flattened().n_elem, 8);
  for (const char* measurement : {"none", "normalise"})
    for (const Loss loss : {Loss::mse, Loss::huber}) {
      Qnn with = model;
      with.post_measurement = parse_post_measurement(measurement);
      const auto loss_at = [&](const arma::vec& values) {
        return training_loss(with, expectations, QnnParameters::from_flattened(values, with), batch,
                             loss);
      };
      const arma::vec differences =
          central_differences([&](const arma::vec& values) { return loss_at(values).value; }, at);
      CHECK(arma::approx_equal(loss_at(at).gradient, differences, "absdiff", 1e-7));
    }
  for (const Loss loss : {Loss::cross_entropy, Loss::hinge})
    CHECK_THROWS_WITH(training_loss(model, expectations, initial_parameters(model, 7), batch, loss),
                      ContainsSubstring("is of classes"));
}

TEST_CASE("a regressor learns a sine") {
  const Qnn model = sine_model();
  const Dataset data = sine(60, 0.05, 1);
  const TargetScale scale = TargetScale::of(data);
  TrainingOptions options;
  options.loss = Loss::mse;
  options.epochs = 100;
  options.optimizer.learning_rate = 0.05;
  const ProgramExpectations expectations(model.circuit, model.observables);
  const TrainingResult result = train(model, expectations, scale.scaled(data), options);
  CHECK(result.final_loss < 0.05);  // 1 is what the mean has
  const Dataset test = sine(200, 0.05, 2);
  const arma::mat predicted =
      model_outputs(model, scale.in_units(result.parameters.head),
                    expectations.values(result.parameters.weights, test.features));
  CHECK(regression_scores(predicted.row(0).t(), test.targets.row(0).t()).r_squared.value > 0.93);

  Dataset constant = data;
  constant.targets.fill(2);
  CHECK_THROWS_WITH(train(model, expectations, constant, options),
                    ContainsSubstring("nothing to learn"));
  CHECK_THROWS_WITH(train(model, expectations, moons(10, 0.1, 1), options),
                    ContainsSubstring("features"));
}
