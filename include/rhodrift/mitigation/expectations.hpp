#pragma once

#include <armadillo>
#include <functional>
#include <span>
#include <string>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// Several numbers estimated from the same shots, with their covariance.
struct JointEstimate {
  arma::vec values;      ///< one an observable
  arma::mat covariance;  ///< of the values; zero when the outcomes are exact
};

/// Turns the outcomes of one circuit into expectations. Raw counting is one such estimator, every
/// readout mitigation another; extrapolation works on top of any of them. Safe to call from several
/// threads.
/// Observables are diagonal and speak of classical bits: "Z0 Z2" is the parity of bits 0 and 2.
struct ExpectationEstimator {
  std::string method;  ///< names it in estimates: "raw", "readout/inversion", …
  std::function<JointEstimate(const Outcomes& outcomes, std::span<const Observable> observables)>
      estimate;
};

/// The plain averages, covariance of the multinomial: (<O_i O_j> - <O_i><O_j>)/shots.
/// Throws InputError when an observable is not diagonal or reaches past the bits, or when there are
/// no outcomes or one does not fit in the bits.
JointEstimate raw_expectations(const Outcomes& outcomes, std::span<const Observable> observables);

/// raw_expectations as an estimator, "raw".
ExpectationEstimator raw_estimator();

}  // namespace rhodrift
