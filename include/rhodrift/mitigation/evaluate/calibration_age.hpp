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
    /// error. The error and Student's interval are those of the jackknife over states; NaN where
    /// all pairs share a state, as a single one does. The value is NaN where no pair has an
    /// estimate.
    std::vector<Estimate> rmse;
    /// By strategy: pairs whose expected outcomes allow an estimate of every case; rmse is of them.
    std::vector<std::size_t> n_estimated;
  };
  /// Where two strategies change places: the first age at which the one that was better with a
  /// fresh calibration is significantly worse, both differences having adjusted p-values below
  /// 0.05. Where there is no such age, the first one at which their means have changed places.
  struct Flip {
    std::string was_better;
    std::string is_better;
    double days;
    /// By how much at that age: mean squared error of the one minus that of the other.
    Estimate difference;
    /// The larger of this age's and the fresh calibration's: Student's, two-sided, Holm's over all
    /// ages and pairs of strategies.
    double adjusted_p_value;
    bool significant;  ///< adjusted_p_value < significance (multiple_tests.hpp)
  };

  std::string device;
  std::vector<std::string> strategies;
  std::vector<Age> ages;  ///< ascending; the first is 0
  std::vector<Flip> flips;
};

/// `edges_days`: ascending bounds of the ages; a pair belongs to age i when its distance in time is
/// in (edges[i-1], edges[i]]; age 0 is a state with itself and has no bound. Ages without a pair
/// are left out. At most `max_pairs` pairs an age, spread evenly over the series. Errors are
/// expected_error's, of random strategies with other circuits for every pair. Throws InputError as
/// evaluate does, when the series has fewer than 2 states, and when the bounds are not positive and
/// ascending.
AgeStudy study_calibration_age(std::span<const EvaluationCase> cases,
                               std::span<const Strategy> strategies,
                               const CalibrationSeries& series, const NoisePolicy& policy,
                               std::span<const double> edges_days, std::size_t max_pairs,
                               const ExecutorFor& executor_for, const EvaluationOptions& options,
                               const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace rhodrift
