#pragma once

#include <armadillo>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <rhodrift/train/batch_minimizer.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/early_stopping.hpp>
#include <rhodrift/train/initial_weights.hpp>
#include <rhodrift/train/objective.hpp>
#include <rhodrift/train/optimizer.hpp>
#include <rhodrift/train/qnn.hpp>
#include <rhodrift/train/schedule.hpp>
#include <rhodrift/train/shot_expectations.hpp>

namespace rhodrift {

struct TrainingOptions {
  int epochs = 20;              ///< >= 1
  std::size_t batch_size = 32;  ///< >= 1; more than there are samples: all of them
  Loss loss = Loss::cross_entropy;
  double weight_decay = 0.0;  ///< λ >= 0 of l2_penalty on all parameters, as a term of the loss
  InitialWeights initial_weights = UniformWeights{};
  Optimizer::Options optimizer = {};
  /// Instead of steps of the optimizer: all the data at once, without epochs, schedule, clipping
  /// and early stopping (minimize).
  std::optional<BatchMinimizerOptions> minimizer = std::nullopt;
  /// From shots as these say, or exact ones; what makes the objective sees to it.
  std::optional<ShotExpectations::Options> gradient = std::nullopt;
  Schedule schedule = {};
  std::optional<GradientClipping> clipping = std::nullopt;
  /// On the loss of a validation set, after every epoch.
  std::optional<EarlyStopping::Options> early_stopping = std::nullopt;
  std::uint64_t seed = 1;  ///< initial weights, the order of samples, and what objectives draw

  /// Throws InputError when one is outside its range.
  void validate() const;
};

struct TrainingStep {
  int epoch;                ///< from 0
  double loss;              ///< the objective on the minibatch, before the step
  double gradient_norm;     ///< Euclidean, over all parameters, before it is clipped
  std::uint64_t shots = 0;  ///< spent in the step, those for a look at the validation set too
  double seconds = 0.0;     ///< it took; two runs of the same seed differ in this
};

struct TrainingResult {
  QnnParameters parameters;
  double final_loss;                  ///< the objective with `parameters` over all the data
  std::uint64_t shots;                ///< spent, by the steps and for final_loss
  std::vector<TrainingStep> history;  ///< one a step
  arma::mat parameters_by_step;       ///< n_parameters x (steps + 1), flattened; column 0 = initial
};

/// Where training starts. Weights: see InitialWeights. Head: the logit of class k is twice the
/// expectation number k mod n_observables (with a scale of 1 even perfect expectations of ±1 leave
/// the softmax undecided), bias 0.
QnnParameters initial_parameters(const Qnn& model, std::uint64_t seed,
                                 const InitialWeights& weights = UniformWeights{});

/// All that a run of training remembers: what it takes to go on.
struct TrainingState {
  std::vector<TrainingStep> history;          ///< of the steps done
  std::vector<arma::vec> parameters_by_step;  ///< flattened; the initial ones, then after each step
  Optimizer::State optimizer;
  EarlyStopping::State early_stopping;  ///< of no looks without early stopping
  ShotExpectations::State shots;        ///< of no runs with exact gradients
  std::vector<arma::vec> gradients;     ///< of a minimiser that uses them, one a step

  std::uint64_t n_steps() const { return history.size(); }
  const arma::vec& parameters() const { return parameters_by_step.back(); }
};

/// Trains a model step by step. Every epoch goes once through the data in minibatches, in an order
/// of its own. Deterministic in the seed; a run that goes on from another one's state ends with the
/// same bits as if that one had gone on.
class TrainingRun {
 public:
  /// `validation` is what early stopping looks at, needed with it. Data hold the circuit's features
  /// (Encoder::circuit_features). Throws InputError when the options, the model, the data or the
  /// state are not valid or do not fit each other, or the data hold one class only.
  /// `shots` is where the objective has its expectations from, if these are counted in shots: they
  /// begin with the state's.
  TrainingRun(const Qnn& model, TrainingObjective objective, const Dataset& data,
              const TrainingOptions& options, const std::optional<Dataset>& validation = {},
              std::optional<TrainingState> from = {},
              std::shared_ptr<const ShotExpectations> shots = {});

  /// How many there are if training is not stopped early.
  std::uint64_t n_steps() const;
  bool done() const;
  /// Throws RunError that names the step when the loss, its gradient or a parameter stops being
  /// finite.
  void step();
  const TrainingState& state() const { return state_; }
  /// Of the steps done: the last parameters or, with early stopping, the best ones it saw. Throws
  /// RunError when their loss is not finite.
  TrainingResult result() const;

 private:
  std::uint64_t batches_per_epoch() const;
  std::vector<std::size_t> next_batch();
  void descend();
  void look_at_validation();

  Qnn model_;
  TrainingObjective objective_;
  Dataset data_;
  TrainingOptions options_;
  std::optional<Dataset> validation_;
  TrainingState state_;
  Optimizer optimizer_;
  std::optional<EarlyStopping> early_stopping_;
  std::shared_ptr<const ShotExpectations> shots_;
  std::vector<std::size_t> order_;  ///< of the samples in this epoch; empty before its first step
};

/// Minimises over all the data at once, by options.minimizer. A step is an evaluation of the
/// objective, of number 0 whichever it is, so that all are of the same loss; after_step, which may
/// be empty, sees the state after each. Goes on from a state to the same bits, by replaying it. The
/// result's parameters are the best that were looked at. Throws InputError as TrainingRun does, and
/// as minimize_batch does.
TrainingResult minimize(const Qnn& model, const TrainingObjective& objective, const Dataset& data,
                        const TrainingOptions& options, std::optional<TrainingState> from = {},
                        const std::shared_ptr<const ShotExpectations>& shots = {},
                        const std::function<void(const TrainingState&)>& after_step = {});

/// Called after each step; may be empty.
using TrainingProgress = std::function<void(std::size_t step, std::size_t n_steps)>;

/// A whole TrainingRun. Throws as it does.
TrainingResult train(const Qnn& model, const TrainingObjective& objective, const Dataset& data,
                     const TrainingOptions& options, const TrainingProgress& progress = {},
                     const std::optional<Dataset>& validation = {});

/// The same with fixed_objective: on the exact circuit for noise-free training, on the noisy device
/// circuit for noise-aware training.
TrainingResult train(const Qnn& model, const ExpectationFunction& expectations, const Dataset& data,
                     const TrainingOptions& options, const TrainingProgress& progress = {});

}  // namespace rhodrift
