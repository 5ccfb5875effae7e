#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/ctmp.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/calibration_error.hpp"
#include "mitigation/readout/string_space.hpp"

namespace rhodrift::readout {

namespace {

std::vector<Bitstring> strings_of(std::span<const Observable> observables) {
  std::vector<Bitstring> strings;
  for (const Observable& observable : observables)
    for (const Observable::Term& term : observable.terms())
      strings.push_back(parity_mask(term.pauli, 1)[0]);
  return strings;
}

/// A column an observable: its coefficients in the space's strings.
arma::mat coefficients(const StringSpace& space, std::span<const Observable> observables) {
  arma::mat result(space.strings().size(), observables.size(), arma::fill::zeros);
  for (arma::uword k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms())
      result(space.index(parity_mask(term.pauli, 1)[0]), k) += term.coefficient;
  return result;
}

/// By outcome and observable: Σ_S coefficient Z_S.
arma::mat tabulate_strings(const StringSpace& space, const arma::mat& coefficients,
                           const Outcomes& outcomes) {
  arma::mat table(outcomes.size(), coefficients.n_cols, arma::fill::zeros);
  for (arma::uword s = 0; s < space.strings().size(); ++s) {
    const BitMask mask{space.strings()[s]};
    arma::vec signs(outcomes.size());
    for (std::size_t r = 0; r < outcomes.size(); ++r) signs(r) = parity(outcomes.outcome(r), mask);
    for (arma::uword k = 0; k < table.n_cols; ++k) table.col(k) += coefficients(s, k) * signs;
  }
  return table;
}

/// By string: its average over the outcomes.
arma::vec string_averages(const StringSpace& space, const Outcomes& outcomes) {
  arma::vec averages(space.strings().size(), arma::fill::zeros);
  for (arma::uword s = 0; s < averages.n_elem; ++s)
    averages(s) = average_parity(outcomes, {space.strings()[s]});
  return averages;
}

/// A row an observable, a column a generator: d<o>/dr_i = -∫_0^1 b(1-s)ᵀ G_iᵀ a(s) ds with
/// a(s) = e^(-s Gᵀ) o and b(t) = e^(-t G) of the strings' averages, by Simpson's rule.
arma::mat rate_derivatives(const StringSpace& space, const arma::mat& observables,
                           const arma::vec& averages) {
  arma::mat result;
  for (const auto& [s, weight] : {std::pair(0.0, 1.0 / 6), {0.5, 4.0 / 6}, {1.0, 1.0 / 6}}) {
    const arma::mat a = space.evolve(observables, s, false);
    const arma::vec b = space.evolve(averages, 1.0 - s, true);
    arma::mat part;
    for (arma::uword k = 0; k < a.n_cols; ++k)
      part.insert_rows(k, -weight * space.between(b, a.col(k)).t());
    result = result.empty() ? part : arma::mat(result + part);
  }
  return result;
}

/// Rates by which strings are found: a generator whose rate is not 0 within its error counts too.
arma::vec reach(const MeasuredCtmp& measured) {
  arma::vec rates(measured.model.generators.size());
  for (std::size_t i = 0; i < rates.n_elem; ++i) {
    rates(i) = std::abs(measured.model.generators[i].rate);
    if (!measured.errors.empty()) rates(i) = std::max(rates(i), arma::norm(measured.errors.row(i)));
  }
  return rates;
}

/// One reading, and its values' part of ReadExpectations::shared.
std::pair<JointEstimate, arma::mat> ctmp_estimate(const MeasuredCtmp& measured,
                                                  const Reading& reading) {
  require_averageable(reading.outcomes, reading.observables);
  if (reading.outcomes.n_bits != measured.model.n_bits)
    throw InputError("outcomes", "",
                     fmt::format("{} bits given, the Markov model has {}", reading.outcomes.n_bits,
                                 measured.model.n_bits));
  const StringSpace space(measured.model, reach(measured), strings_of(reading.observables));
  const arma::mat observables = coefficients(space, reading.observables);
  const arma::mat evolved = space.evolve(observables, 1.0, false);
  JointEstimate own =
      multinomial_average(reading.outcomes, tabulate_strings(space, evolved, reading.outcomes));
  if (measured.errors.empty() || reading.observables.empty())
    return {std::move(own), arma::mat(reading.observables.size(), measured.errors.n_cols)};
  const arma::vec averages = string_averages(space, reading.outcomes);
  return {std::move(own), rate_derivatives(space, observables, averages) * measured.errors};
}

}  // namespace

void CtmpModel::validate() const {
  if (n_bits < 1 || n_bits > max_ctmp_bits)
    throw InputError("Markov model", "",
                     fmt::format("{} bits are outside 1..{}", n_bits, max_ctmp_bits));
  for (std::size_t i = 0; i < generators.size(); ++i) {
    const Generator& generator = generators[i];
    const auto fail = [&](const std::string& problem) {
      throw InputError("Markov model", fmt::format("generator {}", i), problem);
    };
    const std::size_t n = generator.bits.size();
    if (n < 1 || n > 2) fail(fmt::format("is of {} bits, not of 1 or 2", n));
    for (const int bit : generator.bits)
      if (bit < 0 || bit >= n_bits) fail(fmt::format("bit {} is outside 0..{}", bit, n_bits - 1));
    if (n == 2 && generator.bits[0] == generator.bits[1])
      fail(fmt::format("bit {} is repeated", generator.bits[0]));
    if (generator.from >> n != 0)
      fail(fmt::format("state {} is not of {} bits", generator.from, n));
    if (!std::isfinite(generator.rate))
      fail(fmt::format("rate {} is not a finite number", generator.rate));
  }
}

ExpectationEstimator ctmp(const MeasuredCtmp& measured) {
  measured.model.validate();
  if (measured.errors.n_cols > 0 && measured.errors.n_rows != measured.model.generators.size())
    throw InputError("Markov model", "errors",
                     fmt::format("{} rows for {} generators", measured.errors.n_rows,
                                 measured.model.generators.size()));
  return {"readout/ctmp", [measured](std::span<const Reading> readings) {
            ReadExpectations result;
            result.shared.zeros(0, measured.errors.n_cols);
            for (const Reading& reading : readings) {
              auto [own, shared] = ctmp_estimate(measured, reading);
              result.readings.push_back(std::move(own));
              result.shared = arma::join_cols(result.shared, shared);
            }
            result.shared = fewest_columns(result.shared);
            return result;
          }};
}

double ctmp_gamma(const CtmpModel& model) {
  model.validate();
  std::map<std::vector<int>, std::map<unsigned, double>> out_of;  // by bits and state
  for (const CtmpModel::Generator& generator : model.generators) {
    const bool ordered = std::ranges::is_sorted(generator.bits);
    const unsigned swapped = (generator.from & 1) << 1 | generator.from >> 1;
    std::vector<int> bits = generator.bits;
    std::ranges::sort(bits);
    out_of[bits][ordered ? generator.from : swapped] += generator.rate;
  }
  double gamma = 0.0;
  for (const auto& [bits, rates] : out_of) {
    double highest = 0.0;
    for (const auto& [state, rate] : rates) highest = std::max(highest, rate);
    gamma += highest;
  }
  return gamma;
}

}  // namespace rhodrift::readout
