#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/evaluate/calibration_age.hpp>

namespace rhodrift {

namespace {

constexpr double seconds_per_day = 86400.0;

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
std::vector<Pair> thinned(const std::vector<Pair>& pairs, std::size_t max_pairs) {
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
  for (std::vector<Pair>& pairs : by_age) pairs = thinned(pairs, max_pairs);
  std::erase_if(by_age, [](const std::vector<Pair>& pairs) { return pairs.empty(); });
  return by_age;
}

/// Mean and standard error over pairs.
Estimate over_pairs(const arma::vec& values) {
  const auto n = static_cast<double>(values.n_elem);
  if (values.n_elem < 2) return normal_estimate(arma::mean(values), 0.0, "mean over pairs");
  return student_estimate(arma::mean(values), arma::stddev(values) / std::sqrt(n),
                          values.n_elem - 1, "mean over pairs");
}

Estimate root(const Estimate& mean_square) {
  const double value = std::sqrt(mean_square.value);
  return normal_estimate(value, value > 0.0 ? mean_square.std_error / (2.0 * value) : 0.0,
                         "expected error over pairs");
}

std::vector<AgeStudy::Flip> find_flips(const AgeStudy& study) {
  std::vector<AgeStudy::Flip> flips;
  const AgeStudy::Age& fresh = study.ages.front();
  for (std::size_t a = 0; a < study.strategies.size(); ++a)
    for (std::size_t b = 0; b < study.strategies.size(); ++b) {
      if (!(fresh.rmse[a].value < fresh.rmse[b].value)) continue;
      const auto flipped = std::ranges::find_if(study.ages, [&](const AgeStudy::Age& age) {
        return age.rmse[a].value > age.rmse[b].value;
      });
      if (flipped == study.ages.end()) continue;
      flips.push_back(
          {study.strategies[a], study.strategies[b], flipped->days,
           over_pairs(flipped->mean_square_by_pair.col(a) - flipped->mean_square_by_pair.col(b))});
    }
  return flips;
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

  const std::unique_ptr<Executor> noiseless = executor_for(nullptr);
  const auto by_age = pairs_by_age(series, edges_days, max_pairs);
  std::size_t total = 0, done = 0;
  for (const auto& pairs : by_age) total += pairs.size();
  AgeStudy study{series.device, {}, {}, {}};
  for (const Strategy& strategy : strategies) study.strategies.push_back(strategy.name);
  for (const std::vector<Pair>& pairs : by_age) {
    AgeStudy::Age age{0.0, pairs.size(), {}, arma::zeros(pairs.size(), strategies.size())};
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const NoiseModel believed = state(pairs[p].believed), actual = state(pairs[p].actual);
      for (std::size_t c = 0; c < cases.size(); ++c) {
        const Device device = cases[c].on(actual);
        const std::unique_ptr<Executor> executor = executor_for(&device);
        for (std::size_t s = 0; s < strategies.size(); ++s) {
          const double rmse = expected_error(cases[c], strategies[s], believed, *executor,
                                             *noiseless, truths[c], options.shots, options.seed)
                                  .rmse();
          age.mean_square_by_pair(p, s) += rmse * rmse / static_cast<double>(cases.size());
        }
      }
      age.days += pairs[p].days / static_cast<double>(pairs.size());
      if (progress) progress(++done, total);
    }
    for (std::size_t s = 0; s < strategies.size(); ++s)
      age.rmse.push_back(root(over_pairs(age.mean_square_by_pair.col(s))));
    study.ages.push_back(std::move(age));
  }
  study.flips = find_flips(study);
  return study;
}

}  // namespace rhodrift
