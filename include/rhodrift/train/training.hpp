#pragma once

#include <armadillo>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/initial_weights.hpp>
#include <rhodrift/train/optimizer.hpp>
#include <rhodrift/train/qnn.hpp>

namespace rhodrift {

/// What training minimises: the mean cross-entropy over `batch`, its features already in radians.
struct TrainingLoss {
  double value;
  arma::vec gradient;  ///< in QnnParameters::flattened()
};
/// `batch` must be valid and the parameters must fit `expectations`; train() checks both.
TrainingLoss training_loss(const ExpectationFunction& expectations, const QnnParameters& parameters,
                           const Dataset& batch);

struct TrainingOptions {
  int epochs = 20;              ///< >= 1
  std::size_t batch_size = 32;  ///< >= 1; more than there are samples: all of them
  Optimizer::Options optimizer;
  std::uint64_t seed = 1;  ///< initial weights and the order of samples

  /// Throws InputError when one is outside its range.
  void validate() const;
};

struct TrainingStep {
  int epoch;             ///< from 0
  double loss;           ///< mean cross-entropy of the minibatch, before the step
  double gradient_norm;  ///< Euclidean, over all parameters
};

struct TrainingResult {
  QnnParameters parameters;
  double final_loss;                  ///< mean cross-entropy of `parameters` over all the data
  std::vector<TrainingStep> history;  ///< one a step
  arma::mat parameters_by_step;       ///< n_parameters x (steps + 1), flattened; column 0 = initial
};

/// Where training starts. Weights: see InitialWeights. Head: the logit of class k is twice the
/// expectation number k mod n_observables (with a scale of 1 even perfect expectations of ±1 leave
/// the softmax undecided), bias 0.
QnnParameters initial_parameters(const Qnn& model, std::uint64_t seed,
                                 const InitialWeights& weights = UniformWeights{});

/// Trains the model on what `expectations` says its observables are: the exact circuit for
/// noise-free training, the noisy device circuit for noise-aware training. Every epoch goes once
/// through the data in minibatches, in an order of its own. Deterministic in the seed.
/// `progress(step, steps)` is called after each step and may be empty.
/// Throws InputError when the options, the model or the data are not valid, the data hold one class
/// only, or the three and `expectations` do not agree on the number of features, weights,
/// observables and classes; RunError that names the step when the loss, its gradient or a parameter
/// stops being finite.
TrainingResult train(const Qnn& model, const ExpectationFunction& expectations, const Dataset& data,
                     const TrainingOptions& options,
                     const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace rhodrift
