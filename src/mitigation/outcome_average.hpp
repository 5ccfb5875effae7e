#pragma once

#include <armadillo>
#include <functional>
#include <span>
#include <string>

#include <rhodrift/circuit/pauli_measurement.hpp>
#include <rhodrift/mitigation/expectations.hpp>

#include "core/parity.hpp"

namespace rhodrift {

/// A real function of the outcome.
using OutcomeFunction = std::function<double(OutcomeBits)>;

/// Throws InputError when the observable reaches past the bits.
void require_bits(const Observable& observable, int n_bits);
/// The same of each, and when one is not diagonal.
void require_readable(std::span<const Observable> observables, int n_bits);
/// The same, and when the outcomes are empty.
void require_averageable(const Outcomes& outcomes, std::span<const Observable> observables);

/// tabulate (circuit/pauli_measurement.hpp) for the observable with the parity of each of its terms
/// replaced by term_function(parity_mask).
arma::mat tabulate(const Outcomes& outcomes, std::span<const Observable> observables,
                   const std::function<OutcomeFunction(const BitMask& mask)>& term_function);

/// The averages of the functions g tabulated over the seen outcomes, and the unbiased estimate of
/// their covariance, (<g_i g_j> - <g_i><g_j>)/(shots - 1), divided by 1 for a single shot (see
/// raw_expectations): every estimator's error ends here.
JointEstimate multinomial_average(const Outcomes& outcomes, const arma::mat& functions);

/// An estimator whose readings have nothing in common.
ExpectationEstimator independent_estimator(
    std::string method,
    std::function<JointEstimate(const Outcomes&, std::span<const Observable>)> estimate);

}  // namespace rhodrift
