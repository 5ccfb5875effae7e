#pragma once

#include <armadillo>
#include <span>
#include <string>
#include <utility>

#include <rhodrift/core/estimate.hpp>

namespace rhodrift {

/// A number of which nobody knows how well it is known: std_error and interval are NaN.
Estimate of_unknown_error(double value, const std::string& method);

/// The mean of independent values with Student's interval; of one value the error is unknown.
Estimate mean_estimate(const arma::vec& values, const std::string& method);

/// The mean of a figure that every pair of states has, and the p-value of its being 0.
struct MeanOverPairs {
  Estimate mean;
  double p_value;
};

/// Pairs that share a state are not independent, and a state is a whole sample of what devices do:
/// the error is the jackknife's that leaves out one state at a time, with all of its pairs,
///   (m - 1)/m Σ_s (mean without s - mean)²
/// over the m states. Without shared states (a state with itself) it is the usual one; of disjoint
/// pairs, whose states it all counts, its square is up to twice the usual one. Student's interval
/// has min(m, number of pairs) - 1 degrees of freedom. Pairs without a value (NaN) are left out;
/// the error is unknown where every pair has one state in common, as a single pair does.
MeanOverPairs mean_over_pairs(const arma::vec& values,
                              std::span<const std::pair<std::size_t, std::size_t>> states,
                              const std::string& method);

/// √m of a mean square m: the error by the delta method, d√m = dm/(2√m), the interval's ends being
/// the roots of m's, so that it covers what m's does.
Estimate root_of(const Estimate& mean_square, const std::string& method);

/// Of no difference, two-sided, by Student's t. 1 where the error is unknown, and where a
/// difference without an error is zero; 0 where it is not.
double two_sided_p_value(double difference, double std_error, double degrees_of_freedom);

}  // namespace rhodrift
