#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/evaluate/evaluate.hpp>

#include "mitigation/evaluate/mean_estimates.hpp"

namespace rhodrift {

namespace {

// Purposes of random streams; a strategy has those that its plan takes besides.
constexpr std::uint64_t shots_purpose = 1;
constexpr std::uint64_t repetition_purpose = 3;
constexpr std::uint64_t draw_purpose = 4;

/// How often the circuits of a random strategy are drawn for its expected error, and the shots of
/// each of these draws: with 1024 of them a variance is known to 4 %.
constexpr std::size_t circuit_draws = 16;
constexpr std::size_t shot_draws = 64;

arma::vec values_of(const std::vector<Estimate>& estimates) {
  arma::vec values(estimates.size());
  for (std::size_t k = 0; k < estimates.size(); ++k) values(k) = estimates[k].value;
  return values;
}

/// A strategy with one draw of its circuits, if they are random, and their exact outcomes.
class Trial {
 public:
  Trial(const EvaluationCase& of, const Strategy& strategy, const NoiseModel& believed,
        const NoiseModel& actual, const ExecutorFor& executor_for, std::uint64_t shots,
        std::uint64_t seed)
      : prepared_(strategy, of.circuit, of.observables, of.on(believed), shots, seed),
        seed_(seed),
        references_(executor_for(nullptr)->run(prepared_.noiseless_plan().jobs)) {
    const Device device(actual, prepared_.layout());
    device_ = executor_for(&device);
    exact_ = run_exactly(prepared_.plan().jobs);
  }

  /// From frequencies at their expectation, as uncertain as so many shots are: fits weigh them so.
  std::vector<Estimate> at_expectation() const { return finish(expected).estimates(references_); }

  /// From shots; other ones with every number.
  std::vector<Estimate> sampled(std::uint64_t number) const {
    return finish([&](std::size_t j, const Job& job, const Outcomes& exact) {
             RandomStream random(seed_, stream_id(shots_purpose, number, j));
             return draw(exact, job.shots, random);
           })
        .estimates(references_);
  }

  /// Of all rounds, as they are at the expected outcomes.
  Plan whole_plan() const { return finish(expected).prepared.plan(); }

 private:
  struct Finished {
    PreparedStrategy prepared;
    std::vector<Outcomes> outcomes;

    std::vector<Estimate> estimates(const std::vector<Outcomes>& references) const {
      return prepared.combine(outcomes, references);
    }
  };

  static Outcomes expected(std::size_t, const Job& job, Outcomes exact) {
    exact.shots = job.shots;
    return exact;
  }

  std::vector<Outcomes> run_exactly(std::span<const Job> of) const {
    std::vector<Job> jobs(of.begin(), of.end());
    for (Job& job : jobs) job.shots = 0;
    return device_->run(jobs);
  }

  /// Round after round, `seen(j, job, its exact outcomes)` being what job j shows.
  template <typename Seen>
  Finished finish(Seen seen) const {
    Finished all{prepared_, {}};
    const auto look = [&](std::span<const Job> jobs, const std::vector<Outcomes>& exact) {
      for (std::size_t i = 0; i < jobs.size(); ++i)
        all.outcomes.push_back(seen(all.outcomes.size(), jobs[i], exact[i]));
    };
    look(prepared_.plan().jobs, exact_);
    while (std::optional<PreparedStrategy> next = all.prepared.next_round(all.outcomes)) {
      const std::span<const Job> jobs(next->plan().jobs);
      const std::span<const Job> added = jobs.subspan(all.outcomes.size());
      look(added, run_exactly(added));
      all.prepared = *std::move(next);
    }
    return all;
  }

  PreparedStrategy prepared_;
  std::uint64_t seed_;
  std::vector<Outcomes> references_;
  std::unique_ptr<Executor> device_;
  std::vector<Outcomes> exact_;
};

/// Everything the repetitions of one strategy give.
struct Repetitions {
  arma::mat values;      // repetitions x observables, NaN where there is none
  arma::mat std_errors;  // likewise
  arma::umat covered;
  arma::vec asymptotic;  // the value without shot noise; empty where there is none, or many
  std::size_t failures = 0;
  std::string first_failure;
  Plan plan;  // that was run, of the first repetition

