#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/multiple_tests.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/evaluate/calibration_age.hpp>

#include "mitigation/evaluate/mean_estimates.hpp"

namespace rhodrift {

namespace {

constexpr double seconds_per_day = 86400.0;
constexpr std::uint64_t pair_purpose = 5;  // of the random circuits' seeds

/// Calibrated in the state `believed`, run in the state `actual`.
struct Pair {
  std::size_t believed;
  std::size_t actual;
  double days;
};

using Progress = std::function<void(std::size_t, std::size_t)>;

void require_ascending(std::span<const double> edges_days) {
  double last = 0.0;
  for (const double edge : edges_days) {
    if (!(edge > last && std::isfinite(edge)))
      throw InputError("calibration age", "bounds",
                       fmt::format("{} days is not above {}", edge, last));
    last = edge;
  }
}

/// `max_pairs` of them, spread evenly.
std::vector<Pair> chosen(const std::vector<Pair>& pairs, std::size_t max_pairs) {
  if (pairs.size() <= max_pairs) return pairs;
  std::vector<Pair> kept;
  for (std::size_t i = 0; i < max_pairs; ++i) kept.push_back(pairs[i * pairs.size() / max_pairs]);
  return kept;
}

/// The pairs of every age, each state with itself first.
std::vector<std::vector<Pair>> pairs_by_age(const CalibrationSeries& series,
                                            std::span<const double> edges_days,
                                            std::size_t max_pairs) {
  std::vector<std::vector<Pair>> by_age(edges_days.size() + 1);
  const auto& states = series.states;
  for (std::size_t i = 0; i < states.size(); ++i) {
    by_age[0].push_back({i, i, 0.0});
    for (std::size_t j = i + 1; j < states.size(); ++j) {
      const double days =
          static_cast<double>(states[j].timestamp.unix_s - states[i].timestamp.unix_s) /
          seconds_per_day;
      const auto edge = std::lower_bound(edges_days.begin(), edges_days.end(), days);
      if (edge != edges_days.end())
        by_age[static_cast<std::size_t>(edge - edges_days.begin()) + 1].push_back({i, j, days});
    }
  }
  for (std::vector<Pair>& pairs : by_age) pairs = chosen(pairs, max_pairs);
  std::erase_if(by_age, [](const std::vector<Pair>& pairs) { return pairs.empty(); });
  return by_age;
}

/// Mean squared errors at one age, a row a pair and a column a strategy; NaN without an estimate.
struct ErrorsAtAge {
  std::vector<std::pair<std::size_t, std::size_t>> states;
  arma::mat mean_squares;
};

AgeStudy::Age summary(double days, const ErrorsAtAge& errors) {
  AgeStudy::Age age{days, errors.states.size(), {}, {}};
  for (arma::uword s = 0; s < errors.mean_squares.n_cols; ++s) {
    const arma::vec column = errors.mean_squares.col(s);
    age.rmse.push_back(
        root_of(mean_over_pairs(column, errors.states, "").mean, "expected error over pairs"));
    age.n_estimated.push_back(arma::uvec(arma::find_finite(column)).n_elem);
  }
  return age;
}

/// Two strategies at every age: mean squared error of a minus that of b.
struct Duel {
  std::size_t a, b;
  std::vector<MeanOverPairs> differences;
  std::vector<double> adjusted_p_values;
};

std::vector<Duel> duels(const std::vector<ErrorsAtAge>& ages, std::size_t n_strategies) {
  std::vector<Duel> duels;
  std::vector<double> p_values;
  for (std::size_t a = 0; a < n_strategies; ++a)
    for (std::size_t b = a + 1; b < n_strategies; ++b) {
      Duel duel{a, b, {}, {}};
      for (const ErrorsAtAge& age : ages) {
        duel.differences.push_back(mean_over_pairs(
            age.mean_squares.col(a) - age.mean_squares.col(b), age.states, "mean over pairs"));
        p_values.push_back(duel.differences.back().p_value);
      }
      duels.push_back(std::move(duel));
    }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t d = 0; d < duels.size(); ++d)
    for (std::size_t i = 0; i < ages.size(); ++i)
      duels[d].adjusted_p_values.push_back(adjusted[d * ages.size() + i]);
  return duels;
}

/// The same difference the other way round.
Estimate negated(Estimate estimate) {
  estimate.value = -estimate.value;
  estimate.ci = {-estimate.ci.high, -estimate.ci.low};
  return estimate;
}

std::optional<AgeStudy::Flip> flip_of(const Duel& duel, const AgeStudy& study) {
  const double fresh = duel.differences[0].mean.value;
  const bool a_was_better = fresh < 0.0;
  std::optional<AgeStudy::Flip> first;
  for (std::size_t i = 1; i < duel.differences.size(); ++i) {
    const Estimate& now = duel.differences[i].mean;
    if (!(fresh * now.value < 0.0)) continue;
    const double p = std::max(duel.adjusted_p_values[0], duel.adjusted_p_values[i]);
    const AgeStudy::Flip flip{study.strategies[a_was_better ? duel.a : duel.b],
                              study.strategies[a_was_better ? duel.b : duel.a],
                              study.ages[i].days,
                              a_was_better ? now : negated(now),
                              p,
                              p < significance};
    if (flip.significant) return flip;
    if (!first) first = flip;
  }
  return first;
}

}  // namespace

