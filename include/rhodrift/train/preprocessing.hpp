#pragma once

#include <armadillo>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace rhodrift {

/// x -> matrix x + offset: what is done to features before they enter a circuit. Steps are fitted
/// on training data only, and any number of them, one after another, is again one matrix and one
/// offset.
struct Preprocessing {
  arma::mat matrix;  ///< n_outputs x n_features
  arma::vec offset;  ///< n_outputs

  /// n_outputs x n_samples, of n_features x n_samples. Throws InputError when the number of
  /// features is not the fitted one.
  arma::mat apply(const arma::mat& features) const;
  /// First this, then `next`. Throws InputError when `next` does not take what this gives.
  Preprocessing then(const Preprocessing& next) const;
};

// The steps. `features` are n_features x n_samples of training data; all throw InputError when
// there are none or one is not finite.

/// Each feature's [min, max] onto [low, high] radians, constant features onto the middle. What lies
/// outside of that range is mapped by the same line, not clamped. Throws InputError unless
/// low < high.
Preprocessing feature_range(const arma::mat& features, double low_rad, double high_rad);

/// Every feature to mean 0 and standard deviation 1 (of the sample, 1/(n-1)); constant ones to 0.
Preprocessing standardisation(const arma::mat& features);

enum class Whitening { no, yes };
/// The coordinates along the n_components orthogonal directions of greatest variance about the
/// mean, greatest first; with whitening each is divided by its standard deviation. The sign of a
/// direction is such that its largest entry is positive, of equally large ones the first.
/// I. T. Jolliffe, Principal Component Analysis, 2nd ed., Springer (2002).
/// Throws InputError when n_components is not in 1..rank of the centred features, which is less
/// than the number of samples.
Preprocessing principal_components(const arma::mat& features, std::size_t n_components,
                                   Whitening whitening);

/// Fits a step to features.
using PreprocessingStep = std::function<Preprocessing(const arma::mat& features)>;

/// A step as a text: "standardise", "pca:N" or "pca:N:whiten" with N components, "range" onto
/// [-π/2, π/2] or "range:LOW:HIGH" in radians. Throws InputError that lists these.
PreprocessingStep parse_preprocessing_step(const std::string& text);

/// All steps, each fitted to what those before it make of `features`; without steps, nothing is
/// done to them. Throws InputError as the steps do.
Preprocessing fit_preprocessing(const std::vector<PreprocessingStep>& steps,
                                const arma::mat& features);

}  // namespace rhodrift