  Repetitions(std::size_t n_repetitions, std::size_t n_observables)
      : values(n_repetitions, n_observables, arma::fill::value(arma::datum::nan)),
        std_errors(arma::size(values), arma::fill::zeros),
        covered(n_repetitions, n_observables, arma::fill::zeros) {}
};

void record(Repetitions& all, std::size_t r, const std::vector<Estimate>& estimates,
            const arma::vec& truth) {
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    all.values(r, k) = estimates[k].value;
    all.std_errors(r, k) = estimates[k].std_error;
    all.covered(r, k) = estimates[k].ci.low <= truth(k) && truth(k) <= estimates[k].ci.high;
  }
}

std::uint64_t repetition_seed(const EvaluationOptions& options, std::size_t r) {
  return stream_id(repetition_purpose, options.seed, r);
}

/// What comes out without shot noise; nothing where there is no such estimate.
arma::vec asymptotic_values(const Trial& trial) {
  try {
    return values_of(trial.at_expectation());
  } catch (const RunError&) {
    return {};
  }
}

Repetitions repeat(const EvaluationCase& of, const Strategy& strategy, const NoiseModel& believed,
                   const NoiseModel& actual, const ExecutorFor& executor_for,
                   const arma::vec& truth, const EvaluationOptions& options) {
  Repetitions all(options.repetitions, of.observables.size());
  const auto trial_of = [&](std::size_t r) {
    return std::make_unique<Trial>(of, strategy, believed, actual, executor_for, options.shots,
                                   repetition_seed(options, r));
  };
  std::unique_ptr<Trial> trial = trial_of(0);
  // A setting that fits no outcomes is refused here. What only some shots do not allow, such as a
  // measured confusion matrix that cannot be inverted, is a repetition without an estimate.
  const arma::vec asymptotic = asymptotic_values(*trial);
  if (strategy.runs_fixed_circuits()) all.asymptotic = asymptotic;
  all.plan = trial->whole_plan();
  for (std::size_t r = 0; r < options.repetitions; ++r) {
    if (r > 0 && strategy.is_random()) trial = trial_of(r);
    try {
      record(all, r, trial->sampled(r), truth);
    } catch (const Error& failure) {
      if (all.failures++ == 0) all.first_failure = failure.what();
    }
  }
  return all;
}

Score score(const Repetitions& all, arma::uword k, double truth) {
  const arma::uvec made = arma::find_finite(all.values.col(k));
  const arma::vec values = arma::vec(all.values.col(k)).elem(made);
  const arma::vec errors = values - truth;
  Score score;
  score.truth = truth;
  score.bias = all.asymptotic.empty()
                   ? mean_estimate(errors, "mean error over repetitions")
                   : normal_estimate(all.asymptotic(k) - truth, 0.0, "without shot noise");
  score.std_dev = values.n_elem > 1 ? arma::stddev(values) : 0.0;
  score.rmse = root_of(mean_estimate(arma::square(errors), ""), "rmse");
  score.coverage =
      proportion_estimate(arma::accu(arma::uvec(all.covered.col(k)).elem(made)), made.n_elem);
  score.mean_std_error = arma::mean(arma::vec(all.std_errors.col(k)).elem(made));
  return score;
}

/// Mean over observables of the variance that shots alone make.
double sampled_variance(const Trial& trial) {
  std::vector<arma::vec> values;
  for (std::size_t number = 0; number < shot_draws; ++number) {
    try {
      values.push_back(values_of(trial.sampled(number)));
    } catch (const Error&) {
      // As in a repetition: these shots allow no estimate.
    }
  }
  if (values.size() < 2) throw RunError("shots hardly ever allow an estimate");
  arma::mat table(values[0].n_elem, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) table.col(i) = values[i];
  return arma::mean(arma::var(table, 0, 1));
}

/// The same by the delta method: what the estimates claim.
double claimed_variance(const std::vector<Estimate>& estimates) {
  arma::vec errors(estimates.size());
  for (std::size_t k = 0; k < estimates.size(); ++k) errors(k) = estimates[k].std_error;
  return arma::mean(arma::square(errors));
}

template <typename Work>
auto naming_strategy(const Strategy& strategy, Work work) {
  try {
    return work();
  } catch (const InputError& error) {
    throw InputError("strategy " + strategy.name, "", error.what());
  }
}

}  // namespace

