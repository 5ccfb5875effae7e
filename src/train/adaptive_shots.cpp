#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/adaptive_shots.hpp>

namespace rhodrift {

namespace {

constexpr const char* source = "adaptive shots";

template <typename Value>
void require(bool holds, const char* option, Value value, const std::string& limit) {
  if (!holds) throw InputError(source, option, fmt::format("{} is not {}", value, limit));
}

void require_valid(const AdaptiveShots::State& state) {
  const auto& [gradient, deviation, steps] = state;
  if (steps == 0 && !(gradient.is_empty() && deviation.is_empty()))
    throw InputError(source, "state",
                     fmt::format("{} averages of gradients and {} of deviations after {} steps",
                                 gradient.n_elem, deviation.n_elem, steps));
  if (!gradient.is_finite() || !deviation.is_finite())
    throw InputError(source, "state", "an average is not finite");
  if (!deviation.is_empty() && deviation.min() < 0)
    throw InputError(source, "state", "the average of a deviation is below 0");
}

void require_size(const char* what, arma::uword given, arma::uword before) {
  if (given != before)
    throw InputError(source, what, fmt::format("{}, at the first step {}", given, before));
}

}  // namespace

void AdaptiveShots::Options::validate() const {
  require(learning_rate > 0 && std::isfinite(learning_rate), "learning_rate", learning_rate, "> 0");
  require(lipschitz > 0 && learning_rate * lipschitz < 2, "lipschitz", lipschitz,
          fmt::format("in (0, 2/learning_rate) = (0, {})", 2 / learning_rate));
  require(decay >= 0 && decay < 1, "decay", decay, "in [0, 1)");
  require(min_shots >= 2, "min_shots", min_shots, ">= 2");
  require(max_shots >= min_shots, "max_shots", max_shots, fmt::format(">= {}", min_shots));
}

AdaptiveShots::AdaptiveShots(const Options& options) : AdaptiveShots(options, State()) {}

AdaptiveShots::AdaptiveShots(const Options& options, State state)
    : options_(options), state_(std::move(state)) {
  options_.validate();
  require_valid(state_);
}

std::vector<std::uint64_t> AdaptiveShots::shots(const arma::vec& circuits) const {
  if (state_.steps == 0) return std::vector<std::uint64_t>(circuits.n_elem, options_.min_shots);
  require_size("directions", circuits.n_elem, state_.deviation.n_elem);
  const double seen = 1 - std::pow(options_.decay, static_cast<double>(state_.steps));
  const arma::vec deviation = state_.deviation / seen;
  const double gradient_norm = arma::norm(state_.gradient) / seen;
  const double alpha_l = options_.learning_rate * options_.lipschitz;
  const double factor = 2 * alpha_l / (2 - alpha_l) * arma::dot(arma::sqrt(circuits), deviation) /
                        (gradient_norm * gradient_norm);
  const auto lowest = static_cast<double>(options_.min_shots);
  const auto highest = static_cast<double>(options_.max_shots);
  std::vector<std::uint64_t> result;
  for (arma::uword a = 0; a < circuits.n_elem; ++a) {
    // In this order, so that what is never seen to vary has min_shots even where |g| is 0.
    const double wanted = deviation(a) > 0 ? factor * deviation(a) / std::sqrt(circuits(a)) : 0;
    result.push_back(static_cast<std::uint64_t>(std::ceil(std::clamp(wanted, lowest, highest))));
  }
  return result;
}

void AdaptiveShots::observe(const arma::vec& gradient, const arma::vec& deviation) {
  if (!gradient.is_finite() || !deviation.is_finite())
    throw RunError("adaptive shots: the gradient or its error is not finite");
  auto& [mean_gradient, mean_deviation, steps] = state_;
  if (steps == 0) {
    mean_gradient.zeros(gradient.n_elem);
    mean_deviation.zeros(deviation.n_elem);
  }
  require_size("parameters", gradient.n_elem, mean_gradient.n_elem);
  require_size("directions", deviation.n_elem, mean_deviation.n_elem);
  ++steps;
  mean_gradient = options_.decay * mean_gradient + (1 - options_.decay) * gradient;
  mean_deviation = options_.decay * mean_deviation + (1 - options_.decay) * deviation;
}

}  // namespace rhodrift
