#include <algorithm>
#include <limits>
#include <numbers>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/loss.hpp>
#include <rhodrift/train/training.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"
#include "train/cosine_products.hpp"

using namespace rhodrift;

namespace {

constexpr double pi = std::numbers::pi;

/// 2 features, 6 weights, 2 observables, `n_classes` classes.
Qnn small_model(int n_classes) {
  Circuit circuit = angle_encoding(2, 2, {Op::ry});
  circuit.append(hardware_efficient_ansatz(2, 1, {{0, 1}}));
  return {circuit, {Observable::z(0), Observable::z(1)}, n_classes};
}

const CosineProducts small_function(6, 2, 2);

/// `per_class` points around each class's own centre, classes in turn.
Dataset clouds(int n_classes, int per_class, double spread, std::uint64_t seed) {
  Dataset data{"clouds", arma::mat(2, static_cast<arma::uword>(n_classes * per_class)), {}, {}};
  RandomStream random(seed);
  for (int i = 0; i < n_classes * per_class; ++i) {
    const int label = i % n_classes;
    const double direction = 2 * pi * label / n_classes;
    data.labels.push_back(label);
    data.features.col(static_cast<arma::uword>(i)) =
        arma::vec{std::cos(direction), std::sin(direction)} +
        spread * arma::vec{random.normal(), random.normal()};
  }
  for (int k = 0; k < n_classes; ++k) data.class_names.push_back(std::to_string(k));
  return data;
}

QnnParameters random_parameters(const Qnn& model, std::uint64_t seed) {
  arma::vec values = initial_parameters(model, seed).flattened();
  RandomStream random(seed);
  for (double& value : values) value += random.normal();
  return QnnParameters::from_flattened(values, model);
}

arma::mat outputs(const QnnParameters& parameters, const Dataset& data) {
  return parameters.head.logits(small_function.values(parameters.weights, data.features));
}

bool same_bits(const arma::mat& a, const arma::mat& b) {
  return arma::size(a) == arma::size(b) && std::equal(a.begin(), a.end(), b.begin());
}

/// Passes on another function's answers and lets a test look at, or spoil, every gradient.
class Watched : public ExpectationFunction {
 public:
  using Watcher = std::function<void(const arma::mat& features, Gradient& gradient)>;
  Watched(const ExpectationFunction& function, Watcher watcher)
      : function_(function), watcher_(std::move(watcher)) {}
  std::size_t n_weights() const override { return function_.n_weights(); }
  std::size_t n_features() const override { return function_.n_features(); }
  std::size_t n_observables() const override { return function_.n_observables(); }
  arma::mat values(const arma::vec& weights, const arma::mat& features) const override {
    return function_.values(weights, features);
  }
  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative& loss_derivative) const override {
    Gradient gradient = function_.gradient(weights, features, loss_derivative);
    watcher_(features, gradient);
    return gradient;
  }

 private:
  const ExpectationFunction& function_;
  Watcher watcher_;
};

}  // namespace

TEST_CASE("the gradient of the training loss agrees with central differences") {
  for (const int n_classes : {2, 3, 5}) {
    const Qnn model = small_model(n_classes);
    const Dataset data = clouds(n_classes, 4, 0.3, 21);
    const arma::vec values = random_parameters(model, 22).flattened();
    const auto loss_at = [&](const arma::vec& at) {
      return training_loss(model, small_function, QnnParameters::from_flattened(at, model), data);
    };
    const TrainingLoss loss = loss_at(values);

    const arma::vec differences =
        central_differences([&](const arma::vec& at) { return loss_at(at).value; }, values);
    CHECK(arma::norm(loss.gradient - differences) <= 1e-7 * arma::norm(differences));
    CHECK(arma::abs(loss.gradient - differences).max() <= 1e-9);
  }
}

TEST_CASE("the loss of a batch is the mean of its samples', and so is its gradient") {
  const Qnn model = small_model(3);
  const Dataset data = clouds(3, 5, 0.3, 31);
  const QnnParameters parameters = random_parameters(model, 32);
  const TrainingLoss batch = training_loss(model, small_function, parameters, data);
  double value = 0;
  arma::vec gradient(batch.gradient.n_elem);
  for (std::size_t i = 0; i < data.n_samples(); ++i) {
    const TrainingLoss sample = training_loss(model, small_function, parameters, data.subset({i}));
    value += sample.value / static_cast<double>(data.n_samples());
    gradient += sample.gradient / static_cast<double>(data.n_samples());
  }
  CHECK(batch.value == Approx(value).epsilon(1e-14));
  CHECK(arma::approx_equal(batch.gradient, gradient, "absdiff", 1e-14));
  CHECK(batch.value ==
        Approx(mean_loss(Loss::cross_entropy, outputs(parameters, data), data.labels))
            .epsilon(1e-14));
}

