#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/training.hpp>

#include "core/shuffle.hpp"
#include "train/random.hpp"
#include "train/require_equal.hpp"

namespace rhodrift {

namespace {

void require_fitting(const Qnn& model, const Dataset& data) {
  data.validate();
  require_equal("features of the data", data.features.n_rows,
                static_cast<std::size_t>(model.circuit.n_features()), "the circuit");
  require_equal(data.is_regression() ? "targets of the data" : "classes of the data",
                data.n_outputs(), static_cast<std::size_t>(model.n_outputs), "the model");
}

TrainingState initial_state(const Qnn& model, const TrainingOptions& options) {
  TrainingState state;
  state.parameters_by_step.push_back(
      initial_parameters(model, options.seed, options.initial_weights).flattened());
  return state;
}

void require_parameters(const TrainingState& state, const Qnn& model) {
  require_equal("vectors of parameters of the state", state.parameters_by_step.size(),
                state.history.size() + 1, "its history with the start");
  const arma::uword n_parameters = initial_parameters(model, 0).flattened().n_elem;
  for (const arma::vec& parameters : state.parameters_by_step)
    require_equal("parameters of the state", parameters.n_elem, n_parameters, "the model");
}

/// With l2_penalty; a gradient that was not asked for stays empty.
TrainingLoss with_penalty(TrainingLoss loss, const arma::vec& values, double weight_decay) {
  if (weight_decay == 0.0) return loss;
  const LossValue penalty = l2_penalty(values, weight_decay);
  loss.value += penalty.value;
  if (!loss.gradient.is_empty()) loss.gradient += penalty.gradient;
  return loss;
}

/// What a step takes, noted in its entry of the history.
class Stopwatch {
 public:
  explicit Stopwatch(std::shared_ptr<const ShotExpectations> shots)
      : shots_(std::move(shots)), spent_before_(shots_ ? shots_->state().shots : 0) {}
  void stop(TrainingState& state) const {
    TrainingStep& step = state.history.back();
    if (shots_) {
      state.shots = shots_->state();
      step.shots = state.shots.shots - spent_before_;
    }
    step.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::shared_ptr<const ShotExpectations> shots_;
  std::uint64_t spent_before_;
  Clock::time_point start_ = Clock::now();
};

/// The evaluations of a minimiser that a state remembers.
std::vector<BatchEvaluation> log_of(const TrainingState& state) {
  std::vector<BatchEvaluation> log;
  for (std::size_t i = 0; i < state.history.size(); ++i)
    log.push_back(
        {state.parameters_by_step[i + 1],
         {state.history[i].loss, state.gradients.empty() ? arma::vec() : state.gradients.at(i)}});
  return log;
}

TrainingResult result_of(const TrainingState& state, QnnParameters parameters, double final_loss,
                         const std::shared_ptr<const ShotExpectations>& shots) {
  TrainingResult result{std::move(parameters), final_loss, shots ? shots->state().shots : 0,
                        state.history,
                        arma::mat(state.parameters().n_elem, state.parameters_by_step.size())};
  for (arma::uword s = 0; s < result.parameters_by_step.n_cols; ++s)
    result.parameters_by_step.col(s) = state.parameters_by_step[s];
  return result;
}

}  // namespace

void TrainingOptions::validate() const {
  if (epochs < 1) throw InputError("training", "epochs", fmt::format("{} is not >= 1", epochs));
  if (batch_size < 1) throw InputError("training", "batch_size", "0 is not >= 1");
  if (!(weight_decay >= 0.0 && std::isfinite(weight_decay)))
    throw InputError("training", "weight_decay", fmt::format("{} is not >= 0", weight_decay));
  optimizer.validate();
  schedule.validate();
  if (clipping) clipping->validate();
  if (early_stopping) early_stopping->validate();
  if (minimizer) minimizer->validate();
  if (gradient) gradient->validate();
}

QnnParameters initial_parameters(const Qnn& model, std::uint64_t seed,
                                 const InitialWeights& weights) {
  model.validate();
  constexpr double head_scale = 2;
  QnnParameters parameters;
  parameters.weights = initial_weights(weights, model.circuit, seed);
  const auto n_outputs = static_cast<arma::uword>(model.n_outputs);
  parameters.head.scale.zeros(n_outputs, model.n_observables());
  for (arma::uword k = 0; k < n_outputs; ++k)
    parameters.head.scale(k, k % model.n_observables()) = head_scale;
  parameters.head.bias.zeros(n_outputs);
  return parameters;
}

TrainingRun::TrainingRun(const Qnn& model, TrainingObjective objective, const Dataset& data,
                         const TrainingOptions& options, const std::optional<Dataset>& validation,
                         std::optional<TrainingState> from,
                         std::shared_ptr<const ShotExpectations> shots)
    : model_(model),
      objective_(std::move(objective)),
      data_(data),
      options_(options),
      validation_(validation),
      optimizer_(options.optimizer),
      shots_(std::move(shots)) {
  options.validate();
  model.validate();
  require_fitting(model, data);
  data.require_differences();
  if (options.early_stopping && !validation)
    throw InputError("training", "early stopping", "there is no validation set to look at");
  if (validation) require_fitting(model, *validation);
  options.schedule.rate_factor(0, n_steps());  // refuses a warm-up that takes all steps
  state_ = from ? *std::move(from) : initial_state(model, options);
  require_parameters(state_, model);
  require_equal("steps of the optimizer", state_.optimizer.steps, state_.history.size(),
                "the history");
  optimizer_ = Optimizer(options.optimizer, state_.optimizer);
  if (options.early_stopping)
    early_stopping_.emplace(*options.early_stopping, state_.early_stopping);
}

std::uint64_t TrainingRun::batches_per_epoch() const {
  return 1 + (data_.n_samples() - 1) / options_.batch_size;
}

std::uint64_t TrainingRun::n_steps() const {
  return batches_per_epoch() * static_cast<std::uint64_t>(options_.epochs);
}

bool TrainingRun::done() const {
  return state_.n_steps() >= n_steps() || (early_stopping_ && early_stopping_->done());
}

std::vector<std::size_t> TrainingRun::next_batch() {
  const std::uint64_t batches = batches_per_epoch(), step = state_.n_steps();
  if (step % batches == 0 || order_.empty()) {
    order_.resize(data_.n_samples());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    RandomStream random =
        training_stream(options_.seed, StreamPurpose::sample_order, step / batches);
    shuffle(order_, random);
  }
  const std::size_t size = std::min(options_.batch_size, order_.size());
  const std::size_t begin = static_cast<std::size_t>(step % batches) * size;
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + static_cast<std::ptrdiff_t>(std::min(size, order_.size() - begin))};
}

void TrainingRun::step() {
  const Stopwatch stopwatch(shots_);
  descend();
  if (early_stopping_ && state_.n_steps() % batches_per_epoch() == 0) look_at_validation();
  stopwatch.stop(state_);
}

void TrainingRun::descend() {
  const std::uint64_t index = state_.n_steps(), steps = n_steps();
  const auto epoch = static_cast<int>(index / batches_per_epoch());
  arma::vec values = state_.parameters();
  const TrainingLoss loss =
      with_penalty(objective_(index, QnnParameters::from_flattened(values, model_),
                              data_.subset(next_batch()), true),
                   values, options_.weight_decay);
  const double norm = arma::norm(loss.gradient);
  if (!std::isfinite(loss.value) || !loss.gradient.is_finite())
    throw RunError(
        fmt::format("training: step {} of {} (epoch {}): the loss is {}, its gradient's norm {}",
                    index + 1, steps, epoch, loss.value, norm));
  optimizer_.step(values,
                  options_.clipping ? options_.clipping->apply(loss.gradient) : loss.gradient,
                  options_.schedule.rate_factor(index, steps));
  if (!values.is_finite())
    throw RunError(
        fmt::format("training diverged at step {}: a parameter is not finite (learning rate {})",
                    index + 1, options_.optimizer.learning_rate));
  state_.history.push_back({epoch, loss.value, norm});
  state_.parameters_by_step.push_back(values);
  state_.optimizer = optimizer_.state();
}

void TrainingRun::look_at_validation() {
  const arma::vec values = state_.parameters();
  const QnnParameters parameters = QnnParameters::from_flattened(values, model_);
  early_stopping_->look(objective_(state_.n_steps(), parameters, *validation_, false).value,
                        values);
  state_.early_stopping = early_stopping_->state();
}

TrainingResult TrainingRun::result() const {
  const bool looked = early_stopping_ && state_.early_stopping.looks > 0;
  const arma::vec values = looked ? state_.early_stopping.best_parameters : state_.parameters();
  const QnnParameters parameters = QnnParameters::from_flattened(values, model_);
  const double final_loss = objective_(state_.n_steps(), parameters, data_, false).value;
  if (!std::isfinite(final_loss))
    throw RunError(
        fmt::format("training: after all {} steps: the loss is {}", state_.n_steps(), final_loss));
  return result_of(state_, parameters, final_loss, shots_);
}

TrainingResult minimize(const Qnn& model, const TrainingObjective& objective, const Dataset& data,
                        const TrainingOptions& options, std::optional<TrainingState> from,
                        const std::shared_ptr<const ShotExpectations>& shots,
                        const std::function<void(const TrainingState&)>& after_step) {
  options.validate();
  if (!options.minimizer) throw InputError("training", "minimizer", "there is none");
  model.validate();
  require_fitting(model, data);
  data.require_differences();
  TrainingState state = from ? *std::move(from) : initial_state(model, options);
  require_parameters(state, model);
  std::optional<Stopwatch> stopwatch(std::in_place, shots);
  const BatchMinimum minimum = minimize_batch(
      [&](const arma::vec& values, bool with_gradient) -> LossValue {
        const TrainingLoss loss = with_penalty(
            objective(0, QnnParameters::from_flattened(values, model), data, with_gradient), values,
            options.weight_decay);
        return {loss.value, loss.gradient};
      },
      state.parameters_by_step.front(), *options.minimizer, log_of(state),
      [&](const BatchEvaluation& evaluation) {
        state.history.push_back({static_cast<int>(state.n_steps()), evaluation.loss.value,
                                 arma::norm(evaluation.loss.gradient)});
        state.parameters_by_step.push_back(evaluation.parameters);
        if (!evaluation.loss.gradient.is_empty())
          state.gradients.push_back(evaluation.loss.gradient);
        stopwatch->stop(state);
        if (after_step) after_step(state);
        stopwatch.emplace(shots);
      });
  return result_of(state, QnnParameters::from_flattened(minimum.best.parameters, model),
                   minimum.best.loss.value, shots);
}

TrainingResult train(const Qnn& model, const TrainingObjective& objective, const Dataset& data,
                     const TrainingOptions& options, const TrainingProgress& progress,
                     const std::optional<Dataset>& validation) {
  TrainingRun run(model, objective, data, options, validation);
  while (!run.done()) {
    run.step();
    if (progress) progress(run.state().n_steps(), run.n_steps());
  }
  return run.result();
}

TrainingResult train(const Qnn& model, const ExpectationFunction& expectations, const Dataset& data,
                     const TrainingOptions& options, const TrainingProgress& progress) {
  const SharedExpectations borrowed(SharedExpectations(), &expectations);
  return train(model, fixed_objective(model, borrowed, options.loss), data, options, progress);
}

}  // namespace rhodrift
