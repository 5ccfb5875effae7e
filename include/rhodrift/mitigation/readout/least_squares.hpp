#pragma once

#include <vector>

#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

namespace rhodrift::readout {

/// least_squares keeps vectors of 2^n entries and a matrix of the size of the support squared.
inline constexpr int max_least_squares_bits = 12;

/// "readout/least-squares": oᵀ p for the probability vector p >= 0, Σp = 1 that minimises
/// |A p - f|². Always a distribution, biased near the boundary of the simplex; equal to inversion
/// when A^-1 f is a distribution.
/// Errors by the delta method on the face of the simplex where the optimum lies (the support of p,
/// held fixed): with M the inverse of the face's KKT matrix and u = M o_F,
///   d<o> = (A u)ᵀ df + (dA u)ᵀ (f - A p) - (A u)ᵀ dA p,
/// the last two by the calibration's own error, shared between readings.
/// They leave out that the support itself is uncertain, and are 0 for an observable that is
/// constant on it: on small faces take them as a lower bound. At most max_least_squares_bits bits.
/// Throws InputError with the condition number when A's is past the limit, and RunError if the
/// optimum is not found; InputError also as MeasuredReadout::validate.
ExpectationEstimator least_squares(const MeasuredReadout& measured);
/// The same for an error that is known exactly.
ExpectationEstimator least_squares(const ReadoutError& error);

/// The distribution that least_squares finds: 2^n entries.
std::vector<double> least_squares_distribution(const ReadoutError& error, const Outcomes& outcomes);

}  // namespace rhodrift::readout
