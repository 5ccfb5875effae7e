#pragma once

#include <armadillo>
#include <optional>
#include <string>
#include <string_view>

namespace rhodrift {

/// What is made of expectations between the circuit and the head, as in QuantumNAT (H. Wang et al.,
/// DAC 2022, arXiv:2110.11331). What noise does to an expectation is close to a factor and a shift
/// that all samples have in common, and both are gone after
///   normalisation   y = (f - mean of f)/√(variance of f + 1e-8), each observable over the batch,
/// be they those of the calibration or of another day. What noise does sample by sample is rounded
/// away by
///   quantisation    y to the nearest of `levels` evenly spaced numbers from -limit to limit.
/// Both are of a batch: the samples of a step, and those that are classified together.
struct PostMeasurement {
  struct Quantisation {
    int levels = 5;      ///< >= 2
    double limit = 2.0;  ///< > 0
    /// >= 0, of a term of the training loss: the mean square of y's distance from its level.
    double attraction = 0.1;

    bool operator==(const Quantisation&) const = default;
  };

  bool normalise = false;
  std::optional<Quantisation> quantisation = std::nullopt;

  bool is_none() const { return !normalise && !quantisation; }
  /// Throws InputError when a number is outside its range.
  void validate() const;

  /// What the head is given, as large as `expectations` (n_observables x batch). Throws InputError
  /// when a batch of one sample is to be normalised: it has no spread.
  arma::mat apply(const arma::mat& expectations) const;

  /// A function of the batch's expectations, and its gradient in them.
  struct Term {
    double value;
    arma::mat gradient;  ///< n_observables x batch
  };
  /// The gradient in the expectations of a loss with `gradient` in what apply() makes of them. The
  /// steps of quantisation have no slope: it is taken as 1 between the limits and 0 outside
  /// (straight-through estimator: Y. Bengio et al., arXiv:1308.3432).
  arma::mat pulled_back(const arma::mat& expectations, const arma::mat& gradient) const;
  /// attraction · mean over observables and samples of (y - its level)²; 0 without quantisation.
  Term attraction(const arma::mat& expectations) const;

  bool operator==(const PostMeasurement&) const = default;
};

/// "none", "normalise", "quantise", "normalise+quantise", with quantise maybe
/// "quantise:levels=5:limit=2:attraction=0.1". Throws InputError that lists what is known.
PostMeasurement parse_post_measurement(std::string_view text);
/// As parse_post_measurement reads it, with all settings.
std::string to_string(const PostMeasurement& post_measurement);

}  // namespace rhodrift
