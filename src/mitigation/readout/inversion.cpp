#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/conditioning.hpp"
#include "mitigation/readout/product_matrix.hpp"
#include "mitigation/readout/read_bits.hpp"

namespace rhodrift::readout {

namespace {

ProductMatrix inverse(const ReadoutError& error) {
  return {require_groups_conditioned(error),
          [](const arma::mat& a) { return arma::mat(arma::inv(a)); }};
}

/// A^-T applied to the parity of `mask`: a product of one table a group and, over the bits in no
/// group, their parity. A^-T 1 = 1, so a group without a bit of the mask has no part in it.
OutcomeFunction inverted_parity(const ProductMatrix& inverse_confusion, const BitMask& mask) {
  struct Table {
    std::vector<int> bits;
    arma::vec values;
  };
  std::vector<Table> tables;
  BitMask ungrouped = mask;
  for (const ProductMatrix::Factor& factor : inverse_confusion.factors()) {
    for (const int bit : factor.bits)
      ungrouped[static_cast<std::size_t>(bit) / 64] &= ~(std::uint64_t{1} << (bit % 64));
    const arma::uword local_mask = group_index(factor.bits, mask);
    if (local_mask == 0) continue;
    arma::vec local_parity(factor.matrix.n_rows);
    for (arma::uword m = 0; m < local_parity.n_elem; ++m)
      local_parity(m) = std::popcount(m & local_mask) % 2 == 0 ? 1.0 : -1.0;
    tables.push_back({factor.bits, factor.matrix.t() * local_parity});
  }
  return [tables = std::move(tables), ungrouped](OutcomeBits outcome) {
    double value = parity(outcome, ungrouped);
    for (const Table& table : tables) value *= table.values(group_index(table.bits, outcome));
    return value;
  };
}

}  // namespace

Plan construct(std::shared_ptr<const Circuit> circuit, std::uint64_t shots) {
  Job job;
  job.circuit = std::move(circuit);
  job.shots = shots;
  return {{std::move(job)}};
}

ExpectationEstimator inversion(const ReadoutError& error) {
  auto estimate = [error, inverse_confusion = inverse(error)](
                      const Outcomes& outcomes, std::span<const Observable> observables) {
    require_averageable(outcomes, observables);
    require_bits_read(error, outcomes);
    const auto term_function = [&](const BitMask& mask) {
      return inverted_parity(inverse_confusion, mask);
    };
    return multinomial_average(outcomes, tabulate(outcomes, observables, term_function));
  };
  return independent_estimator("readout/inversion", estimate);
}

std::vector<double> inverted_distribution(const ReadoutError& error, const Outcomes& outcomes) {
  const ProductMatrix inverse_confusion = inverse(error);
  require_bits_read(error, outcomes);
  const arma::vec quasi = inverse_confusion * dense_frequencies(outcomes, max_distribution_bits);
  return {quasi.begin(), quasi.end()};
}

std::vector<Estimate> combine(const Plan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  if (plan.jobs.size() != 1)
    throw InputError("plan", "",
                     fmt::format("{} circuits; readout mitigation runs one", plan.jobs.size()));
  plan.require_matching(outcomes);
  const JointEstimate joint = estimator(outcomes[0], observables);
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
