#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout.hpp>

#include "mitigation/conditioning.hpp"
#include "mitigation/outcome_average.hpp"
#include "mitigation/product_matrix.hpp"
#include "mitigation/simplex_least_squares.hpp"

namespace rhodrift::readout {

namespace {

void require_bits_read(const ReadoutError& error, const Outcomes& outcomes) {
  for (const ConfusionMatrix& group : error)
    for (const int bit : group.bits)
      if (bit >= outcomes.n_bits)
        throw InputError("readout error", "",
                         fmt::format("bit {} is outside 0..{}", bit, outcomes.n_bits - 1));
}

/// The frequencies of all 2^n outcomes.
arma::vec dense_frequencies(const Outcomes& outcomes, int max_bits) {
  require_averageable(outcomes, {});
  if (outcomes.n_bits > max_bits)
    throw InputError("outcomes", "",
                     fmt::format("{} bits are more than the {} that a distribution over all "
                                 "outcomes is made for",
                                 outcomes.n_bits, max_bits));
  arma::vec frequencies(arma::uword{1} << outcomes.n_bits, arma::fill::zeros);
  for (const auto& [bits, share] : outcomes.frequency) frequencies(bits) = share;
  return frequencies;
}

std::vector<double> to_std(const arma::vec& values) {
  return {values.begin(), values.end()};
}

ProductMatrix inverse(const ReadoutError& error) {
  return {require_groups_conditioned(error),
          [](const arma::mat& a) { return arma::mat(arma::inv(a)); }};
}

/// A^-T applied to the parity of `mask`: a product of one table a group and, over the bits in no
/// group, their parity. A^-T 1 = 1, so a group without a bit of the mask has no part in it.
OutcomeFunction inverted_parity(const ProductMatrix& inverse_confusion, Bitstring mask) {
  struct Table {
    std::vector<int> bits;
    arma::vec values;
  };
  std::vector<Table> tables;
  Bitstring ungrouped = mask;
  for (const ProductMatrix::Factor& factor : inverse_confusion.factors()) {
    for (const int bit : factor.bits) ungrouped &= ~(Bitstring{1} << bit);
    const arma::uword local_mask = group_index(factor.bits, mask);
    if (local_mask == 0) continue;
    arma::vec local_parity(factor.matrix.n_rows);
    for (arma::uword m = 0; m < local_parity.n_elem; ++m) local_parity(m) = parity(m, local_mask);
    tables.push_back({factor.bits, factor.matrix.t() * local_parity});
  }
  return [tables = std::move(tables), ungrouped](Bitstring outcome) {
    double value = parity(outcome, ungrouped);
    for (const Table& table : tables) value *= table.values(group_index(table.bits, outcome));
    return value;
  };
}

double diagonal_entry(const Observable& observable, Bitstring outcome) {
  double value = 0.0;
  for (const Observable::Term& term : observable.terms())
    value += term.coefficient * parity(outcome, parity_mask(term.pauli));
  return value;
}

/// Only the entries of `values` that belong to seen outcomes, in their order.
arma::vec at_seen_outcomes(const arma::vec& values, const Outcomes& outcomes) {
  arma::vec seen(outcomes.frequency.size());
  arma::uword row = 0;
  for (const auto& [bits, share] : outcomes.frequency) seen(row++) = values(bits);
  return seen;
}

JointEstimate least_squares_estimate(const SimplexLeastSquares& problem, const Outcomes& outcomes,
                                     std::span<const Observable> observables) {
  const SimplexLeastSquares::Minimum minimum =
      problem.minimise(dense_frequencies(outcomes, max_least_squares_bits));
  const arma::uvec& support = minimum.face.support();
  const arma::vec on_support = minimum.distribution.elem(support);
  arma::vec values(observables.size());
  arma::mat influence(outcomes.frequency.size(), observables.size());
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

Plan construct(std::shared_ptr<const Circuit> circuit, std::uint64_t shots) {
  Job job;
  job.circuit = std::move(circuit);
  job.shots = shots;
  return {{std::move(job)}};
}

ExpectationEstimator inversion(const ReadoutError& error) {
  const auto estimate = [error, inverse_confusion = inverse(error)](
                            const Outcomes& outcomes, std::span<const Observable> observables) {
    require_averageable(outcomes, observables);
    require_bits_read(error, outcomes);
    const auto term_function = [&](Bitstring mask) {
      return inverted_parity(inverse_confusion, mask);
    };
    return multinomial_average(outcomes, tabulate(outcomes, observables, term_function));
  };
  return {"readout/inversion", estimate};
}

ExpectationEstimator least_squares(const ReadoutError& error) {
  const auto estimate = [error, problem = SimplexLeastSquares(error)](
                            const Outcomes& outcomes, std::span<const Observable> observables) {
    require_averageable(outcomes, observables);
    require_bits_read(error, outcomes);
    return least_squares_estimate(problem, outcomes, observables);
  };
  return {"readout/least-squares", estimate};
}

std::vector<double> least_squares_distribution(const ReadoutError& error,
                                               const Outcomes& outcomes) {
  const SimplexLeastSquares problem(error);
  require_bits_read(error, outcomes);
  return to_std(problem.minimise(dense_frequencies(outcomes, max_least_squares_bits)).distribution);
}

std::vector<double> inverted_distribution(const ReadoutError& error, const Outcomes& outcomes) {
  const ProductMatrix inverse_confusion = inverse(error);
  require_bits_read(error, outcomes);
  return to_std(inverse_confusion * dense_frequencies(outcomes, max_distribution_bits));
}

std::vector<Estimate> combine(const Plan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  if (plan.jobs.size() != 1)
    throw InputError("plan", "",
                     fmt::format("{} circuits; readout mitigation runs one", plan.jobs.size()));
  plan.require_matching(outcomes);
  const JointEstimate joint = estimator.estimate(outcomes[0], observables);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < observables.size(); ++k) {
    estimates.push_back(
        normal_estimate(joint.values(k), std::sqrt(joint.covariance(k, k)), estimator.method));
    estimates.back().shots = outcomes[0].shots;
    estimates.back().circuits = 1;
  }
  return estimates;
}

}  // namespace rhodrift::readout
