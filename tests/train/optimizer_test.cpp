#include <cmath>
#include <string>
#include <vector>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/optimizer.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

using Rule = Optimizer::Rule;
using Options = Optimizer::Options;

constexpr Rule rules[] = {Rule::sgd, Rule::rmsprop, Rule::adam, Rule::adamw};

std::vector<arma::vec> random_gradients(int n_steps, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<arma::vec> gradients;
  for (int t = 0; t < n_steps; ++t) {
    arma::vec gradient(3);
    for (double& g : gradient) g = random.normal();
    gradients.push_back(gradient);
  }
  return gradients;
}

/// Σ_i decay^(t-i) values[i] over i <= t.
arma::vec decayed_sum(double decay, const std::vector<arma::vec>& values, std::size_t t) {
  arma::vec sum(values.front().n_elem);
  for (std::size_t i = 0; i <= t; ++i)
    sum += std::pow(decay, static_cast<double>(t - i)) * values[i];
  return sum;
}

std::vector<arma::vec> squares(std::vector<arma::vec> values) {
  for (arma::vec& value : values) value = arma::square(value);
  return values;
}

bool same_bits(const arma::vec& a, const arma::vec& b) {
  return a.n_elem == b.n_elem && std::equal(a.begin(), a.end(), b.begin());
}

Options adam(double learning_rate, double beta1 = 0.9, double beta2 = 0.999,
             double epsilon = 1e-8) {
  return {.learning_rate = learning_rate, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon};
}

}  // namespace

TEST_CASE("Adam's first steps are those worked out by hand") {
  // g = 1, -2, 1/2 with α = 0.1: m = 0.1, -0.11, -0.049 and v = 0.001, 0.004999, 0.005244001.
  Optimizer optimizer(adam(0.1));
  arma::vec x = {0.5};
  optimizer.step(x, {1});
  CHECK(x(0) == Approx(0.400000001).epsilon(1e-14));
  optimizer.step(x, {-2});
  CHECK(x(0) == Approx(0.4366103534720747).epsilon(1e-14));
  optimizer.step(x, {0.5});
  CHECK(x(0) == Approx(0.45027941967382135).epsilon(1e-14));
}

TEST_CASE("the first steps of the other rules are those worked out by hand") {
  // g = 1, -2 with α = 0.1.
  arma::vec x = {0.5};
  Optimizer sgd({.rule = Rule::sgd, .learning_rate = 0.1, .momentum = 0.5});
  sgd.step(x, {1});  // m = 1
  CHECK(x(0) == Approx(0.4).epsilon(1e-15));
  sgd.step(x, {-2});  // m = -1.5
  CHECK(x(0) == Approx(0.55).epsilon(1e-15));

  x = {0.5};
  Optimizer rmsprop({.rule = Rule::rmsprop, .learning_rate = 0.1, .decay = 0.75, .epsilon = 0.5});
  rmsprop.step(x, {1});  // v = 1/4
  CHECK(x(0) == Approx(0.4).epsilon(1e-15));
  rmsprop.step(x, {-2});  // v = 3/16 + 1
  CHECK(x(0) == Approx(0.4 + 0.2 / (std::sqrt(19.0) / 4 + 0.5)).epsilon(1e-15));

  x = {0.5};
  Optimizer adamw({.rule = Rule::adamw, .learning_rate = 0.1, .weight_decay = 0.2});
  adamw.step(x, {1});  // 0.98 · 0.5, then Adam's first step
  CHECK(x(0) == Approx(0.49 - 0.1 / (1 + 1e-8)).epsilon(1e-15));
}

