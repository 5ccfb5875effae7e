#pragma once

#include <armadillo>
#include <functional>
#include <span>

#include <rhodrift/mitigation/expectations.hpp>

namespace rhodrift {

/// A real function of the outcome.
using OutcomeFunction = std::function<double(Bitstring)>;

/// Throws InputError when the outcomes are empty or do not fit in their bits, or an observable is
/// not diagonal or reaches past the bits.
void require_averageable(const Outcomes& outcomes, std::span<const Observable> observables);

/// The bits whose parity a diagonal Pauli string is, as a mask.
Bitstring parity_mask(const PauliString& pauli);
/// (-1)^(number of ones of `bits` under `mask`)
double parity(Bitstring bits, Bitstring mask);

/// A row a seen outcome, in the order of outcomes.frequency, a column an observable: the observable
/// with the parity of each of its terms replaced by term_function(parity_mask).
arma::mat tabulate(const Outcomes& outcomes, std::span<const Observable> observables,
                   const std::function<OutcomeFunction(Bitstring mask)>& term_function);

/// The averages of the functions g tabulated over the seen outcomes, and the covariance of the
/// multinomial, (<g_i g_j> - <g_i><g_j>)/shots: every estimator's error ends here.
JointEstimate multinomial_average(const Outcomes& outcomes, const arma::mat& functions);

}  // namespace rhodrift
