#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

/// Undoing readout error in the counts of a circuit.
///
/// The readout error is a confusion matrix A = ⊗_g A_g over its groups of bits (identity on bits in
/// no group), the observed frequencies are f, and an expectation is <o> = oᵀ p for the distribution
/// p that readout error turned into f. No 2^n x 2^n matrix is ever built.
/// Everything here throws InputError when the error is not valid (see validate_readout_error) or
/// speaks of a bit that the outcomes do not have.
namespace rhodrift::readout {

/// Confusion matrices worse conditioned than this (2-norm) are refused: by inversion when a
/// group's is, by least squares when that of the whole A = ⊗ A_g is.
inline constexpr double max_condition_number = 1e6;
/// inverted_distribution keeps 2^n entries: 128 MiB at this limit.
inline constexpr int max_distribution_bits = 24;

/// The circuit as it is, with `shots`: readout mitigation from a recorded calibration needs no
/// further circuits. The job's parameters are still to be bound.
Plan construct(std::shared_ptr<const Circuit> circuit, std::uint64_t shots);

/// "readout/inversion": the observable in the Heisenberg picture. <o> is the plain average of
///   g = A^-T o = ⊗_g A_g^-T o,
/// evaluated only at the outcomes that were seen, so that any number of bits will do. Unbiased
/// where A is known exactly; where it was measured, to first order in its error (A^-1 is not
/// linear). Values may leave [-1, 1]. The covariance of the own shots is the multinomial's, of g.
///
/// The calibration's own error goes into ReadExpectations::shared by the exact derivative,
///   dg = -⊗_{h≠g} A_h^-T ⊗ (A_g^-T dA_gᵀ A_g^-T) o,
/// averaged over the outcomes: first order in that error, and common to all readings.
/// Throws InputError with the condition number when a matrix is past the limit, and as
/// MeasuredReadout::validate.
ExpectationEstimator inversion(const MeasuredReadout& measured);
/// The same for an error that is known exactly.
ExpectationEstimator inversion(const ReadoutError& error);

/// γ², γ = |A^-1|_1 = Π_g |A_g^-1|_1: so many times the shots give an observable within ±1 an error
/// no larger than that of raw counts at its worst, 1/√shots. (|g| <= γ at every outcome.)
double inversion_overhead(const ReadoutError& error);

/// The quasi-distribution A^-1 f: 2^n entries that sum to 1, some maybe negative. At most
/// max_distribution_bits bits.
std::vector<double> inverted_distribution(const ReadoutError& error, const Outcomes& outcomes);

/// One estimate an observable from the plan's single outcome, named after the estimator.
std::vector<Estimate> combine(const Plan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator);

}  // namespace rhodrift::readout