TEST_CASE("the rules follow their closed forms") {
  // m_t = Σ_i β^(t-i) g_i, and so on: no recursion.
  const std::vector<arma::vec> gradients = random_gradients(60, 11);
  const std::vector<arma::vec> gradients2 = squares(gradients);
  const Options options{.learning_rate = 0.03,
                        .momentum = 0.7,
                        .decay = 0.85,
                        .beta1 = 0.8,
                        .beta2 = 0.95,
                        .epsilon = 1e-6,
                        .weight_decay = 0.3};
  for (const Rule rule : rules) {
    INFO(to_string(rule));
    Options of_rule = options;
    of_rule.rule = rule;
    Optimizer optimizer(of_rule);
    const double alpha = options.learning_rate;
    arma::vec x = {1, -2, 3};
    arma::vec expected = x;
    for (std::size_t t = 0; t < gradients.size(); ++t) {
      optimizer.step(x, gradients[t]);
      const auto n = static_cast<double>(t + 1);
      const auto mean = [&](double beta, const std::vector<arma::vec>& values) {
        return arma::vec((1 - beta) * decayed_sum(beta, values, t));
      };
      if (rule == Rule::sgd) {
        expected -= alpha * decayed_sum(options.momentum, gradients, t);
      } else if (rule == Rule::rmsprop) {
        expected -=
            alpha * gradients[t] / (arma::sqrt(mean(options.decay, gradients2)) + options.epsilon);
      } else {
        if (rule == Rule::adamw) expected -= alpha * options.weight_decay * expected;
        const arma::vec m = mean(options.beta1, gradients) / (1 - std::pow(options.beta1, n));
        const arma::vec v = mean(options.beta2, gradients2) / (1 - std::pow(options.beta2, n));
        expected -= alpha * m / (arma::sqrt(v) + options.epsilon);
      }
      CHECK(arma::approx_equal(x, expected, "absdiff", 1e-13));
    }
    CHECK(optimizer.state().steps == 60);
  }
}

TEST_CASE("Adam moves by the learning rate against a constant gradient, whatever its size") {
  for (const double g : {1e-3, 1.0, 1e6}) {
    Optimizer optimizer(adam(0.1, 0.9, 0.999, 1e-12));
    arma::vec x = {0, 0};
    for (int t = 1; t <= 20; ++t) {
      optimizer.step(x, {g, -g});
      CHECK(x(0) == Approx(-0.1 * t).epsilon(1e-8));
      CHECK(x(1) == -x(0));
    }
  }
}

TEST_CASE("AdamW decays weights without a gradient, Adam leaves them") {
  Optimizer decoupled({.rule = Rule::adamw, .learning_rate = 0.1, .weight_decay = 0.5});
  Optimizer plain(adam(0.1));
  arma::vec x = {2}, y = {2};
  for (int t = 1; t <= 10; ++t) {
    decoupled.step(x, {0});
    plain.step(y, {0});
    CHECK(x(0) == Approx(2 * std::pow(0.95, t)).epsilon(1e-14));
    CHECK(y(0) == 2);
  }
}

TEST_CASE("the rate factor stands for another learning rate") {
  const std::vector<arma::vec> gradients = random_gradients(5, 12);
  for (const Rule rule : rules) {
    INFO(to_string(rule));
    Optimizer scaled({.rule = rule, .learning_rate = 0.5});
    Optimizer slow({.rule = rule, .learning_rate = 0.125});
    arma::vec x = {1, -2, 3}, y = x;
    for (const arma::vec& gradient : gradients) {
      scaled.step(x, gradient, 0.25);
      slow.step(y, gradient);
    }
    CHECK(same_bits(x, y));
  }
}

TEST_CASE("an optimizer that goes on from its stored state goes on to the same bits") {
  const std::vector<arma::vec> gradients = random_gradients(40, 13);
  for (const Rule rule : rules) {
    const Options options{.rule = rule, .learning_rate = 0.07};
    Optimizer whole(options);
    arma::vec x = {1, -2, 3};
    for (const arma::vec& gradient : gradients) whole.step(x, gradient);
    for (const std::size_t killed : {0u, 1u, 17u, 39u}) {
      INFO(to_string(rule) << " killed after " << killed);
      Optimizer before(options);
      arma::vec y = {1, -2, 3};
      for (std::size_t t = 0; t < killed; ++t) before.step(y, gradients[t]);
      const Optimizer::State stored{before.state().first_moment, before.state().second_moment,
                                    before.state().steps};
      Optimizer after(options, stored);
      for (std::size_t t = killed; t < gradients.size(); ++t) after.step(y, gradients[t]);
      CHECK(same_bits(x, y));
      CHECK(same_bits(after.state().first_moment, whole.state().first_moment));
      CHECK(same_bits(after.state().second_moment, whole.state().second_moment));
    }
  }
}

