#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/evaluate/evaluate.hpp>

namespace rhodrift {

namespace {

/// The strategy's seed for a repetition; shots have streams of their own.
constexpr std::uint64_t shots_purpose = 1;

std::vector<Job> exact(std::vector<Job> jobs) {
  for (Job& job : jobs) job.shots = 0;
  return jobs;
}

/// Frequencies at their expectation, but as uncertain as so many shots are: fits weigh them so.
std::vector<Outcomes> as_if_sampled(std::vector<Outcomes> exact, const Plan& plan) {
  for (std::size_t j = 0; j < exact.size(); ++j) exact[j].shots = plan.jobs[j].shots;
  return exact;
}

std::vector<Outcomes> drawn(const std::vector<Outcomes>& exact, const Plan& plan,
                            std::uint64_t seed, std::uint64_t repetition) {
  std::vector<Outcomes> outcomes;
  for (std::size_t j = 0; j < exact.size(); ++j) {
    RandomStream random(seed, stream_id(shots_purpose, repetition, j));
    outcomes.push_back(draw(exact[j], plan.jobs[j].shots, random));
  }
  return outcomes;
}

/// Everything the repetitions of one strategy give.
struct Repetitions {
  arma::mat values;      // repetitions x observables, NaN where there is none
  arma::mat std_errors;  // likewise
  arma::umat covered;
  arma::vec asymptotic;  // the value without shot noise; empty where there is none, or many
  std::size_t failures = 0;
  std::string first_failure;