TEST_CASE("initial parameters are as documented") {
  const Qnn model = small_model(3);
  const QnnParameters start = initial_parameters(model, 5);
  CHECK(start.weights.n_elem == 6);
  CHECK(arma::abs(start.weights).max() <= pi / 8);
  CHECK(arma::range(start.weights) > pi / 16);
  CHECK(same_bits(start.head.scale, {{2, 0}, {0, 2}, {2, 0}}));
  CHECK(same_bits(start.head.bias, arma::zeros(3)));
  CHECK(same_bits(start.weights, initial_parameters(model, 5).weights));
  CHECK_FALSE(same_bits(start.weights, initial_parameters(model, 6).weights));
}

TEST_CASE("training learns to tell clouds apart") {
  const Qnn model = small_model(3);
  const Dataset data = clouds(3, 30, 0.1, 41);
  TrainingOptions options;
  options.epochs = 60;
  options.batch_size = 15;
  options.optimizer.learning_rate = 0.05;
  const TrainingResult result = train(model, small_function, data, options);
  const QnnParameters start = initial_parameters(model, options.seed);
  const auto loss_of = [&](const QnnParameters& parameters) {
    return mean_loss(Loss::cross_entropy, outputs(parameters, data), data.labels);
  };
  CHECK(result.final_loss < 0.2 * loss_of(start));
  CHECK(result.final_loss == loss_of(result.parameters));
  const arma::mat expectations = small_function.values(result.parameters.weights, data.features);
  CHECK(accuracy(predict(model, result.parameters.head, expectations), data.labels).value == 1.0);
}

