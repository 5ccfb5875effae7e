#pragma once

#include <armadillo>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/evaluate/cost.hpp>
#include <rhodrift/mitigation/strategy.hpp>
#include <rhodrift/noise/noise_model.hpp>

/// Mitigation strategies side by side, all with the same number of shots in total.
namespace rhodrift {

/// A circuit, what is asked of it, and where it runs.
struct EvaluationCase {
  std::string name;
  Circuit circuit;  ///< without free weights or features
  std::vector<Observable> observables;
  Layout layout;  ///< the device qubit of each of the circuit's qubits

  Device on(const NoiseModel& model) const { return {model, layout}; }
};

/// Runs circuits on a device, exactly where jobs ask for it; of the noiseless device when given
/// none. Simulators make one (sim/density_matrix_executor.hpp).
using ExecutorFor = std::function<std::unique_ptr<Executor>(const Device* device)>;

struct EvaluationOptions {
  std::uint64_t shots = 10'000;   ///< of one evaluation, in total
  std::size_t repetitions = 200;  ///< with one, errors over the repetitions are unknown (NaN)
  std::uint64_t seed = 1;

  /// Throws InputError when one is 0.
  void validate() const;
};

/// What one strategy made of one observable.
struct Score {
  double truth;
  /// The mean error without shot noise: exact where the strategy runs fixed circuits, else over the
  /// repetitions, with its standard error.
  Estimate bias;
  double std_dev;         ///< of the estimate over the repetitions
  Estimate rmse;          ///< root of the mean squared error, over the repetitions
  Estimate coverage;      ///< share of the 95% intervals that hold the truth
  double mean_std_error;  ///< that the strategy claimed
};

struct StrategyEvaluation {
  std::string strategy;
  Cost cost;
  std::vector<Score> scores;  ///< one an observable; none where every repetition failed
  /// estimate - truth, repetitions x observables; NaN where the strategy could not make one.
  arma::mat errors;
  std::size_t failures = 0;  ///< repetitions without an estimate, which no score counts
  std::string first_failure;
};

struct CaseEvaluation {
  std::string name;
  std::vector<std::string> observables;
  std::vector<StrategyEvaluation> strategies;  ///< in their order
};

/// Every strategy on one circuit. They know the device as `believed`; it is as `actual`. The truth
/// is the density matrix without noise. Shots are drawn from exact outcomes, for each repetition
/// anew, and of random strategies the circuits too. Deterministic in the seed.
/// Throws InputError as PreparedStrategy does, naming the strategy; what single draws of shots do
/// not allow is a failure of the repetition.
CaseEvaluation evaluate(const EvaluationCase& of, std::span<const Strategy> strategies,
                        const NoiseModel& believed, const NoiseModel& actual,
                        const ExecutorFor& executor_for, const EvaluationOptions& options,
                        const PriceTable& prices = {});

/// How far off estimates are to be expected, averaged over the observables: what stays with any
/// number of shots, and what goes with 1/shots, to first order.
///
/// Of a strategy that runs fixed circuits both are exact: the squared bias at the expected
/// outcomes, and the delta method's variance there. Of a random one they are means over 16 draws of
/// its circuits, with the standard errors that the draws tell: what stays is then the squared bias
/// and the variance between draws together; the shots' variance is that of 64 estimates a draw.
struct ExpectedError {
  Estimate without_shots;  ///< mean squared error at the expected outcomes
  Estimate shot_variance;  ///< at the given shots, ∝ 1/shots

  double mean_square() const;
};

/// nullopt where the expected outcomes allow no estimate (a fit that does not exist); draws of the
/// circuits, or of shots, that allow none are left out. Throws InputError as evaluate does.
std::optional<ExpectedError> expected_error(const EvaluationCase& of, const Strategy& strategy,
                                            const NoiseModel& believed, const NoiseModel& actual,
                                            const ExecutorFor& executor_for, const arma::vec& truth,
                                            std::uint64_t shots, std::uint64_t seed);
/// The noiseless expectations.
arma::vec true_expectations(const EvaluationCase& of, const NoiseModel& model,
                            const ExecutorFor& executor_for);

}  // namespace rhodrift