  Repetitions(std::size_t n_repetitions, std::size_t n_observables)
      : values(n_repetitions, n_observables, arma::fill::value(arma::datum::nan)),
        std_errors(arma::size(values), arma::fill::zeros),
        covered(n_repetitions, n_observables, arma::fill::zeros) {}
};

arma::vec values_of(const std::vector<Estimate>& estimates) {
  arma::vec values(estimates.size());
  for (std::size_t k = 0; k < estimates.size(); ++k) values(k) = estimates[k].value;
  return values;
}

/// What comes out without shot noise; nothing where there is no such estimate.
arma::vec asymptotic_values(const PreparedStrategy& prepared, std::vector<Outcomes> exact,
                            std::span<const Outcomes> references) {
  try {
    return values_of(
        prepared.combine(as_if_sampled(std::move(exact), prepared.plan()), references));
  } catch (const Error&) {
    return {};
  }
}

void record(Repetitions& all, std::size_t r, const std::vector<Estimate>& estimates,
            const arma::vec& truth) {
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    all.values(r, k) = estimates[k].value;
    all.std_errors(r, k) = estimates[k].std_error;
    all.covered(r, k) = estimates[k].ci.low <= truth(k) && truth(k) <= estimates[k].ci.high;
  }
}

Repetitions repeat(const EvaluationCase& of, const Strategy& strategy, const NoiseModel& believed,
                   Executor& actual, Executor& noiseless, const arma::vec& truth,
                   const EvaluationOptions& options) {
  Repetitions all(options.repetitions, of.observables.size());
  std::unique_ptr<PreparedStrategy> prepared;
  std::vector<Outcomes> outcomes, references;
  for (std::size_t r = 0; r < options.repetitions; ++r) {
    if (!prepared || prepared->is_random()) {
      prepared = std::make_unique<PreparedStrategy>(
          strategy, of.circuit, of.observables, of.on(believed), options.shots, options.seed + r);
      outcomes = actual.run(exact(prepared->plan().jobs));
      references = noiseless.run(prepared->noiseless_plan().jobs);
    }
    try {
      record(all, r,
             prepared->combine(drawn(outcomes, prepared->plan(), options.seed, r), references),
             truth);
    } catch (const Error& failure) {
      if (all.failures++ == 0) all.first_failure = failure.what();
    }
  }
  if (!prepared->is_random()) all.asymptotic = asymptotic_values(*prepared, outcomes, references);
  return all;
}

/// The mean, and how well it is known.
Estimate mean_of(const arma::vec& values, const std::string& method) {
  const auto n = static_cast<double>(values.n_elem);
  if (values.n_elem < 2) return normal_estimate(arma::mean(values), 0.0, method);
  return student_estimate(arma::mean(values), arma::stddev(values) / std::sqrt(n),
                          values.n_elem - 1, method);
}

/// From the mean squared error by the delta method: d√m = dm/(2√m).
Estimate root_of_mean_square(const arma::vec& errors) {
  const Estimate mean_square = mean_of(arma::square(errors), "");
  const double root = std::sqrt(mean_square.value);
  return normal_estimate(root, root > 0.0 ? mean_square.std_error / (2.0 * root) : 0.0, "rmse");
}

Score score(const Repetitions& all, arma::uword k, double truth) {
  const arma::uvec made = arma::find_finite(all.values.col(k));
  const arma::vec values = arma::vec(all.values.col(k)).elem(made);
  const arma::vec errors = values - truth;
  Score score;
  score.truth = truth;
  score.bias = all.asymptotic.empty()
                   ? mean_of(errors, "mean error over repetitions")
                   : normal_estimate(all.asymptotic(k) - truth, 0.0, "without shot noise");
  score.std_dev = values.n_elem > 1 ? arma::stddev(values) : 0.0;
  score.rmse = root_of_mean_square(errors);
  score.coverage =
      proportion_estimate(arma::accu(arma::uvec(all.covered.col(k)).elem(made)), made.n_elem);
  score.mean_std_error = arma::mean(arma::vec(all.std_errors.col(k)).elem(made));
  return score;
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
  std::vector<Cost> costs;
  for (const Strategy& strategy : strategies)
    costs.push_back(naming_strategy(strategy, [&] {
      const PreparedStrategy prepared(strategy, of.circuit, of.observables, of.on(believed),
                                      options.shots, options.seed);
      return cost_of(prepared.plan(), of.on(actual), prices);
    }));
  const Device device = of.on(actual);
  const std::unique_ptr<Executor> executor = executor_for(&device);
  const std::unique_ptr<Executor> noiseless = executor_for(nullptr);
  for (std::size_t s = 0; s < strategies.size(); ++s) {
    const Repetitions all = naming_strategy(strategies[s], [&] {
      return repeat(of, strategies[s], believed, *executor, *noiseless, truth, options);
    });
    StrategyEvaluation evaluation{strategies[s].name, costs[s],     {},
                                  all.values,         all.failures, all.first_failure};
    evaluation.errors.each_row() -= truth.t();
    if (all.failures < options.repetitions)
      for (arma::uword k = 0; k < truth.n_elem; ++k)
        evaluation.scores.push_back(score(all, k, truth(k)));
    result.strategies.push_back(std::move(evaluation));
  }
  return result;
}

double ExpectedError::rmse() const {
  return std::sqrt(arma::mean(arma::square(bias) + arma::square(std_error)));
}

ExpectedError expected_error(const EvaluationCase& of, const Strategy& strategy,
                             const NoiseModel& believed, Executor& actual, Executor& noiseless,
                             const arma::vec& truth, std::uint64_t shots, std::uint64_t seed) {
  return naming_strategy(strategy, [&] {
    const PreparedStrategy prepared(strategy, of.circuit, of.observables, of.on(believed), shots,
                                    seed);
    const std::vector<Estimate> estimates =
        prepared.combine(as_if_sampled(actual.run(exact(prepared.plan().jobs)), prepared.plan()),
                         noiseless.run(prepared.noiseless_plan().jobs));
    ExpectedError error{values_of(estimates) - truth, arma::vec(estimates.size())};
    for (std::size_t k = 0; k < estimates.size(); ++k) error.std_error(k) = estimates[k].std_error;
    return error;
  });
}

}  // namespace rhodrift
