#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/twirled.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/calibration_error.hpp"
#include "mitigation/readout/orthogonal_array.hpp"
#include "mitigation/readout/prepared_circuit.hpp"

namespace rhodrift::readout {

namespace {

constexpr double min_standard_errors = 5.0;

void require_twirls(std::uint64_t n_twirls, int n_bits) {
  if (!std::has_single_bit(n_twirls) || n_twirls < min_twirls(n_bits))
    throw InputError("twirled readout", "twirls",
                     fmt::format("{} is not a power of two of at least {}, what {} bits take",
                                 n_twirls, min_twirls(n_bits), n_bits));
}

/// The rows of the array, every one xor the same random row.
std::vector<BitMask> random_flips(int n_bits, std::uint64_t n_twirls, RandomStream& random) {
  std::vector<BitMask> flips = balanced_patterns(n_bits, n_twirls);
  BitMask shift(flips[0].size(), 0);
  for (int i = 0; i < n_bits; ++i)
    shift[static_cast<std::size_t>(i) / 64] |= random.below(2) << (i % 64);
  for (BitMask& row : flips)
    for (std::size_t w = 0; w < row.size(); ++w) row[w] ^= shift[w];
  return flips;
}

TwirledPlan plan_of(const Circuit& circuit, std::uint64_t n_twirls, std::uint64_t shots_per_twirl,
                    RandomStream& random,
                    Circuit (*make)(const Circuit&, std::span<const std::uint64_t>)) {
  const auto n_bits = static_cast<int>(circuit.qubit_of_bit().size());
  require_twirls(n_twirls, n_bits);
  TwirledPlan plan;
  plan.flips = random_flips(n_bits, n_twirls, random);
  for (const BitMask& flips : plan.flips) {
    Job job;
    job.circuit = std::make_shared<const Circuit>(make(circuit, flips));
    job.shots = shots_per_twirl;
    plan.jobs.push_back(std::move(job));
  }
  return plan;
}

/// The strings that some observables are made of, with their f_s.
class Fidelities {
 public:
  explicit Fidelities(const Outcomes& calibration) : calibration_(calibration) {}

  /// The string's number, a new one if it was not asked for before.
  arma::uword index(const BitMask& mask) {
    const auto [at, is_new] = index_.try_emplace(mask, masks_.size());
    if (is_new) {
      masks_.push_back(mask);
      values_.push_back(average_parity(calibration_, mask));
      require_divisible(values_.back(), mask);
    }
    return at->second;
  }
  double operator[](arma::uword string) const { return values_[string]; }
  arma::uword size() const { return masks_.size(); }

  /// F with F Fᵀ the covariance of the f_s: that of N + 1 shots, N as they were seen and one spread
  /// over all outcomes, in which strings have mean 0 and no correlation.
  arma::mat errors() const {
    if (calibration_.exact()) return arma::mat(size(), 0);
    const auto n = static_cast<double>(calibration_.shots);
    arma::mat f(size(), calibration_.size() + size() + 1, arma::fill::zeros);
    for (arma::uword s = 0; s < size(); ++s) {
      const bool identity = std::ranges::all_of(masks_[s], [](auto word) { return word == 0; });
      if (identity) continue;
      const double smoothed = values_[s] * n / (n + 1.0);
      for (std::size_t r = 0; r < calibration_.size(); ++r)
        f(s, r) = std::sqrt(calibration_.frequency[r] / (n + 1.0)) *
                  (parity(calibration_.outcome(r), masks_[s]) - smoothed);
      f(s, calibration_.size() + s) = std::sqrt(1.0 / (n * (n + 1.0)));
      f(s, calibration_.size() + size()) = smoothed * std::sqrt(1.0 / (n * (n + 1.0)));
    }
    return f;
  }

 private:
  void require_divisible(double fidelity, const BitMask& mask) const {
    const double std_error = calibration_.exact()
                                 ? 0.0
                                 : std::sqrt(std::max(0.0, 1.0 - fidelity * fidelity) /
                                             static_cast<double>(calibration_.shots));
    if (fidelity > min_standard_errors * std_error && fidelity > 1.0 / max_condition_number) return;
    int weight = 0;
    for (const std::uint64_t word : mask) weight += std::popcount(word);
    throw InputError("twirled readout", "calibration",
                     fmt::format("a string of {} Z keeps {:.3g} ± {:.2g} of its expectation in it, "
                                 "too little to divide by",
                                 weight, fidelity, std_error));
  }

