#pragma once

#include <armadillo>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// Several numbers estimated together, with their covariance.
struct JointEstimate {
  arma::vec values;
  arma::mat covariance;  ///< of the values; zero where they are exact
};

/// The outcomes of one circuit and the observables to be estimated from them. Observables are
/// diagonal and speak of classical bits: "Z0 Z2" is the parity of bits 0 and 2.
struct Reading {
  const Outcomes& outcomes;
  std::span<const Observable> observables;
};

/// Expectations from several circuits. Each has shots of its own; what they share is the
/// calibration of the readout, when that was measured too: value i and value j, of whatever
/// readings, then have the covariance shared.row(i) · shared.row(j) besides.
struct ReadExpectations {
  std::vector<JointEstimate> readings;  ///< of each reading's own shots
  /// A row a value, those of reading 0 first; a column an independent source of error of variance
  /// 1. No columns when the readout is known exactly.
  arma::mat shared;

  /// All values, those of reading 0 first, with the whole of their covariance.
  JointEstimate joint() const;
};

/// Readings in groups of so many, one after the other, added up value by value; readings after the
/// first of a group may have fewer values, which are its first ones.
ReadExpectations summed(const ReadExpectations& read, std::span<const std::size_t> n_readings);

/// The ratios a_i/b of each reading's values (a_0, …, b), whose covariances are the delta method's,
///   d(a/b) = (da - (a/b) db)/b,
/// from the joint covariance of all, sources of error that circuits share included. It holds as
/// long as b is many standard errors above 0. Throws RunError that names `denominator` where b is
/// not above 0.
ReadExpectations divided_by_last(const ReadExpectations& read, const std::string& denominator);

/// Turns outcomes into expectations. Raw counting is one such estimator, every readout mitigation
/// another; whatever extrapolates works on top of any of them. Safe to call from several threads.
struct ExpectationEstimator {
  std::string method;  ///< names it in estimates: "raw", "readout/inversion", …
  std::function<ReadExpectations(std::span<const Reading> readings)> estimate;

  /// From the outcomes of a single circuit.
  JointEstimate operator()(const Outcomes& outcomes, std::span<const Observable> observables) const;
};

/// The plain averages and the unbiased estimate of their covariance, (<O_i O_j> - <O_i><O_j>)/
/// (shots - 1). It is what the counts show: shots that all agree have standard error 0, however few
/// they are, although another outcome may still have a probability of some 3/shots (at 95 %). A
/// single shot shows no variance either and has standard error 0: where circuits have one each, the
/// error is in the scatter between them (see instances.hpp).
/// Throws InputError when an observable is not diagonal or reaches past the bits, or when there are
/// no outcomes.
JointEstimate raw_expectations(const Outcomes& outcomes, std::span<const Observable> observables);

/// raw_expectations as an estimator, "raw".
ExpectationEstimator raw_estimator();

}  // namespace rhodrift