AgeStudy study_calibration_age(std::span<const EvaluationCase> cases,
                               std::span<const Strategy> strategies,
                               const CalibrationSeries& series, const NoisePolicy& policy,
                               std::span<const double> edges_days, std::size_t max_pairs,
                               const ExecutorFor& executor_for, const EvaluationOptions& options,
                               const Progress& progress) {
  options.validate();
  require_ascending(edges_days);
  if (series.states.size() < 2)
    throw InputError("calibration age", "series of " + series.device,
                     fmt::format("has {} states, ages need at least 2", series.states.size()));
  if (max_pairs == 0) throw InputError("calibration age", "pairs", "0 tell nothing");
  const auto state = [&](std::size_t i) { return NoiseModel(series.states[i], policy); };
  std::vector<arma::vec> truths;
  for (const EvaluationCase& of : cases)
    truths.push_back(true_expectations(of, state(0), executor_for));

  const auto by_age = pairs_by_age(series, edges_days, max_pairs);
  std::size_t total = 0, done = 0;
  for (const auto& pairs : by_age) total += pairs.size();
  AgeStudy study{series.device, {}, {}, {}};
  for (const Strategy& strategy : strategies) study.strategies.push_back(strategy.name);
  std::vector<ErrorsAtAge> errors_by_age;
  for (const std::vector<Pair>& pairs : by_age) {
    ErrorsAtAge errors{{}, arma::zeros(pairs.size(), strategies.size())};
    double days = 0.0;
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const NoiseModel believed = state(pairs[p].believed), actual = state(pairs[p].actual);
      for (std::size_t c = 0; c < cases.size(); ++c)
        for (std::size_t s = 0; s < strategies.size(); ++s) {
          const auto error =
              expected_error(cases[c], strategies[s], believed, actual, executor_for, truths[c],
                             options.shots, stream_id(pair_purpose, options.seed, done));
          errors.mean_squares(p, s) +=
              (error ? error->mean_square() : arma::datum::nan) / static_cast<double>(cases.size());
        }
      errors.states.emplace_back(pairs[p].believed, pairs[p].actual);
      days += pairs[p].days / static_cast<double>(pairs.size());
      ++done;
      if (progress) progress(done, total);
    }
    study.ages.push_back(summary(days, errors));
    errors_by_age.push_back(std::move(errors));
  }
  for (const Duel& duel : duels(errors_by_age, strategies.size()))
    if (auto flip = flip_of(duel, study)) study.flips.push_back(std::move(*flip));
  return study;
}

}  // namespace rhodrift
