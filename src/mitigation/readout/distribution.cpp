#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/distribution.hpp>

namespace rhodrift::readout {

namespace {

Outcomes without_zeros(const Outcomes& outcomes) {
  Outcomes result;
  result.n_bits = outcomes.n_bits;
  for (std::size_t r = 0; r < outcomes.size(); ++r) {
    if (outcomes.frequency[r] == 0.0) continue;
    const auto words = outcomes.outcome(r);
    result.words.insert(result.words.end(), words.begin(), words.end());
    result.frequency.push_back(outcomes.frequency[r]);
  }
  return result;
}

}  // namespace

Outcomes quasi_distribution(const Outcomes& rows, const arma::vec& weights) {
  if (weights.n_elem != rows.size())
    throw InputError("quasi-distribution", "",
                     fmt::format("{} weights for {} outcomes", weights.n_elem, rows.size()));
  if (!weights.is_finite())
    throw InputError("quasi-distribution", "", "a weight is not a finite number");
  Outcomes quasi = rows;
  quasi.shots = 0;
  quasi.frequency.assign(weights.begin(), weights.end());
  return quasi;
}

double negativity(const Outcomes& quasi) {
  double sum = 0.0;
  for (const double weight : quasi.frequency) sum += std::max(-weight, 0.0);
  return sum;
}

arma::vec closest_distribution(const arma::vec& v) {
  const arma::vec descending = arma::sort(v, "descend");
  double sum = 0.0, threshold = 0.0;
  for (arma::uword k = 0; k < descending.n_elem; ++k) {
    sum += descending(k);
    const double candidate = (sum - 1.0) / static_cast<double>(k + 1);
    if (descending(k) <= candidate) break;
    threshold = candidate;
  }
  return arma::clamp(v - threshold, 0.0, arma::datum::inf);
}

Projection closest_distribution(const Outcomes& quasi, std::span<const Observable> observables) {
  const arma::vec before = raw_expectations(quasi, observables).values;
  const arma::vec weights(quasi.frequency);
  const arma::vec projected = closest_distribution(weights);
  Outcomes distribution = without_zeros(quasi_distribution(quasi, projected));
  const arma::vec after = raw_expectations(distribution, observables).values;
  return {std::move(distribution), arma::norm(projected - weights), after - before};
}

}  // namespace rhodrift::readout
