#include <bit>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/expectations.hpp>

#include "mitigation/outcome_average.hpp"

namespace rhodrift {

void require_averageable(const Outcomes& outcomes, std::span<const Observable> observables) {
  if (outcomes.frequency.empty()) throw InputError("outcomes", "", "there are none");
  const Bitstring highest = outcomes.frequency.rbegin()->first;
  if (static_cast<int>(std::bit_width(highest)) > outcomes.n_bits)
    throw InputError("outcomes", "",
                     fmt::format("outcome {} does not fit in {} bits", highest, outcomes.n_bits));
  for (const Observable& observable : observables) {
    const std::string source = "observable " + observable.to_string();
    if (!observable.is_diagonal())
      throw InputError(source, "", "is not diagonal; measure in a rotated basis first");
    if (observable.min_qubits() > outcomes.n_bits)
      throw InputError(
          source, "",
          fmt::format("bit {} is outside 0..{}", observable.min_qubits() - 1, outcomes.n_bits - 1));
  }
}

Bitstring parity_mask(const PauliString& pauli) {
  Bitstring mask = 0;
  for (const PauliString::Factor& factor : pauli.factors()) mask |= Bitstring{1} << factor.qubit;
  return mask;
}

double parity(Bitstring bits, Bitstring mask) {
  return std::popcount(bits & mask) % 2 == 0 ? 1.0 : -1.0;
}

arma::mat tabulate(const Outcomes& outcomes, std::span<const Observable> observables,
                   const std::function<OutcomeFunction(Bitstring mask)>& term_function) {
  arma::mat table(outcomes.frequency.size(), observables.size(), arma::fill::zeros);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms()) {
      const OutcomeFunction function = term_function(parity_mask(term.pauli));
      arma::uword row = 0;
      for (const auto& [bits, share] : outcomes.frequency)
        table(row++, k) += term.coefficient * function(bits);
    }
  return table;
}

JointEstimate multinomial_average(const Outcomes& outcomes, const arma::mat& functions) {
  arma::vec frequency(outcomes.frequency.size());
  arma::uword row = 0;
  for (const auto& [bits, share] : outcomes.frequency) frequency(row++) = share;

  JointEstimate estimate;
  estimate.values = functions.t() * frequency;
  estimate.covariance.zeros(functions.n_cols, functions.n_cols);
  if (outcomes.exact()) return estimate;
  // Centred first: <g²> - <g>² would cancel, and might turn out negative.
  const arma::mat centred = functions.each_row() - estimate.values.t();
  estimate.covariance = centred.t() * (centred.each_col() % frequency);
  estimate.covariance /= static_cast<double>(outcomes.shots);
  return estimate;
}

JointEstimate raw_expectations(const Outcomes& outcomes, std::span<const Observable> observables) {
  require_averageable(outcomes, observables);
  const auto parity_of = [](Bitstring mask) {
    return [mask](Bitstring bits) { return parity(bits, mask); };
  };
  return multinomial_average(outcomes, tabulate(outcomes, observables, parity_of));
}

ExpectationEstimator raw_estimator() {
  return {"raw", raw_expectations};
}

}  // namespace rhodrift
