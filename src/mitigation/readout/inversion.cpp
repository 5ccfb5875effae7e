#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/calibration_error.hpp"
#include "mitigation/readout/conditioning.hpp"
#include "mitigation/readout/product_matrix.hpp"
#include "mitigation/readout/read_bits.hpp"

namespace rhodrift::readout {

namespace {

ProductMatrix inverse(const ReadoutError& error) {
  return {require_groups_conditioned(error),
          [](const arma::mat& a) { return arma::mat(arma::inv(a)); }};
}

/// A^-T applied to the parity of a mask: a product of one table a group and, over the bits in no
/// group, their parity. A^-T 1 = 1, so a group without a bit of the mask has no part in it.
class InvertedParity {
 public:
  InvertedParity(const ProductMatrix& inverse_confusion, const BitMask& mask);

  double operator()(OutcomeBits outcome) const {
    double value = parity(outcome, ungrouped_);
    for (const Table& table : tables_) value *= table.values(group_index(*table.bits, outcome));
    return value;
  }
  /// Adds `coefficient` times the derivative of the average over the outcomes: for a group with
  /// table t, -t wᵀ, where w(p) = Σ_r f_r A_g^-1(p, m_r) · (the other factors at outcome r).
  void add_derivative(double coefficient, const ProductMatrix& inverse_confusion,
                      const Outcomes& outcomes, ConfusionDerivative& derivative) const;

 private:
  struct Table {
    std::size_t group;
    const std::vector<int>* bits;  // the inverse's, which outlives this
    arma::vec values;
  };
  std::vector<Table> tables_;
  BitMask ungrouped_;
};

InvertedParity::InvertedParity(const ProductMatrix& inverse_confusion, const BitMask& mask)
    : ungrouped_(mask) {
  for (std::size_t g = 0; g < inverse_confusion.factors().size(); ++g) {
    const ProductMatrix::Factor& factor = inverse_confusion.factors()[g];
    for (const int bit : factor.bits)
      ungrouped_[static_cast<std::size_t>(bit) / 64] &= ~(std::uint64_t{1} << (bit % 64));
    const arma::uword local_mask = group_index(factor.bits, mask);
    if (local_mask == 0) continue;
    arma::vec local_parity(factor.matrix.n_rows);
    for (arma::uword m = 0; m < local_parity.n_elem; ++m)
      local_parity(m) = std::popcount(m & local_mask) % 2 == 0 ? 1.0 : -1.0;
    tables_.push_back({g, &factor.bits, factor.matrix.t() * local_parity});
  }
}

void InvertedParity::add_derivative(double coefficient, const ProductMatrix& inverse_confusion,
                                    const Outcomes& outcomes,
                                    ConfusionDerivative& derivative) const {
  std::vector<arma::vec> others;  // by table: Σ f_r · (the other factors) where the group reads m
  for (const Table& table : tables_) others.push_back(arma::zeros(table.values.n_elem));
  std::vector<arma::uword> index(tables_.size());
  std::vector<double> before(tables_.size() + 1);  // products of the factors before each table
  for (std::size_t r = 0; r < outcomes.size(); ++r) {
    const OutcomeBits outcome = outcomes.outcome(r);
    before[0] = outcomes.frequency[r] * parity(outcome, ungrouped_);
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      index[t] = group_index(*tables_[t].bits, outcome);
      before[t + 1] = before[t] * tables_[t].values(index[t]);
    }
    double after = 1.0;
    for (std::size_t t = tables_.size(); t-- > 0;) {
      others[t](index[t]) += before[t] * after;
      after *= tables_[t].values(index[t]);
    }
  }
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    const std::size_t g = tables_[t].group;
    const arma::vec w = inverse_confusion.factors()[g].matrix * others[t];
    const arma::mat one_term = -coefficient * tables_[t].values * w.t();
    derivative[g] = derivative[g].empty() ? one_term : arma::mat(derivative[g] + one_term);
  }
}

std::vector<ConfusionDerivative> derivatives(const ProductMatrix& inverse_confusion,
                                             const Outcomes& outcomes,
                                             std::span<const Observable> observables) {
  std::vector<ConfusionDerivative> result;
  for (const Observable& observable : observables) {
    result.emplace_back(inverse_confusion.factors().size());
    for (const Observable::Term& term : observable.terms())
      InvertedParity(inverse_confusion, parity_mask(term.pauli, outcomes.n_words()))
          .add_derivative(term.coefficient, inverse_confusion, outcomes, result.back());
  }
  return result;
}

}  // namespace

Plan construct(std::shared_ptr<const Circuit> circuit, std::uint64_t shots) {
  Job job;
  job.circuit = std::move(circuit);
  job.shots = shots;
  return {{std::move(job)}};
}

ExpectationEstimator inversion(const MeasuredReadout& measured) {
  measured.validate();
  const auto inverse_confusion = std::make_shared<const ProductMatrix>(inverse(measured.error));
  const auto estimate = [=](const Outcomes& outcomes, std::span<const Observable> observables) {
    require_averageable(outcomes, observables);
    require_bits_read(measured.error, outcomes);
    const auto term_function = [&](const BitMask& mask) {
      return InvertedParity(*inverse_confusion, mask);
    };
    CalibratedEstimate result;
    result.own = multinomial_average(outcomes, tabulate(outcomes, observables, term_function));
    if (!measured.exact())
      result.derivatives = derivatives(*inverse_confusion, outcomes, observables);
    return result;
  };
  return calibrated_estimator("readout/inversion", measured, estimate);
}

ExpectationEstimator inversion(const ReadoutError& error) {
  return inversion(MeasuredReadout{error, {}});
}

double inversion_overhead(const ReadoutError& error) {
  const ProductMatrix inverse_confusion = inverse(error);
  double gamma = 1.0;
  for (const ProductMatrix::Factor& factor : inverse_confusion.factors())
    gamma *= arma::norm(factor.matrix, 1);
  return gamma * gamma;
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
