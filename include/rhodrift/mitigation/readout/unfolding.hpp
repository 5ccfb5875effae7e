#pragma once

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

/// Iterative Bayesian unfolding: from the even distribution p, again and again
///   p ← p ∘ Aᵀ (f / A p),
/// Bayes' rule with the last result as the prior; expectation maximisation, so that the likelihood
/// of the counts grows with every step and p stays a distribution.
/// G. D'Agostini, Nucl. Instrum. Meth. A 362, 487 (1995); B. Nachman et al., npj Quantum Inf. 6, 84
/// (2020); B. Pokharel et al., Phys. Rev. Research 6, 013187 (2024).
///
/// What is returned is the result of a finite number of steps. Inside the simplex it tends to
/// inversion's; stopped early it is drawn to the even distribution, and that bias is in no error
/// bar. One group of all bits makes it the full-matrix form.
namespace rhodrift::readout {

/// Up to so many bits p is over all 2^n outcomes. Above, it is over those that were seen, of which
/// max_unfolding_outcomes are the most: the most likely p that has no other outcomes.
inline constexpr int max_unfolding_bits = 14;
inline constexpr std::size_t max_unfolding_outcomes = 4096;
inline constexpr int max_unfolding_iterations = 1000;

/// When to stop.
struct UnfoldingStop {
  int iterations = 500;     ///< after so many steps, 1..max_unfolding_iterations,
  double tolerance = 1e-9;  ///< or when Σ|change of p| of a step is below; >= 0, and 0 for never
};

struct Unfolded {
  Outcomes distribution;  ///< without shots
  int iterations;         ///< done
  double last_change;     ///< Σ|change of p| of the last step
};

/// Throws InputError when the error is invalid or speaks of a bit that the outcomes do not have, a
/// group is conditioned worse than max_condition_number, the stop is out of range, there are too
/// many outcomes, or one cannot be read according to A.
Unfolded unfold(const ReadoutError& error, const Outcomes& outcomes, const UnfoldingStop& stop);

/// "readout/unfolding". Errors by the exact derivative of the steps that were done in the
/// frequencies and, shared between readings, in the matrices (backwards through the steps). Throws
/// as `unfold`, and as MeasuredReadout::validate.
ExpectationEstimator unfolding(const MeasuredReadout& measured, const UnfoldingStop& stop);

}  // namespace rhodrift::readout
