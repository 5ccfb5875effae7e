#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/distribution.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/calibration_error.hpp"
#include "mitigation/readout/conditioning.hpp"
#include "mitigation/readout/read_bits.hpp"
#include "mitigation/readout/unfolding_matrix.hpp"

namespace rhodrift::readout {

namespace {

/// The steps that were done: before[t] is p before step t, read[t] = A before[t].
struct Steps {
  std::vector<arma::vec> before;
  std::vector<arma::vec> read;
  arma::vec distribution;
  double last_change = 0.0;
};

/// Without the outcomes that rounding left at a frequency of 0 or a little less in exact ones.
Outcomes seen_only(const Outcomes& outcomes) {
  constexpr double largest_rounding = 1e-9;
  Outcomes seen = outcomes;
  seen.words.clear();
  seen.frequency.clear();
  for (std::size_t r = 0; r < outcomes.size(); ++r) {
    const double frequency = outcomes.frequency[r];
    if (!(frequency >= -largest_rounding))
      throw InputError("outcomes", outcomes.text(r),
                       fmt::format("has frequency {}, unfolding takes none below 0", frequency));
    if (frequency <= 0.0) continue;
    const OutcomeBits words = outcomes.outcome(r);
    seen.words.insert(seen.words.end(), words.begin(), words.end());
    seen.frequency.push_back(frequency);
  }
  return seen;
}

/// f / A p, and 0 where nothing was seen.
arma::vec seen_to_expected(const UnfoldingMatrix& matrix, const arma::vec& read) {
  arma::vec ratio(read.n_elem, arma::fill::zeros);
  for (const arma::uword row : matrix.seen_rows()) {
    if (!(read(row) > 0.0))
      throw InputError("outcomes", "",
                       "one was seen that, by the confusion matrices, is never read");
    ratio(row) = matrix.frequencies()(row) / read(row);
  }
  return ratio;
}

Steps run_steps(const UnfoldingMatrix& matrix, const UnfoldingStop& stop) {
  Steps steps;
  const arma::uword n_columns = matrix.columns().size();
  steps.distribution = arma::vec(n_columns).fill(1.0 / static_cast<double>(n_columns));
  for (int i = 0; i < stop.iterations; ++i) {
    steps.before.push_back(steps.distribution);
    steps.read.push_back(matrix.times(steps.distribution));
    steps.distribution %= matrix.transposed_times(seen_to_expected(matrix, steps.read.back()));
    steps.last_change = arma::norm(steps.distribution - steps.before.back(), 1);
    if (steps.last_change < stop.tolerance) break;
  }
  return steps;
}

/// How oᵀp of the last step depends on f (by row) and on A, dv = Σ_i x_iᵀ dA y_i.
struct Sensitivity {
  arma::vec frequencies;
  arma::mat x, y;
};

/// Backwards through the steps. With s = A p, q = f/s, w = Aᵀq and λ = dv/dp after a step, the step
/// p' = p ∘ w gives, for μ = p ∘ λ and z = A μ,
///   dv/df += z/s,  dv/dA += q μᵀ - (z ∘ f/s²) pᵀ,  dv/dp = w ∘ λ - Aᵀ(z ∘ f/s²).
Sensitivity sensitivity(const UnfoldingMatrix& matrix, const Steps& steps, arma::vec lambda) {
  Sensitivity result;
  const arma::uword n_rows = matrix.frequencies().n_elem, n_steps = steps.before.size();
  result.frequencies.zeros(n_rows);
  result.x.set_size(n_rows, 2 * n_steps);
  result.y.set_size(lambda.n_elem, 2 * n_steps);
  for (arma::uword t = n_steps; t-- > 0;) {
    const arma::vec &p = steps.before[t], &s = steps.read[t];
    const arma::vec q = seen_to_expected(matrix, s);
    const arma::vec mu = p % lambda;
    const arma::vec z = matrix.times(mu);
    arma::vec z_over_s(n_rows, arma::fill::zeros);
    for (const arma::uword row : matrix.seen_rows()) z_over_s(row) = z(row) / s(row);
    result.frequencies += z_over_s;
    result.x.col(2 * t) = q;
    result.y.col(2 * t) = mu;
    result.x.col(2 * t + 1) = -(z_over_s % q);
    result.y.col(2 * t + 1) = p;
    lambda = matrix.transposed_times(q) % lambda - matrix.transposed_times(z_over_s % q);
  }
  return result;
}

CalibratedEstimate unfolded_estimate(const MeasuredReadout& measured, const UnfoldingStop& stop,
                                     const Outcomes& outcomes,
                                     std::span<const Observable> observables) {
  const Outcomes seen = seen_only(outcomes);
  const auto matrix = unfolding_matrix(measured, seen);
  const Steps steps = run_steps(*matrix, stop);
  const arma::mat diagonals = tabulate(matrix->columns(), observables);
  CalibratedEstimate result;
  arma::mat influence(seen.size(), observables.size());
  for (arma::uword k = 0; k < observables.size(); ++k) {
    const Sensitivity sensitive = sensitivity(*matrix, steps, diagonals.col(k));
    influence.col(k) = sensitive.frequencies.elem(matrix->seen_rows());
    if (!measured.exact())
      result.derivatives.push_back(matrix->derivative(sensitive.x, sensitive.y));
  }
  result.own = {diagonals.t() * steps.distribution,
                multinomial_average(seen, influence).covariance};
  return result;
}

void require_stop(const UnfoldingStop& stop) {
  if (stop.iterations < 1 || stop.iterations > max_unfolding_iterations)
    throw InputError("unfolding", "iterations",
                     fmt::format("{} is outside 1..{}", stop.iterations, max_unfolding_iterations));
  if (!(stop.tolerance >= 0.0))
    throw InputError("unfolding", "tolerance", fmt::format("{} is not >= 0", stop.tolerance));
}

}  // namespace

Unfolded unfold(const ReadoutError& error, const Outcomes& outcomes, const UnfoldingStop& stop) {
  require_stop(stop);
  const MeasuredReadout measured{require_groups_conditioned(error), {}};
  require_averageable(outcomes, {});
  require_bits_read(error, outcomes);
  const auto matrix = unfolding_matrix(measured, seen_only(outcomes));
  const Steps steps = run_steps(*matrix, stop);
  return {quasi_distribution(matrix->columns(), steps.distribution),
          static_cast<int>(steps.before.size()), steps.last_change};
}

ExpectationEstimator unfolding(const MeasuredReadout& measured, const UnfoldingStop& stop) {
  require_stop(stop);
  measured.validate();
  require_groups_conditioned(measured.error);
  const auto estimate = [=](const Outcomes& outcomes, std::span<const Observable> observables) {
    require_averageable(outcomes, observables);
    require_bits_read(measured.error, outcomes);
    return unfolded_estimate(measured, stop, outcomes, observables);
  };
  return calibrated_estimator("readout/unfolding", measured, estimate);
}

}  // namespace rhodrift::readout