  const Outcomes& calibration_;
  std::map<BitMask, arma::uword> index_;
  std::vector<BitMask> masks_;
  std::vector<double> values_;
};

void require_width(const Outcomes& outcomes, const Outcomes& calibration) {
  if (outcomes.n_bits != calibration.n_bits)
    throw InputError("outcomes", "",
                     fmt::format("{} bits given, the twirled calibration has {}", outcomes.n_bits,
                                 calibration.n_bits));
}

/// dv/df_s of the observable's value: -coefficient <Z_s>/f_s².
arma::vec derivative(const Observable& observable, const Outcomes& outcomes,
                     Fidelities& fidelities) {
  std::vector<std::pair<arma::uword, double>> entries;
  for (const Observable::Term& term : observable.terms()) {
    const BitMask mask = parity_mask(term.pauli, outcomes.n_words());
    const arma::uword s = fidelities.index(mask);
    entries.emplace_back(
        s, -term.coefficient * average_parity(outcomes, mask) / (fidelities[s] * fidelities[s]));
  }
  arma::vec result(fidelities.size(), arma::fill::zeros);
  for (const auto& [s, entry] : entries) result(s) += entry;
  return result;
}

ReadExpectations twirled_estimate(const Outcomes& calibration, std::span<const Reading> readings) {
  Fidelities fidelities(calibration);
  const auto divided_parity = [&](const BitMask& mask) {
    return [mask, fidelity = fidelities[fidelities.index(mask)]](OutcomeBits bits) {
      return parity(bits, mask) / fidelity;
    };
  };
  ReadExpectations result;
  std::vector<arma::vec> derivatives;
  for (const Reading& reading : readings) {
    require_averageable(reading.outcomes, reading.observables);
    require_width(reading.outcomes, calibration);
    result.readings.push_back(multinomial_average(
        reading.outcomes, tabulate(reading.outcomes, reading.observables, divided_parity)));
    for (const Observable& observable : reading.observables)
      derivatives.push_back(derivative(observable, reading.outcomes, fidelities));
  }
  arma::mat jacobian(derivatives.size(), fidelities.size(), arma::fill::zeros);
  for (arma::uword k = 0; k < jacobian.n_rows; ++k)
    for (arma::uword s = 0; s < derivatives[k].n_elem; ++s) jacobian(k, s) = derivatives[k](s);
  result.shared = fewest_columns(jacobian * fidelities.errors());
  return result;
}

}  // namespace

TwirledPlan TwirledPlan::bound(const std::vector<double>& weights,
                               const std::vector<double>& features) const {
  return {Plan::bound(weights, features), flips};
}

std::uint64_t min_twirls(int n_bits) {
  if (n_bits < 1) throw InputError("twirled readout", "", fmt::format("{} bits", n_bits));
  return min_balanced_patterns(n_bits);
}

TwirledPlan construct_twirled(const Circuit& circuit, std::uint64_t n_twirls,
                              std::uint64_t shots_per_twirl, RandomStream& random) {
  return plan_of(circuit, n_twirls, shots_per_twirl, random, flipped_before_readout);
}

TwirledPlan construct_twirled_calibration(const Circuit& circuit, std::uint64_t n_twirls,
                                          std::uint64_t shots_per_twirl, RandomStream& random) {
  return plan_of(circuit, n_twirls, shots_per_twirl, random, prepared_circuit);
}

Outcomes untwirled(const TwirledPlan& plan, std::span<const Outcomes> outcomes) {
  plan.require_matching(outcomes);
  // Numbers are compared from their highest word down.
  const auto below = [](const BitMask& a, const BitMask& b) {
    return std::ranges::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  };
  std::map<BitMask, double, decltype(below)> frequency(below);
  for (std::size_t j = 0; j < outcomes.size(); ++j) {
    if (outcomes[j].shots != outcomes[0].shots)
      throw InputError("outcomes", fmt::format("circuit {}", j),
                       fmt::format("{} shots, circuit 0 has {}; twirls count alike",
                                   outcomes[j].shots, outcomes[0].shots));
    for (std::size_t r = 0; r < outcomes[j].size(); ++r) {
      const auto words = outcomes[j].outcome(r);
      BitMask flipped(words.begin(), words.end());
      for (std::size_t w = 0; w < flipped.size(); ++w) flipped[w] ^= plan.flips[j][w];
      frequency[flipped] += outcomes[j].frequency[r] / static_cast<double>(outcomes.size());
    }
  }
  Outcomes merged;
  merged.n_bits = outcomes[0].n_bits;
  merged.shots = outcomes[0].shots * outcomes.size();
  for (const auto& [words, share] : frequency) {
    merged.words.insert(merged.words.end(), words.begin(), words.end());
    merged.frequency.push_back(share);
  }
  return merged;
}

ExpectationEstimator twirled(const Outcomes& calibration) {
  require_averageable(calibration, {});
  return {"readout/twirled", [calibration](std::span<const Reading> readings) {
            return twirled_estimate(calibration, readings);
          }};
}

}  // namespace rhodrift::readout
