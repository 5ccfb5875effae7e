#pragma once

#include <armadillo>
#include <span>

#include <rhodrift/mitigation/expectations.hpp>

namespace rhodrift::readout {

/// How many times the shots an estimator takes to give an observable the error that raw counting
/// gives it with these outcomes: the ratio of the variances a shot, an observable each. The
/// calibration's error is no part of it. 1 where neither has a variance, infinity where raw counts
/// alone have none. The outcomes may be exact.
/// Twirled readout gives 1/f_s² and somewhat less for a string; what inversion may take at most,
/// whatever the outcomes, is inversion_overhead.
/// Throws as the estimator does.
arma::vec shot_overhead(const ExpectationEstimator& estimator, const Outcomes& outcomes,
                        std::span<const Observable> observables);

}  // namespace rhodrift::readout