TEST_CASE("every rule has a name, and options that are its own") {
  for (const Rule rule : rules) {
    CHECK(parse_optimizer_rule(to_string(rule)) == rule);
    CHECK(options_of(rule).front().name == "learning_rate");
  }
  CHECK_THROWS_WITH(
      parse_optimizer_rule("lion"),
      "optimizer: 'lion' is unknown; known are sgd, rmsprop, adam, adamw, natural-gradient");
  std::vector<std::string_view> names;
  for (const OptimizerOption& option : options_of(Rule::adamw)) names.push_back(option.name);
  CHECK(names == std::vector<std::string_view>{"learning_rate", "beta1", "beta2", "epsilon",
                                               "weight_decay"});
  Options options;
  options.*options_of(Rule::sgd)[1].value = 0.125;
  CHECK(options.momentum == 0.125);
}

TEST_CASE("an optimizer refuses options outside their range and gradients of another length") {
  CHECK_THROWS_WITH(Optimizer(adam(0)), "adam: learning_rate: 0 is not > 0");
  CHECK_THROWS_AS(Optimizer(adam(arma::datum::nan)), InputError);
  CHECK_THROWS_AS(Optimizer(adam(arma::datum::inf)), InputError);
  CHECK_THROWS_WITH(Optimizer(adam(0.1, 1)), "adam: beta1: 1 is not in [0, 1)");
  CHECK_THROWS_WITH(Optimizer(adam(0.1, 0.9, -0.5)), "adam: beta2: -0.5 is not in [0, 1)");
  CHECK_THROWS_WITH(Optimizer(adam(0.1, 0.9, 0.999, 0)), "adam: epsilon: 0 is not > 0");
  CHECK_THROWS_WITH(Optimizer({.rule = Rule::sgd, .momentum = 1}),
                    "sgd: momentum: 1 is not in [0, 1)");
  CHECK_THROWS_WITH(Optimizer({.rule = Rule::rmsprop, .decay = 1.5}),
                    "rmsprop: decay: 1.5 is not in [0, 1)");
  CHECK_THROWS_WITH(Optimizer({.rule = Rule::adamw, .weight_decay = -1}),
                    "adamw: weight_decay: -1 is not >= 0");
  CHECK_NOTHROW(Optimizer({.rule = Rule::adam, .weight_decay = -1}));  // not one of adam's

  Optimizer optimizer(adam(0.01));
  arma::vec x = {0, 0};
  optimizer.step(x, {1, 1});
  CHECK_THROWS_WITH(optimizer.step(x, {1}),
                    "adam: 2 parameters, 1 entries in the gradient, 2 at the first step");
}

TEST_CASE("an optimizer refuses a state that none can have") {
  const auto with = [](const Optimizer::State& state) {
    return Optimizer({.rule = Rule::rmsprop}, state);
  };
  CHECK_NOTHROW(with({{0, 0}, {1, 2}, 3}));
  CHECK_THROWS_WITH(with({{0}, {1, 2}, 3}), "rmsprop: state: 1 first moments, 2 second ones");
  CHECK_THROWS_WITH(with({{0, 0}, {1, 2}, 0}), "rmsprop: state: 2 moments after 0 steps");
  CHECK_THROWS_WITH(with({{}, {}, 3}), "rmsprop: state: 0 moments after 3 steps");
  CHECK_THROWS_WITH(with({{0}, {arma::datum::nan}, 3}), "rmsprop: state: a moment is not finite");
  CHECK_THROWS_WITH(with({{0}, {-1}, 3}), "rmsprop: state: a second moment is below 0");
}
