#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/expectations.hpp>

#include "mitigation/outcome_average.hpp"

namespace rhodrift {

void require_bits(const Observable& observable, int n_bits) {
  if (observable.min_qubits() > n_bits)
    throw InputError(
        "observable " + observable.to_string(), "",
        fmt::format("bit {} is outside 0..{}", observable.min_qubits() - 1, n_bits - 1));
}

void require_readable(std::span<const Observable> observables, int n_bits) {
  for (const Observable& observable : observables) {
    if (!observable.is_diagonal())
      throw InputError("observable " + observable.to_string(), "",
                       "is not diagonal; measure in a rotated basis first");
    require_bits(observable, n_bits);
  }
}

void require_averageable(const Outcomes& outcomes, std::span<const Observable> observables) {
  if (outcomes.size() == 0) throw InputError("outcomes", "", "there are none");
  require_readable(observables, outcomes.n_bits);
}

arma::mat tabulate(const Outcomes& outcomes, std::span<const Observable> observables,
                   const std::function<OutcomeFunction(const BitMask& mask)>& term_function) {
  arma::mat table(outcomes.size(), observables.size(), arma::fill::zeros);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms()) {
      const OutcomeFunction function = term_function(parity_mask(term.pauli, outcomes.n_words()));
      for (std::size_t r = 0; r < outcomes.size(); ++r)
        table(r, k) += term.coefficient * function(outcomes.outcome(r));
    }
  return table;
}

JointEstimate multinomial_average(const Outcomes& outcomes, const arma::mat& functions) {
  const arma::vec frequency(outcomes.frequency);
  JointEstimate estimate;
  estimate.values = functions.t() * frequency;
  // Shots that all agree have that value, and no variance: frequencies add up to 1 with a rounding
  // error, of which a variance of 1e-34 would remain and weigh as if the value were exact.
  for (arma::uword k = 0; k < functions.n_cols; ++k)
    if (functions.col(k).min() == functions.col(k).max()) estimate.values(k) = functions(0, k);
  estimate.covariance.zeros(functions.n_cols, functions.n_cols);
  if (outcomes.exact()) return estimate;
  // Centred first: <g²> - <g>² would cancel, and might turn out negative.
  const arma::mat centred = functions.each_row() - estimate.values.t();
  estimate.covariance = centred.t() * (centred.each_col() % frequency);
  estimate.covariance /= std::max(static_cast<double>(outcomes.shots) - 1.0, 1.0);
  return estimate;
}

ExpectationEstimator independent_estimator(
    std::string method,
    std::function<JointEstimate(const Outcomes&, std::span<const Observable>)> estimate) {
  return {std::move(method), [estimate = std::move(estimate)](std::span<const Reading> readings) {
            ReadExpectations result;
            arma::uword n_values = 0;
            for (const Reading& reading : readings) {
              result.readings.push_back(estimate(reading.outcomes, reading.observables));
              n_values += reading.observables.size();
            }
            result.shared.zeros(n_values, 0);
            return result;
          }};
}

JointEstimate ReadExpectations::joint() const {
  JointEstimate whole;
  const arma::uword n_values = shared.n_rows;
  whole.values.set_size(n_values);
  whole.covariance = shared * shared.t();
  arma::uword first = 0;
  for (const JointEstimate& reading : readings) {
    if (reading.values.empty()) continue;
    const arma::span rows(first, first + reading.values.n_elem - 1);
    whole.values(rows) = reading.values;
    whole.covariance(rows, rows) += reading.covariance;
    first += reading.values.n_elem;
  }
  return whole;
}

ReadExpectations summed(const ReadExpectations& read, std::span<const std::size_t> n_readings) {
  ReadExpectations result;
  arma::uword row = 0;
  auto reading = read.readings.begin();
  for (const std::size_t n : n_readings) {
    const arma::uword n_values = reading->values.n_elem;
    JointEstimate sum{arma::vec(n_values, arma::fill::zeros),
                      arma::mat(n_values, n_values, arma::fill::zeros)};
    arma::mat shared(n_values, read.shared.n_cols, arma::fill::zeros);
    for (std::size_t i = 0; i < n; ++i, ++reading) {
      const arma::uword own = reading->values.n_elem;
      if (own == 0) continue;
      const arma::span all(0, own - 1);
      sum.values(all) += reading->values;
      sum.covariance(all, all) += reading->covariance;
      if (!shared.empty()) shared.head_rows(own) += read.shared.rows(row, row + own - 1);
      row += own;
    }
    result.readings.push_back(std::move(sum));
    result.shared = arma::join_cols(result.shared, shared);
  }
  return result;
}

namespace {

/// a_i/b for the values (a_0, …, b), and the matrix of its derivatives.
std::pair<arma::vec, arma::mat> ratios(const arma::vec& values, const std::string& denominator) {
  const arma::uword n = values.n_elem - 1;
  const double b = values(n);
  if (!(b > 0.0))
    throw RunError(
        fmt::format("{} is estimated as {}, not above 0; take more shots", denominator, b));
  const arma::vec ratio = values.head(n) / b;
  return {ratio, arma::join_rows(arma::eye(n, n), -ratio) / b};
}

}  // namespace

ReadExpectations divided_by_last(const ReadExpectations& read, const std::string& denominator) {
  ReadExpectations result;
  arma::uword first = 0;
  for (const JointEstimate& reading : read.readings) {
    const auto [ratio, derivative] = ratios(reading.values, denominator);
    result.readings.push_back({ratio, derivative * reading.covariance * derivative.t()});
    result.shared = arma::join_cols(
        result.shared, arma::mat(derivative * read.shared.rows(first, first + ratio.n_elem)));
    first += ratio.n_elem + 1;
  }
  return result;
}

JointEstimate ExpectationEstimator::operator()(const Outcomes& outcomes,
                                               std::span<const Observable> observables) const {
  const Reading reading{outcomes, observables};
  return estimate({&reading, 1}).joint();
}

JointEstimate raw_expectations(const Outcomes& outcomes, std::span<const Observable> observables) {
  require_averageable(outcomes, observables);
  return multinomial_average(outcomes, tabulate(outcomes, observables));
}

ExpectationEstimator raw_estimator() {
  return independent_estimator("raw", raw_expectations);
}

}  // namespace rhodrift
