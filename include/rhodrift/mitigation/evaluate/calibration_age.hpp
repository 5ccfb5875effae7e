#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration_series.hpp>
#include <rhodrift/mitigation/evaluate/evaluate.hpp>

namespace rhodrift {

/// Strategies that know the device as it was recorded at t, on the device as it was at t + age.
struct AgeStudy {
  struct Age {
    double days;          ///< mean over the pairs
    std::size_t n_pairs;  ///< pairs of states so far apart
    /// By strategy: root of the mean over pairs, cases and observables of the expected squared
    /// error, its standard error from the scatter between pairs (0 with one pair).
    std::vector<Estimate> rmse;
    /// By strategy, the pairs as a row each: mean squared error.
    arma::mat mean_square_by_pair;
  };
  /// Where two strategies change places: the first age at which the one that was better with a
  /// fresh calibration is worse.
  struct Flip {
    std::string was_better;
    std::string is_better;
    double days;
    /// By how much at that age: mean squared error of the one minus that of the other, its standard
    /// error from the scatter between pairs.
    Estimate difference;
  };

  std::string device;
  std::vector<std::string> strategies;
  std::vector<Age> ages;  ///< ascending; the first is 0
  std::vector<Flip> flips;
};

/// `edges_days`: ascending bounds of the ages; a pair belongs to age i when its distance in time is
/// in (edges[i-1], edges[i]]; age 0 is a state with itself and has no bound. Ages without a pair
/// are left out. At most `max_pairs` pairs an age, spread evenly over the series. Errors are
/// expected_error's. Throws InputError as evaluate does, when the series has fewer than 2 states,
/// and when the bounds are not positive and ascending.
AgeStudy study_calibration_age(std::span<const EvaluationCase> cases,
                               std::span<const Strategy> strategies,
                               const CalibrationSeries& series, const NoisePolicy& policy,
                               std::span<const double> edges_days, std::size_t max_pairs,
                               const ExecutorFor& executor_for, const EvaluationOptions& options,
                               const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace rhodrift
