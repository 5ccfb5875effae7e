#pragma once

#include <armadillo>
#include <cstdint>
#include <functional>
#include <memory>
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
  std::uint64_t shots = 10'000;  ///< of one evaluation, in total
  std::size_t repetitions = 200;
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
/// Throws InputError as PreparedStrategy does, naming the strategy.
CaseEvaluation evaluate(const EvaluationCase& of, std::span<const Strategy> strategies,
                        const NoiseModel& believed, const NoiseModel& actual,
                        const ExecutorFor& executor_for, const EvaluationOptions& options,
                        const PriceTable& prices = {});

/// How far off an estimate of each observable is to be expected, to first order in 1/shots and
/// without repeating anything: the bias without shot noise, and the standard error at the expected
/// outcomes. Of a random strategy this is one draw of its circuits.
struct ExpectedError {
  arma::vec bias;
  arma::vec std_error;
  /// Root of the mean over observables of bias² + std_error².
  double rmse() const;
};

/// Throws InputError as evaluate does; RunError where the expected outcomes allow no estimate.
ExpectedError expected_error(const EvaluationCase& of, const Strategy& strategy,
                             const NoiseModel& believed, Executor& actual, Executor& noiseless,
                             const arma::vec& truth, std::uint64_t shots, std::uint64_t seed);
/// The noiseless expectations.
arma::vec true_expectations(const EvaluationCase& of, const NoiseModel& model,
                            const ExecutorFor& executor_for);

}  // namespace rhodrift
