#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/early_stopping.hpp>

namespace rhodrift {

void EarlyStopping::Options::validate() const {
  if (patience < 1)
    throw InputError("early stopping", "patience", fmt::format("{} is not >= 1", patience));
  if (!(min_improvement >= 0 && std::isfinite(min_improvement)))
    throw InputError("early stopping", "min_improvement",
                     fmt::format("{} is not >= 0", min_improvement));
}

EarlyStopping::EarlyStopping(const Options& options) : EarlyStopping(options, State()) {}

EarlyStopping::EarlyStopping(const Options& options, State state)
    : options_(options), state_(std::move(state)) {
  options_.validate();
  const bool looked = state_.looks > 0;
  if ((state_.best_look > 0) != looked || state_.best_look > state_.looks ||
      state_.best_parameters.is_empty() == looked)
    throw InputError("early stopping", "state",
                     fmt::format("the best of {} looks is number {}, with {} parameters",
                                 state_.looks, state_.best_look, state_.best_parameters.n_elem));
  if (!std::isfinite(state_.best_loss) || !state_.best_parameters.is_finite())
    throw InputError("early stopping", "state", "the best loss or a parameter is not finite");
}

void EarlyStopping::look(double loss, const arma::vec& parameters) {
  if (!std::isfinite(loss)) throw RunError(fmt::format("the validation loss is {}", loss));
  ++state_.looks;
  const bool first = state_.best_look == 0;
  if (first || loss < state_.best_loss - options_.min_improvement) {
    state_.best_loss = loss;
    state_.best_parameters = parameters;
    state_.best_look = state_.looks;
  }
}

bool EarlyStopping::done() const {
  return state_.looks - state_.best_look >= static_cast<std::uint64_t>(options_.patience);
}

}  // namespace rhodrift
