#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/symmetry.hpp>

#include "mitigation/outcome_average.hpp"

namespace rhodrift::symmetry {

namespace {

void require_valid(std::span<const Symmetry> symmetries) {
  if (symmetries.empty()) throw InputError("symmetries", "", "there are none");
  for (const Symmetry& symmetry : symmetries) {
    const std::string name = symmetry.pauli.to_string();
    if (!symmetry.pauli.is_diagonal())
      throw InputError("symmetries", name, "is not diagonal; measure in a rotated basis first");
    if (symmetry.sign != 1 && symmetry.sign != -1)
      throw InputError("symmetries", name,
                       fmt::format("sign {} is neither 1 nor -1", symmetry.sign));
  }
}

/// The product of diagonal strings: Z where one of them has it and the other has not.
PauliString product(const PauliString& a, const PauliString& b) {
  std::vector<int> qubits;
  auto i = a.factors().begin(), j = b.factors().begin();
  while (i != a.factors().end() || j != b.factors().end()) {
    if (j == b.factors().end() || (i != a.factors().end() && i->qubit < j->qubit))
      qubits.push_back(i++->qubit);
    else if (i == a.factors().end() || j->qubit < i->qubit)
      qubits.push_back(j++->qubit);
    else
      ++i, ++j;
  }
  return PauliString::z(qubits);
}

Observable product(const Observable& a, const Observable& b) {
  std::vector<Observable::Term> terms;
  for (const Observable::Term& left : a.terms())
    for (const Observable::Term& right : b.terms())
      terms.push_back({left.coefficient * right.coefficient, product(left.pauli, right.pauli)});
  return Observable(std::move(terms));
}

Observable projector(const std::vector<Symmetry>& symmetries) {
  require_valid(symmetries);
  if (symmetries.size() > max_expanded_symmetries)
    throw InputError("symmetries", "",
                     fmt::format("{} are more than the {} that can be expanded", symmetries.size(),
                                 max_expanded_symmetries));
  Observable result{PauliString()};
  for (const Symmetry& symmetry : symmetries)
    result =
        product(result, Observable({{0.5, PauliString()}, {0.5 * symmetry.sign, symmetry.pauli}}));
  if (result.terms().empty())
    throw InputError("symmetries", "", "exclude each other: no state has all of them");
  return result;
}

}  // namespace

std::vector<Observable> projected(const std::vector<Symmetry>& symmetries,
                                  std::span<const Observable> observables) {
  const Observable pi = projector(symmetries);
  std::vector<Observable> result;
  for (const Observable& observable : observables) result.push_back(product(observable, pi));
  result.push_back(pi);
  return result;
}

PostSelected post_select(const Outcomes& outcomes, std::span<const Symmetry> symmetries) {
  require_valid(symmetries);
  std::vector<std::pair<BitMask, int>> wanted;
  for (const Symmetry& symmetry : symmetries) {
    const Observable observable(symmetry.pauli);
    require_averageable(outcomes, {&observable, 1});
    wanted.emplace_back(parity_mask(symmetry.pauli, outcomes.n_words()), symmetry.sign);
  }
  PostSelected kept{outcomes, 0.0};
  kept.outcomes.words.clear();
  kept.outcomes.frequency.clear();
  for (std::size_t r = 0; r < outcomes.size(); ++r) {
    const OutcomeBits outcome = outcomes.outcome(r);
    bool holds = true;
    for (const auto& [mask, sign] : wanted) holds &= parity(outcome, mask) == sign;
    if (!holds) continue;
    kept.outcomes.words.insert(kept.outcomes.words.end(), outcome.begin(), outcome.end());
    kept.outcomes.frequency.push_back(outcomes.frequency[r]);
    kept.share += outcomes.frequency[r];
  }
  if (!(kept.share > 0.0)) throw RunError("symmetries: no outcome has all of them");
  for (double& frequency : kept.outcomes.frequency) frequency /= kept.share;
  kept.outcomes.shots =
      static_cast<std::uint64_t>(std::llround(kept.share * static_cast<double>(outcomes.shots)));
  return kept;
}

ExpectationEstimator post_selection(std::vector<Symmetry> symmetries) {
  require_valid(symmetries);
  return independent_estimator(
      "symmetry/post-selection",
      [symmetries = std::move(symmetries)](const Outcomes& outcomes,
                                           std::span<const Observable> observables) {
        return raw_expectations(post_select(outcomes, symmetries).outcomes, observables);
      });
}

ExpectationEstimator expanded(const std::vector<Symmetry>& symmetries,
                              const ExpectationEstimator& inner) {
  projected(symmetries, {});  // refuses them now, if it does
  auto estimate = [=](std::span<const Reading> readings) {
    std::vector<std::vector<Observable>> observables;
    std::vector<Reading> with_projector;
    for (const Reading& reading : readings) {
      require_averageable(reading.outcomes, reading.observables);
      observables.push_back(projected(symmetries, reading.observables));
    }
    for (std::size_t r = 0; r < readings.size(); ++r)
      with_projector.push_back({readings[r].outcomes, observables[r]});
    return divided_by_last(inner.estimate(with_projector), "symmetries: their probability");
  };
  return {fmt::format("symmetry/expanded over {}", inner.method), std::move(estimate)};
}

}  // namespace rhodrift::symmetry
