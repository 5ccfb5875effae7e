#include <vector>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/early_stopping.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

/// Looks at the losses, with their position as parameter, until training is to end; how many it
/// looked at.
std::size_t looks_until_done(EarlyStopping& stopping, const std::vector<double>& losses) {
  for (std::size_t i = 0; i < losses.size(); ++i) {
    stopping.look(losses[i], {static_cast<double>(i)});
    if (stopping.done()) return i + 1;
  }
  return losses.size();
}

}  // namespace

TEST_CASE("training ends after as many looks without improvement as there is patience") {
  EarlyStopping stopping({.patience = 2});
  CHECK_FALSE(stopping.done());
  CHECK(looks_until_done(stopping, {3, 2, 2.5, 1, 1, 1.5, 0}) == 6);
  CHECK(stopping.state().best_loss == 1);
  CHECK(stopping.state().best_parameters(0) == 3);
  CHECK(stopping.state().best_look == 4);
  CHECK(stopping.state().looks == 6);
}

TEST_CASE("an improvement that is too small is none") {
  EarlyStopping stopping({.patience = 2, .min_improvement = 0.5});
  CHECK(looks_until_done(stopping, {3, 2.75, 2.5, 0}) == 3);
  CHECK(stopping.state().best_look == 1);
  EarlyStopping patient({.patience = 3, .min_improvement = 0.5});
  CHECK(looks_until_done(patient, {3, 2.75, 2.5, 2.25}) == 4);
  CHECK(patient.state().best_loss == 2.25);
  CHECK_FALSE(patient.done());
}

TEST_CASE("early stopping goes on from its state") {
  const std::vector<double> losses{3, 2, 2.5, 2.25, 4, 1};
  for (std::size_t killed = 0; killed <= 4; ++killed) {
    EarlyStopping before({.patience = 3});
    looks_until_done(before,
                     {losses.begin(), losses.begin() + static_cast<std::ptrdiff_t>(killed)});
    EarlyStopping after({.patience = 3}, before.state());
    for (std::size_t i = killed; i < 5; ++i) {
      CHECK_FALSE(after.done());
      after.look(losses[i], {static_cast<double>(i)});
    }
    CHECK(after.done());
    CHECK(after.state().best_parameters(0) == 1);
  }
}

TEST_CASE("early stopping refuses options, losses and states that make no sense") {
  CHECK_THROWS_WITH(EarlyStopping({.patience = 0}), "early stopping: patience: 0 is not >= 1");
  CHECK_THROWS_WITH(EarlyStopping({.min_improvement = -1}),
                    "early stopping: min_improvement: -1 is not >= 0");
  EarlyStopping stopping({});
  CHECK_THROWS_AS(stopping.look(arma::datum::nan, {1}), RunError);
  CHECK_THROWS_WITH(stopping.look(arma::datum::nan, {1}), "the validation loss is nan");
  const auto with = [](const EarlyStopping::State& state) { return EarlyStopping({}, state); };
  CHECK_NOTHROW(with({0.5, {1, 2}, 3, 4}));
  CHECK_THROWS_WITH(with({0.5, {1, 2}, 5, 4}),
                    "early stopping: state: the best of 4 looks is number 5, with 2 parameters");
  CHECK_THROWS_AS(with({0.5, {1, 2}, 0, 4}), InputError);
  CHECK_THROWS_AS(with({0.5, {}, 3, 4}), InputError);
  CHECK_THROWS_AS(with({0.5, {1}, 0, 0}), InputError);
  CHECK_THROWS_AS(with({arma::datum::nan, {1, 2}, 3, 4}), InputError);
}
