#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/training.hpp>

namespace rhodrift {

namespace {

void require(bool holds, const char* option, double value, const char* range) {
  if (!holds) throw InputError("adam", option, fmt::format("{} is not {}", value, range));
}

}  // namespace

void Adam::Options::validate() const {
  require(learning_rate > 0 && std::isfinite(learning_rate), "learning_rate", learning_rate, "> 0");
  require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "in [0, 1)");
  require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "in [0, 1)");
  require(epsilon > 0 && std::isfinite(epsilon), "epsilon", epsilon, "> 0");
}

Adam::Adam(const Options& options) : options_(options) {
  options_.validate();
}

void Adam::step(arma::vec& parameters, const arma::vec& gradient) {
  if (steps_ == 0) {
    first_moment_.zeros(gradient.n_elem);
    second_moment_.zeros(gradient.n_elem);
  }
  if (parameters.n_elem != gradient.n_elem || first_moment_.n_elem != gradient.n_elem)
    throw InputError("adam", "",
                     fmt::format("{} parameters, {} entries in the gradient, {} at the first step",
                                 parameters.n_elem, gradient.n_elem, first_moment_.n_elem));
  ++steps_;
  const auto& [alpha, beta1, beta2, epsilon] = options_;
  first_moment_ = beta1 * first_moment_ + (1 - beta1) * gradient;
  second_moment_ = beta2 * second_moment_ + (1 - beta2) * arma::square(gradient);
  // Both moments start at 0; dividing by 1 - β^t takes that bias out.
  const double correction1 = 1 - std::pow(beta1, steps_);
  const double correction2 = 1 - std::pow(beta2, steps_);
  parameters -=
      alpha * (first_moment_ / correction1) / (arma::sqrt(second_moment_ / correction2) + epsilon);
}

}  // namespace rhodrift