TEST_CASE("training keeps every step") {
  const Qnn model = small_model(2);
  const Dataset data = clouds(2, 5, 0.2, 51);
  TrainingOptions options;
  options.epochs = 3;
  options.batch_size = 4;  // 10 samples: batches of 4, 4 and 2
  options.seed = 9;
  std::vector<std::size_t> reported;
  const TrainingResult result =
      train(model, small_function, data, options, [&](std::size_t step, std::size_t steps) {
        CHECK(steps == 9);
        reported.push_back(step);
      });
  CHECK(reported == std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  REQUIRE(result.history.size() == 9);
  for (std::size_t step = 0; step < 9; ++step) {
    CHECK(result.history[step].epoch == static_cast<int>(step / 3));
    CHECK(result.history[step].loss > 0);
    CHECK(result.history[step].gradient_norm > 0);
  }
  REQUIRE(result.parameters_by_step.n_cols == 10);
  CHECK(same_bits(result.parameters_by_step.col(0), initial_parameters(model, 9).flattened()));
  CHECK(same_bits(result.parameters_by_step.col(9), result.parameters.flattened()));
}

TEST_CASE("every epoch sees every sample once, in an order of its own") {
  const Qnn model = small_model(2);
  const Dataset data = clouds(2, 8, 0.2, 61);
  std::vector<std::vector<double>> orders(1);
  const Watched watched(small_function, [&](const arma::mat& features, auto&) {
    if (orders.back().size() == data.n_samples()) orders.emplace_back();
    for (const double x : features.row(0).eval()) orders.back().push_back(x);
  });
  TrainingOptions options;
  options.epochs = 3;
  options.batch_size = 5;
  train(model, watched, data, options);

  const std::vector<double> as_given =
      arma::conv_to<std::vector<double>>::from(data.features.row(0));
  REQUIRE(orders.size() == 3);  // the final loss takes no gradient
  for (const auto& order : orders) {
    CHECK(order != as_given);
    CHECK(std::is_permutation(order.begin(), order.end(), as_given.begin(), as_given.end()));
  }
  CHECK(orders[0] != orders[1]);
  CHECK(orders[1] != orders[2]);
}

TEST_CASE("the same seed trains to the same bits, another one does not") {
  const Qnn model = small_model(3);
  const Dataset data = clouds(3, 6, 0.3, 71);
  TrainingOptions options;
  options.epochs = 4;
  options.batch_size = 7;
  options.seed = 123;
  const TrainingResult first = train(model, small_function, data, options);
  const TrainingResult second = train(model, small_function, data, options);
  CHECK(same_bits(first.parameters_by_step, second.parameters_by_step));
  CHECK(first.final_loss == second.final_loss);
  options.seed = 124;
  CHECK_FALSE(same_bits(first.parameters_by_step,
                        train(model, small_function, data, options).parameters_by_step));
}

TEST_CASE("a batch larger than the data is all of the data") {
  const Qnn model = small_model(2);
  const Dataset data = clouds(2, 3, 0.2, 81);
  TrainingOptions options;
  options.epochs = 2;
  options.batch_size = std::numeric_limits<std::size_t>::max();
  const TrainingResult result = train(model, small_function, data, options);
  REQUIRE(result.history.size() == 2);
  CHECK(
      result.history[0].loss ==
      Approx(
          training_loss(model, small_function, initial_parameters(model, options.seed), data).value)
          .epsilon(1e-14));
}

TEST_CASE("training that diverges says at which step") {
  const Qnn model = small_model(2);
  const Dataset data = clouds(2, 4, 0.2, 91);
  TrainingOptions options;
  options.epochs = 5;
  options.batch_size = 4;
  int calls = 0;
  const Watched values(small_function, [&](const arma::mat&, auto& gradient) {
    if (++calls == 3) gradient.values(0, 0) = arma::datum::nan;
  });
  CHECK_THROWS_WITH(train(model, values, data, options),
                    Catch::Matchers::StartsWith("training: step 3 of 10 (epoch 1): the loss is "));
  const Watched gradients(small_function, [&](const arma::mat&, auto& gradient) {
    gradient.weights(1) = arma::datum::inf;
  });
  CHECK_THROWS_AS(train(model, gradients, data, options), RunError);
  // 1e300 · 1e10 is past the largest double, though loss and gradient are finite.
  const Watched steep(small_function,
                      [](const arma::mat&, auto& gradient) { gradient.weights(1) = 1e10; });
  options.optimizer.learning_rate = 1e300;
  CHECK_THROWS_AS(train(model, steep, data, options), RunError);
  CHECK_THROWS_WITH(
      train(model, steep, data, options),
      "training diverged at step 1: a parameter is not finite (learning rate 1e+300)");
}

TEST_CASE("training refuses options, data and models that do not fit") {
  const Qnn model = small_model(2);
  const Dataset data = clouds(2, 4, 0.2, 101);
  TrainingOptions options;
  const auto train_with = [&](const Qnn& a_model, const Dataset& a_dataset) {
    return train(a_model, small_function, a_dataset, options);
  };

  Dataset wrong = data;
  wrong.labels[3] = 2;
  CHECK_THROWS_WITH(train_with(model, wrong), "clouds: sample 3: label 2 is outside 0..1");
  wrong = data;
  wrong.features(1, 2) = arma::datum::nan;
  CHECK_THROWS_WITH(train_with(model, wrong), "clouds: sample 2: feature 1 is nan");
  wrong = data;
  wrong.features.insert_rows(2, 1);
  CHECK_THROWS_WITH(train_with(model, wrong),
                    "training: features of the data: 3, but the circuit has 2");
  CHECK_THROWS_WITH(train_with(model, data.subset({1, 3, 5})),
                    "clouds: every sample is of class '1', at least 2 classes are needed");
  CHECK_THROWS_WITH(train_with(small_model(3), data),
                    "training: classes of the data: 2, but the model has 3");
  CHECK_THROWS_WITH(train(model, CosineProducts(5, 2, 2), data, options),
                    "training: weights of the expectations: 5, but the circuit has 6");
  CHECK_THROWS_WITH(train(model, CosineProducts(6, 2, 3), data, options),
                    "training: observables of the expectations: 3, but the model has 2");

  options.batch_size = 0;
  CHECK_THROWS_WITH(train_with(model, data), "training: batch_size: 0 is not >= 1");
  options = {};
  options.epochs = 0;
  CHECK_THROWS_WITH(train_with(model, data), "training: epochs: 0 is not >= 1");
  options = {};
  options.optimizer.learning_rate = -1;
  CHECK_THROWS_WITH(train_with(model, data), "adam: learning_rate: -1 is not > 0");
}

TEST_CASE("a run that goes on from a state ends with the same bits, wherever it was cut") {
  const Qnn model = small_model(3);
  const Dataset data = clouds(3, 6, 0.3, 111), validation = clouds(3, 4, 0.3, 112);
  TrainingOptions options;
  options.epochs = 5;
  options.batch_size = 7;
  options.weight_decay = 0.01;
  options.schedule = parse_schedule("cosine:final=0.1:warmup=3");
  options.clipping = parse_gradient_clipping("norm:0.5");
  options.early_stopping = EarlyStopping::Options{.patience = 2, .min_improvement = 0.0};
  // Noise that is drawn anew every step.
  const TrainingObjective objective = [&](std::uint64_t step, const QnnParameters& parameters,
                                          const Dataset& batch, bool with_gradient) {
    TrainingLoss loss =
        training_loss(model, small_function, parameters, batch, Loss::cross_entropy, with_gradient);
    RandomStream random(9, step);
    for (double& derivative : loss.gradient) derivative += 0.1 * random.normal();
    return loss;
  };
  TrainingRun whole(model, objective, data, options, validation);
  std::vector<TrainingState> states{whole.state()};
  while (!whole.done()) {
    whole.step();
    states.push_back(whole.state());
  }
  const TrainingResult expected = whole.result();
  for (const TrainingState& state : states) {
    TrainingRun resumed(model, objective, data, options, validation, state);
    while (!resumed.done()) resumed.step();
    const TrainingResult result = resumed.result();
    CHECK(same_bits(result.parameters_by_step, expected.parameters_by_step));
    CHECK(same_bits(result.parameters.flattened(), expected.parameters.flattened()));
    CHECK(result.final_loss == expected.final_loss);
  }
}

TEST_CASE("early stopping ends a run and keeps the best parameters") {
  const Qnn model = small_model(2);
  const Dataset data = clouds(2, 6, 0.2, 121);
  TrainingOptions options;
  options.epochs = 100;
  options.batch_size = 12;
  options.early_stopping = EarlyStopping::Options{.patience = 3, .min_improvement = 0.0};
  options.optimizer.rule = Optimizer::Rule::sgd;
  // Its gradient leads away from the third step on.
  const TrainingObjective objective = [&](std::uint64_t step, const QnnParameters& parameters,
                                          const Dataset& batch, bool with_gradient) {
    TrainingLoss loss =
        training_loss(model, small_function, parameters, batch, Loss::cross_entropy, with_gradient);
    if (step >= 3) loss.gradient *= -5.0;
    return loss;
  };
  const TrainingResult result = train(model, objective, data, options, {}, data);
  CHECK(result.history.size() < 20);
  double best = 1e9;
  for (arma::uword s = 1; s < result.parameters_by_step.n_cols; ++s)
    best = std::min(
        best,
        training_loss(model, small_function,
                      QnnParameters::from_flattened(result.parameters_by_step.col(s), model), data)
            .value);
  CHECK(result.final_loss == best);
  CHECK_THROWS_WITH(train(model, objective, data, options),
                    "training: early stopping: there is no validation set to look at");
}

TEST_CASE("states of other runs are refused") {
  const Qnn model = small_model(2);
  const Dataset data = clouds(2, 6, 0.2, 131);
  const SharedExpectations function = std::make_shared<const CosineProducts>(6, 2, 2);
  const TrainingObjective objective = fixed_objective(model, function, Loss::cross_entropy);
  TrainingRun run(model, objective, data, {});
  run.step();
  TrainingState state = run.state();
  state.history.clear();
  CHECK_THROWS_AS(TrainingRun(model, objective, data, {}, {}, state), InputError);
  CHECK_THROWS_AS(TrainingRun(small_model(3), objective, data, {}, {}, run.state()), InputError);
}

TEST_CASE(
    "a minimiser takes all the data to a lower loss than it began with, and replays its log") {
  const Qnn model = small_model(3);
  const Dataset data = clouds(3, 6, 0.3, 141);
  const TrainingObjective objective =
      fixed_objective(model, std::make_shared<const CosineProducts>(6, 2, 2), Loss::cross_entropy);
  for (const BatchAlgorithm algorithm : {BatchAlgorithm::lbfgs, BatchAlgorithm::cobyla}) {
    CAPTURE(to_string(algorithm));
    TrainingOptions options;
    options.weight_decay = 0.01;
    options.minimizer = BatchMinimizerOptions{.algorithm = algorithm, .max_evaluations = 30};
    std::vector<TrainingState> states;
    const TrainingResult whole =
        minimize(model, objective, data, options, {}, {},
                 [&](const TrainingState& state) { states.push_back(state); });
    REQUIRE(whole.history.size() == states.size());
    CHECK(whole.final_loss < whole.history.front().loss);
    const auto best = std::ranges::min_element(whole.history, {}, &TrainingStep::loss);
    CHECK(whole.final_loss == best->loss);
    CHECK(same_bits(
        whole.parameters.flattened(),
        whole.parameters_by_step.col(static_cast<arma::uword>(best - whole.history.begin()) + 1)));
    for (const std::size_t cut : {std::size_t{0}, states.size() / 2, states.size() - 1}) {
      const TrainingResult resumed = minimize(model, objective, data, options, states[cut]);
      CHECK(same_bits(resumed.parameters_by_step, whole.parameters_by_step));
      CHECK(same_bits(resumed.parameters.flattened(), whole.parameters.flattened()));
    }
  }
}
