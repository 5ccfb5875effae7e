#pragma once

#include <armadillo>
#include <functional>
#include <span>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// Several numbers estimated from the same shots, with their covariance.
struct JointEstimate {
  arma::vec values;      ///< one an observable
  arma::mat covariance;  ///< of the values; zero when the outcomes are exact
};

/// Turns the outcomes of one circuit into expectations. Raw counting is one such function, every
/// readout mitigation another; extrapolation works on top of any of them.
/// Observables are diagonal and speak of classical bits: "Z0 Z2" is the parity of bits 0 and 2.
using ExpectationEstimator =
    std::function<JointEstimate(const Outcomes& outcomes, std::span<const Observable> observables)>;

/// The plain averages, covariance of the multinomial: (<O_i O_j> - <O_i><O_j>)/shots.
/// Throws InputError when an observable is not diagonal or reaches past the bits.
JointEstimate raw_expectations(const Outcomes& outcomes, std::span<const Observable> observables);

}  // namespace rhodrift
