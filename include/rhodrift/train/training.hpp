#pragma once

#include <armadillo>
#include <functional>
#include <vector>

#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/qnn.hpp>

namespace rhodrift {

/// Adam. D. P. Kingma, J. Ba, ICLR 2015, arXiv:1412.6980, algorithm 1.
class Adam {
 public:
  struct Options {
    double learning_rate = 0.01;  ///< α > 0
    double beta1 = 0.9;           ///< decay of the first moment, in [0, 1)
    double beta2 = 0.999;         ///< decay of the second moment, in [0, 1)
    double epsilon = 1e-8;        ///< > 0
  };
  explicit Adam(const Options& options);
  /// One step: changes `parameters` in place.
  void step(arma::vec& parameters, const arma::vec& gradient);

 private:
  Options options_;
  arma::vec first_moment_;
  arma::vec second_moment_;
  int steps_ = 0;
};

struct TrainingOptions {
  int epochs = 20;
  std::size_t batch_size = 32;
  Adam::Options optimizer;
  std::uint64_t seed = 1;  ///< initial weights and the order of samples
};

struct TrainingStep {
  int epoch;
  double loss;           ///< mean cross-entropy of the minibatch, before the step
  double gradient_norm;  ///< Euclidean, over all parameters
};

struct TrainingResult {
  QnnParameters parameters;
  std::vector<TrainingStep> history;  ///< one a step
  arma::mat parameters_by_step;       ///< n_parameters x (steps + 1), flattened; column 0 = initial
};

/// Mean cross-entropy of softmax(logits) and its derivatives.
struct CrossEntropy {
  double loss;               ///< of one sample
  arma::vec logit_gradient;  ///< softmax - onehot
};
CrossEntropy cross_entropy(const arma::vec& logits, int label);

/// Trains the model on what `expectations` says its observables are: the exact circuit for
/// noise-free training, the noisy device circuit for noise-aware training. Deterministic in the
/// seed. `progress(step, steps)` may be empty.
TrainingResult train(const Qnn& model, const ExpectationFunction& expectations, const Dataset& data,
                     const TrainingOptions& options,
                     const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace rhodrift
