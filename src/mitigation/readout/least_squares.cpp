#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/read_bits.hpp"
#include "mitigation/readout/simplex_least_squares.hpp"

namespace rhodrift::readout {

namespace {

double diagonal_entry(const Observable& observable, Bitstring outcome) {
  double value = 0.0;
  for (const Observable::Term& term : observable.terms())
    value += term.coefficient * parity({&outcome, 1}, parity_mask(term.pauli, 1));
  return value;
}

/// Only the entries of `values` that belong to seen outcomes, in their order.
arma::vec at_seen_outcomes(const arma::vec& values, const Outcomes& outcomes) {
  arma::vec seen(outcomes.size());
  for (std::size_t r = 0; r < outcomes.size(); ++r) seen(r) = values(outcomes.number(r));
  return seen;
}

JointEstimate least_squares_estimate(const SimplexLeastSquares& problem, const Outcomes& outcomes,
                                     std::span<const Observable> observables) {
  const SimplexLeastSquares::Minimum minimum =
      problem.minimise(dense_frequencies(outcomes, max_least_squares_bits));
  const arma::uvec& support = minimum.face.support();
  const arma::vec on_support = minimum.distribution.elem(support);
  arma::vec values(observables.size());
  arma::mat influence(outcomes.size(), observables.size());
  for (arma::uword k = 0; k < observables.size(); ++k) {
    arma::vec diagonal(support.n_elem);
    for (arma::uword i = 0; i < support.n_elem; ++i)
      diagonal(i) = diagonal_entry(observables[k], support(i));
    values(k) = arma::dot(diagonal, on_support);
    influence.col(k) = at_seen_outcomes(problem.influence(minimum, diagonal), outcomes);
  }
  return {values, multinomial_average(outcomes, influence).covariance};
}

}  // namespace

ExpectationEstimator least_squares(const ReadoutError& error) {
  const auto estimate = [error, problem = SimplexLeastSquares(error)](
                            const Outcomes& outcomes, std::span<const Observable> observables) {
    require_averageable(outcomes, observables);
    require_bits_read(error, outcomes);
    return least_squares_estimate(problem, outcomes, observables);
  };
  return independent_estimator("readout/least-squares", estimate);
}

std::vector<double> least_squares_distribution(const ReadoutError& error,
                                               const Outcomes& outcomes) {
  const SimplexLeastSquares problem(error);
  require_bits_read(error, outcomes);
  const arma::vec distribution =
      problem.minimise(dense_frequencies(outcomes, max_least_squares_bits)).distribution;
  return {distribution.begin(), distribution.end()};
}

}  // namespace rhodrift::readout
