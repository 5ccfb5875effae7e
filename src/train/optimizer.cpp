#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/optimizer.hpp>

#include "train/names.hpp"

namespace rhodrift {

namespace {

using Options = Optimizer::Options;
using Rule = Optimizer::Rule;

constexpr Names<Rule, 5> names{{{Rule::sgd, "sgd"},
                                {Rule::rmsprop, "rmsprop"},
                                {Rule::adam, "adam"},
                                {Rule::adamw, "adamw"},
                                {Rule::natural_gradient, "natural-gradient"}}};

constexpr OptimizerOption learning_rate{"learning_rate", &Options::learning_rate};
constexpr OptimizerOption momentum{"momentum", &Options::momentum};
constexpr OptimizerOption decay{"decay", &Options::decay};
constexpr OptimizerOption beta1{"beta1", &Options::beta1};
constexpr OptimizerOption beta2{"beta2", &Options::beta2};
constexpr OptimizerOption epsilon{"epsilon", &Options::epsilon};
constexpr OptimizerOption weight_decay{"weight_decay", &Options::weight_decay};
constexpr OptimizerOption regularisation{"regularisation", &Options::regularisation};

constexpr std::array sgd_options{learning_rate, momentum};
constexpr std::array rmsprop_options{learning_rate, decay, epsilon};
constexpr std::array adam_options{learning_rate, beta1, beta2, epsilon};
constexpr std::array adamw_options{learning_rate, beta1, beta2, epsilon, weight_decay};
constexpr std::array natural_options{learning_rate, regularisation};

/// What is wrong with the value, or nothing.
const char* broken_limit(const OptimizerOption& option, double value) {
  if (option.value == &Options::learning_rate || option.value == &Options::epsilon ||
      option.value == &Options::regularisation)
    return value > 0 && std::isfinite(value) ? nullptr : "> 0";
  if (option.value == &Options::weight_decay)
    return value >= 0 && std::isfinite(value) ? nullptr : ">= 0";
  return value >= 0 && value < 1 ? nullptr : "in [0, 1)";
}

void require_valid(const Optimizer::State& state, Rule rule) {
  const auto require = [&](bool holds, const std::string& problem) {
    if (!holds) throw InputError(std::string(to_string(rule)), "state", problem);
  };
  const arma::vec& m = state.first_moment;
  const arma::vec& v = state.second_moment;
  require(m.n_elem == v.n_elem,
          fmt::format("{} first moments, {} second ones", m.n_elem, v.n_elem));
  require((state.steps == 0) == m.is_empty(),
          fmt::format("{} moments after {} steps", m.n_elem, state.steps));
  require(m.is_finite() && v.is_finite(), "a moment is not finite");
  require(v.is_empty() || v.min() >= 0, "a second moment is below 0");
}

}  // namespace

std::string_view to_string(Rule rule) {
  return name_of(names, rule);
}

Rule parse_optimizer_rule(std::string_view name) {
  return value_named(names, name, "optimizer");
}

std::span<const OptimizerOption> options_of(Rule rule) {
  switch (rule) {
    case Rule::sgd:
      return sgd_options;
    case Rule::rmsprop:
      return rmsprop_options;
    case Rule::adam:
      return adam_options;
    case Rule::adamw:
      return adamw_options;
    case Rule::natural_gradient:
      return natural_options;
  }
  return {};
}

void Options::validate() const {
  for (const OptimizerOption& option : options_of(rule)) {
    const double value = this->*option.value;
    if (const char* limit = broken_limit(option, value))
      throw InputError(std::string(to_string(rule)), std::string(option.name),
                       fmt::format("{} is not {}", value, limit));
  }
}

Optimizer::Optimizer(const Options& options) : Optimizer(options, State()) {}

Optimizer::Optimizer(const Options& options, State state)
    : options_(options), state_(std::move(state)) {
  options_.validate();
  require_valid(state_, options_.rule);
}

void Optimizer::step(arma::vec& parameters, const arma::vec& gradient, double rate_factor) {
  auto& [m, v, t] = state_;
  if (t == 0) {
    m.zeros(gradient.n_elem);
    v.zeros(gradient.n_elem);
  }
  if (parameters.n_elem != gradient.n_elem || m.n_elem != gradient.n_elem)
    throw InputError(std::string(to_string(options_.rule)), "",
                     fmt::format("{} parameters, {} entries in the gradient, {} at the first step",
                                 parameters.n_elem, gradient.n_elem, m.n_elem));
  ++t;
  const Options& o = options_;
  const double alpha = o.learning_rate * rate_factor;
  switch (o.rule) {
    case Rule::sgd:
      m = o.momentum * m + gradient;
      parameters -= alpha * m;
      return;
    case Rule::natural_gradient:
      parameters -= alpha * gradient;
      return;
    case Rule::rmsprop:
      v = o.decay * v + (1 - o.decay) * arma::square(gradient);
      parameters -= alpha * gradient / (arma::sqrt(v) + o.epsilon);
      return;
    case Rule::adamw:
      parameters *= 1 - alpha * o.weight_decay;
      [[fallthrough]];
    case Rule::adam:
      m = o.beta1 * m + (1 - o.beta1) * gradient;
      v = o.beta2 * v + (1 - o.beta2) * arma::square(gradient);
      // Both moments start at 0; dividing by 1 - β^t takes that bias out.
      const auto steps = static_cast<double>(t);
      const double correction1 = 1 - std::pow(o.beta1, steps);
      const double correction2 = 1 - std::pow(o.beta2, steps);
      parameters -= alpha * (m / correction1) / (arma::sqrt(v / correction2) + o.epsilon);
      return;
  }
}

}  // namespace rhodrift
