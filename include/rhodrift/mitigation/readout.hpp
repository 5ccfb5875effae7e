#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>

/// Undoing readout error in the counts of a circuit.
namespace rhodrift::readout {

/// Confusion matrices worse conditioned than this are refused.
inline constexpr double max_condition_number = 1e6;

/// The circuit as it is, with `shots`: readout mitigation from a recorded calibration needs no
/// further circuits.
Plan construct(std::shared_ptr<const Circuit> circuit, std::uint64_t shots);

/// Inverts the confusion matrix of every group of bits. Unbiased, values may leave [-1, 1]; the
/// covariance is the multinomial's, propagated through the inverse.
/// Throws InputError with the condition number when a matrix is past the limit.
ExpectationEstimator inversion(const ReadoutError& error);

/// The probability vector p >= 0, Σp = 1 that minimises |A p - f|², A the confusion matrix of all
/// n bits together, f the observed frequencies. Always a distribution, biased near the boundary.
/// Errors by the delta method on the face of the simplex where the optimum lies. n <= 12 bits.
ExpectationEstimator least_squares(const ReadoutError& error);

/// The distribution that least_squares finds: 2^n entries.
std::vector<double> least_squares_distribution(const ReadoutError& error, const Outcomes& outcomes);
/// The quasi-distribution that inversion finds: 2^n entries that sum to 1, some maybe negative.
std::vector<double> inverted_distribution(const ReadoutError& error, const Outcomes& outcomes);

/// One estimate an observable from the plan's single outcome.
std::vector<Estimate> combine(const Plan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator);

}  // namespace rhodrift::readout