void EvaluationOptions::validate() const {
  if (shots == 0) throw InputError("evaluation", "shots", "0 buy nothing");
  if (repetitions == 0) throw InputError("evaluation", "repetitions", "0 tell nothing");
}

arma::vec true_expectations(const EvaluationCase& of, const NoiseModel& model,
                            const ExecutorFor& executor_for) {
  Strategy raw;
  raw.name = "truth";
  const PreparedStrategy prepared(raw, of.circuit, of.observables, of.on(model), 0);
  return values_of(prepared.combine(executor_for(nullptr)->run(prepared.plan().jobs)));
}

CaseEvaluation evaluate(const EvaluationCase& of, std::span<const Strategy> strategies,
                        const NoiseModel& believed, const NoiseModel& actual,
                        const ExecutorFor& executor_for, const EvaluationOptions& options,
                        const PriceTable& prices) {
  options.validate();
  const arma::vec truth = true_expectations(of, believed, executor_for);
  CaseEvaluation result{of.name, {}, {}};
  for (const Observable& observable : of.observables)
    result.observables.push_back(observable.to_string());
  // What cannot be planned is refused before anything runs.
  std::vector<Device> devices;
  for (const Strategy& strategy : strategies)
    devices.emplace_back(actual, naming_strategy(strategy, [&] {
                           const PreparedStrategy prepared(strategy, of.circuit, of.observables,
                                                           of.on(believed), options.shots,
                                                           repetition_seed(options, 0));
                           return prepared.layout();
                         }));
  for (std::size_t s = 0; s < strategies.size(); ++s) {
    const Repetitions all = naming_strategy(strategies[s], [&] {
      return repeat(of, strategies[s], believed, actual, executor_for, truth, options);
    });
    const Cost cost = cost_of(all.plan, devices[s], prices);
    StrategyEvaluation evaluation{strategies[s].name, cost,         {},
                                  all.values,         all.failures, all.first_failure};
    evaluation.errors.each_row() -= truth.t();
    if (all.failures < options.repetitions)
      for (arma::uword k = 0; k < truth.n_elem; ++k)
        evaluation.scores.push_back(score(all, k, truth(k)));
    result.strategies.push_back(std::move(evaluation));
  }
  return result;
}

double ExpectedError::mean_square() const {
  return without_shots.value + shot_variance.value;
}

std::optional<ExpectedError> expected_error(const EvaluationCase& of, const Strategy& strategy,
                                            const NoiseModel& believed, const NoiseModel& actual,
                                            const ExecutorFor& executor_for, const arma::vec& truth,
                                            std::uint64_t shots, std::uint64_t seed) {
  return naming_strategy(strategy, [&]() -> std::optional<ExpectedError> {
    std::vector<double> squares, variances;
    const std::size_t n_draws = strategy.is_random() ? circuit_draws : 1;
    for (std::size_t d = 0; d < n_draws; ++d) {
      const Trial trial(of, strategy, believed, actual, executor_for, shots,
                        stream_id(draw_purpose, seed, d));
      try {
        const std::vector<Estimate> estimates = trial.at_expectation();
        const double variance =
            strategy.is_random() ? sampled_variance(trial) : claimed_variance(estimates);
        squares.push_back(arma::mean(arma::square(values_of(estimates) - truth)));
        variances.push_back(variance);
      } catch (const RunError&) {
        // These circuits allow no estimate; others may.
      }
    }
    if (squares.empty()) return std::nullopt;
    if (!strategy.is_random())
      return ExpectedError{normal_estimate(squares[0], 0.0, "at the expected outcomes"),
                           normal_estimate(variances[0], 0.0, "delta method")};
    return ExpectedError{mean_estimate(squares, "mean over draws of the circuits"),
                         mean_estimate(variances, "mean over draws of the circuits")};
  });
}

}  // namespace rhodrift
