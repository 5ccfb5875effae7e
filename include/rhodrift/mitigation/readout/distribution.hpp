#pragma once

#include <armadillo>
#include <span>
#include <vector>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/outcomes.hpp>

/// Quasi-distributions: what undoing readout error makes of frequencies. A weight an outcome, of
/// sum 1, some maybe negative. They are Outcomes without shots, whose `frequency` holds the
/// weights, so that raw_expectations gives their averages; Outcomes::from_probabilities makes one
/// of all 2^n weights. Weights are unbiased as they are; making a distribution of them is a choice,
/// and biases what is averaged over it.
namespace rhodrift::readout {

/// The outcomes of `rows` with other weights, one a row. Throws InputError when they are not as
/// many or not finite.
Outcomes quasi_distribution(const Outcomes& rows, const arma::vec& weights);

/// How much weight is negative: Σ max(-weight, 0). 0 for a distribution.
double negativity(const Outcomes& quasi);

/// The distribution closest to v in the 2-norm: max(v - τ, 0) with the τ that makes it sum to 1,
/// found by sorting. M. Held, P. Wolfe, H. P. Crowder, Math. Program. 6, 62 (1974); for readout,
/// J. A. Smolin, J. M. Gambetta, G. Smith, Phys. Rev. Lett. 108, 070502 (2012).
arma::vec closest_distribution(const arma::vec& v);

/// A quasi-distribution made a distribution, and what that did.
struct Projection {
  Outcomes distribution;  ///< outcomes of probability 0 are dropped
  double distance;        ///< 2-norm of the difference
  /// By observable: its average over the distribution minus that over the quasi-distribution.
  arma::vec bias;
};

/// The closest distribution over the outcomes that `quasi` names. When its weights sum to 1, that
/// is the closest of all distributions: outcomes without a weight would get none.
/// Throws InputError when there are no outcomes, or an observable is not diagonal or reaches past
/// the bits.
Projection closest_distribution(const Outcomes& quasi, std::span<const Observable> observables);

}  // namespace rhodrift::readout
