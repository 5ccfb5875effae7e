#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/calibration_error.hpp"
#include "mitigation/readout/product_matrix.hpp"
#include "mitigation/readout/read_bits.hpp"
#include "mitigation/readout/simplex_least_squares.hpp"

namespace rhodrift::readout {

namespace {

/// Only the entries of `values` that belong to seen outcomes, in their order.
arma::vec at_seen_outcomes(const arma::vec& values, const Outcomes& outcomes) {
  arma::vec seen(outcomes.size());
  for (std::size_t r = 0; r < outcomes.size(); ++r) seen(r) = values(outcomes.number(r));
  return seen;
}

/// How d<o> depends on dA: (f - A p) uᵀ - (A u) pᵀ as one 2^n x 2^n matrix, here by groups.
ConfusionDerivative derivative(const MeasuredReadout& measured, const arma::vec& frequencies,
                               const arma::vec& misread_optimum,
                               const SimplexLeastSquares::Response& response) {
  ConfusionDerivative result;
  add_product_derivative(measured, frequencies - misread_optimum, response.influence, result);
  add_product_derivative(measured, -response.influence, misread_optimum, result);
  return result;
}

CalibratedEstimate least_squares_estimate(const SimplexLeastSquares& problem,
                                          const MeasuredReadout& measured, const Outcomes& outcomes,
                                          std::span<const Observable> observables) {
  const arma::vec frequencies = dense_frequencies(outcomes, max_least_squares_bits);
  const SimplexLeastSquares::Minimum minimum = problem.minimise(frequencies);
  const arma::vec misread_optimum = problem.confusion() * minimum.distribution;
  const arma::uvec& support = minimum.face.support();
  const arma::mat diagonals = tabulate(numbered_outcomes(support), observables);
  CalibratedEstimate result;
  arma::mat influence(outcomes.size(), observables.size());
  for (arma::uword k = 0; k < observables.size(); ++k) {
    const SimplexLeastSquares::Response response = problem.response(minimum, diagonals.col(k));
    influence.col(k) = at_seen_outcomes(response.influence, outcomes);
    if (!measured.exact())
      result.derivatives.push_back(derivative(measured, frequencies, misread_optimum, response));
  }
  result.own = {diagonals.t() * minimum.distribution.elem(support),
                multinomial_average(outcomes, influence).covariance};
  return result;
}

}  // namespace

ExpectationEstimator least_squares(const MeasuredReadout& measured) {
  measured.validate();
  const auto problem = std::make_shared<const SimplexLeastSquares>(measured.error);
  const auto estimate = [=](const Outcomes& outcomes, std::span<const Observable> observables) {
    require_averageable(outcomes, observables);
    require_bits_read(measured.error, outcomes);
    return least_squares_estimate(*problem, measured, outcomes, observables);
  };
  return calibrated_estimator("readout/least-squares", measured, estimate);
}

ExpectationEstimator least_squares(const ReadoutError& error) {
  return least_squares(MeasuredReadout{error, {}});
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
