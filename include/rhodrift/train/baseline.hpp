#pragma once

#include <armadillo>
#include <cstdint>
#include <optional>

#include <rhodrift/train/batch_minimizer.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/loss.hpp>
#include <rhodrift/train/preprocessing.hpp>
#include <rhodrift/train/qnn.hpp>

/// What a quantum model is to be compared with: classical models of the same data.
namespace rhodrift {

/// A head on the features, or on a layer of tanh(scale x + bias) of them.
struct ClassicalNetwork {
  std::optional<AffineHead> hidden;  ///< n_hidden x n_features; none: (logistic) regression
  AffineHead head;                   ///< n_outputs x n_features, or n_outputs x n_hidden

  /// n_outputs x batch, of n_features x batch. Throws InputError when the shapes do not fit.
  arma::mat logits(const arma::mat& features) const;
  /// The hidden layer's scale (column-major) and bias, then the head's.
  arma::vec flattened() const;
  /// This network with other numbers. Throws InputError when they are not as many.
  ClassicalNetwork with(const arma::vec& values) const;
};

/// Mean cross-entropy, of regressions mean squared error, plus l2/(2 N) Σ scale², over N samples
/// and without the biases; its gradient is in network.flattened(). With l2 = 1/C it is, for three
/// classes and more, what scikit-learn's LogisticRegression minimises, with l2 = 2 α what its Ridge
/// does. The data must be valid and of the network's shape.
LossValue classical_loss(const ClassicalNetwork& network, const Dataset& data, double l2);

struct BaselineOptions {
  std::size_t n_hidden = 0;  ///< tanh units in one hidden layer; 0: multinomial logistic, or linear
                             ///< (ridge), regression
  double l2 = 1.0;           ///< of classical_loss, >= 0
  std::uint64_t seed = 1;    ///< initial weights of the hidden layer; unused without one
  BatchMinimizerOptions minimizer = {};

  /// Throws InputError when one is outside its range.
  void validate() const;
};

struct Baseline {
  Preprocessing standardised;  ///< of the training data: it does not matter in what units they are
  ClassicalNetwork network;    ///< of standardised features
  double loss;                 ///< classical_loss of the training data, their targets scaled
  BatchMinimum::End end;       ///< of its minimisation

  /// Logits (see predicted_classes) or targets, n_outputs x n_samples, of features as they are in
  /// the data.
  /// Throws InputError when there are not as many as in the training data.
  arma::mat logits(const arma::mat& features) const;
};

/// Minimises the loss over all data, of regressions with scaled targets (TargetScale). Without
/// a hidden layer it has one minimum when l2 > 0 and starts at
/// 0; a hidden layer starts uniform in ±√(6/(inputs + outputs)) of each layer (X. Glorot,
/// Y. Bengio, AISTATS 2010) with biases of 0. A function of data and options.
/// Throws InputError when the options or the data are not valid, or the data have no differences;
/// RunError as minimize_batch does.
Baseline train_baseline(const Dataset& data, const BaselineOptions& options = {});

}  // namespace rhodrift
