#pragma once

#include <armadillo>
#include <span>
#include <vector>

/// Several classifiers of the same samples as one.
namespace rhodrift {

/// Softmax of each column: n_classes x n_samples probabilities, of logits of the same shape. Throws
/// InputError when a logit is not finite.
arma::mat class_probabilities(const arma::mat& logits);

/// The mean of the models' class probabilities, given their logits, n_classes x n_samples each;
/// what is predicted are predicted_classes() of it. Throws InputError when there are no models,
/// their shapes differ or a logit is not finite.
arma::mat mean_probabilities(std::span<const arma::mat> logits_by_model);

/// The class that most models predict, per sample; of classes with equally many votes the one that
/// an earlier model voted for. Throws InputError when there are no models, or not as many
/// predictions of each.
std::vector<int> majority_vote(std::span<const std::vector<int>> predictions_by_model);

}  // namespace rhodrift
