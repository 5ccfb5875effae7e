#pragma once

#include <armadillo>
#include <string_view>
#include <vector>

namespace rhodrift {

/// A loss and its gradient, in what the function that returns it says.
struct LossValue {
  double value;
  arma::vec gradient;
};

/// How far a model's outputs for one sample (the logits of a head, one a class or a regressed
/// number) are from what they should be.
enum class Loss {
  cross_entropy,  ///< of classes
  mse,
  hinge,  ///< of classes
  huber,  ///< of targets
};
/// "cross-entropy", "mse", "hinge", "huber"
std::string_view to_string(Loss loss);
/// Throws InputError that lists the known names.
Loss parse_loss(std::string_view name);

/// -log softmax(outputs)[label], and its gradient softmax - onehot in the outputs.
/// 0 <= label < the number of outputs, here and below.
LossValue cross_entropy(const arma::vec& outputs, int label);
/// The mean over the outputs of (output - target)², and its gradient in the outputs. Of equal,
/// nonzero sizes.
LossValue mse(const arma::vec& outputs, const arma::vec& target);
/// max(0, 1 + max_{j != label} o_j - o_label), for at least two outputs o. K. Crammer, Y. Singer,
/// J. Mach. Learn. Res. 2, 265 (2001). Gradient in the outputs: where the loss is 0, also at the
/// kink, 0; else 1 at the largest rival, of equal ones the first, and -1 at the label.
LossValue hinge(const arma::vec& outputs, int label);

/// The mean over the outputs of e² where |e| <= 1 and 2|e| - 1 elsewhere, e = output - target: far
/// outliers pull no harder than near ones. Its gradient in the outputs. Of equal, nonzero sizes.
/// P. J. Huber, Ann. Math. Stat. 35, 73 (1964).
LossValue huber(const arma::vec& outputs, const arma::vec& target);

/// Of a classifier's outputs: mse is to be 1 at the label and 0 elsewhere. Throws InputError when
/// the loss is one of targets.
LossValue sample_loss(Loss loss, const arma::vec& outputs, int label);
/// The mean of sample_loss over samples; `outputs` is n_outputs x n_samples.
/// Throws InputError when there are no samples, not one label a sample, a label out of range or
/// fewer outputs than 2.
double mean_loss(Loss loss, const arma::mat& outputs, const std::vector<int>& labels);
/// Of a regressor's outputs. Throws InputError when the loss is one of classes.
LossValue sample_loss(Loss loss, const arma::vec& outputs, const arma::vec& target);

/// λ/2 |θ|², and its gradient λ θ in the parameters: weight decay as a term of the loss. (With
/// moments it is not the decay of Optimizer's adamw.) Throws InputError unless λ >= 0 is finite.
LossValue l2_penalty(const arma::vec& parameters, double lambda);

}  // namespace rhodrift
