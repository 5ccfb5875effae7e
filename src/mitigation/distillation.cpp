#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/distillation.hpp>

#include "mitigation/pair_readings.hpp"

namespace rhodrift::distillation {

namespace {

JointEstimate average(const Outcomes& outcomes, const std::vector<PairFunction>& functions) {
  require_averageable(outcomes, {});
  arma::mat table(outcomes.size(), functions.size(), arma::fill::zeros);
  for (std::size_t f = 0; f < functions.size(); ++f)
    for (const PairProduct& product : functions[f])
      for (std::size_t r = 0; r < outcomes.size(); ++r) table(r, f) += product(outcomes.outcome(r));
  return multinomial_average(outcomes, table);
}

/// Each observable's tr(O ρ²), and at last tr ρ².
JointEstimate averages(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                       std::span<const Observable> observables,
                       const std::optional<ExpectationEstimator>& estimator) {
  std::vector<std::vector<PairFunction>> functions;
  for (const Support& support : plan.supports)
    functions.push_back(functions_in(support, observables, plan.qubit_of_bit, plan.n_qubits));
  const std::size_t n_readings = plan.supports.size();
  ReadExpectations read;
  if (estimator) {
    std::vector<std::vector<Observable>> strings;
    for (const auto& of_reading : functions) strings.push_back(as_observables(of_reading));
    std::vector<Reading> readings;
    for (std::size_t j = 0; j < n_readings; ++j) readings.push_back({outcomes[j], strings[j]});
    read = estimator->estimate(readings);
  } else {
    for (std::size_t j = 0; j < n_readings; ++j)
      read.readings.push_back(average(outcomes[j], functions[j]));
    read.shared.zeros(n_readings * observables.size() + 1, 0);
  }
  return summed(read, {&n_readings, 1}).joint();
}

void require_planned(const DistillationPlan& plan, std::span<const Observable> observables) {
  require_readable(observables, static_cast<int>(plan.qubit_of_bit.size()));
  for (const Observable& observable : observables)
    for (const Support& support : supports_of({&observable, 1}, plan.qubit_of_bit))
      if (std::ranges::count(plan.supports, support) == 0)
        throw InputError("observable " + observable.to_string(),
                         fmt::format("string on qubits {}", fmt::join(support, ",")),
                         "the plan has no circuit for it");
}

struct Distilled {
  JointEstimate observables;
  double purity;
  double purity_std_error;
};

Distilled distil(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                 std::span<const Observable> observables,
                 const std::optional<ExpectationEstimator>& estimator) {
  plan.require_matching(outcomes);
  require_planned(plan, observables);
  if (estimator && plan.n_qubits > max_expanded_qubits)
    throw InputError("distillation", "",
                     fmt::format("{} qubits are more than the {} that an estimator can be used for",
                                 plan.n_qubits, max_expanded_qubits));
  const JointEstimate read = averages(plan, outcomes, observables, estimator);
  const arma::uword last = read.values.n_elem - 1;
  const arma::mat none(read.values.n_elem, 0);
  return {divided_by_last({{read}, none}, "distillation: tr ρ²").joint(), read.values(last),
          std::sqrt(read.covariance(last, last))};
}

std::vector<Estimate> estimates_of(const Distilled& distilled, std::span<const Outcomes> outcomes,
                                   const std::string& method) {
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < distilled.observables.values.n_elem; ++k) {
    Estimate estimate = normal_estimate(distilled.observables.values(k),
                                        std::sqrt(distilled.observables.covariance(k, k)), method);
    for (const Outcomes& outcome : outcomes) estimate.shots += outcome.shots;
    estimate.circuits = outcomes.size();
    estimate.diagnostics["purity"] = distilled.purity;
    estimate.diagnostics["purity_std_error"] = distilled.purity_std_error;
    estimates.push_back(std::move(estimate));
  }
  return estimates;
}

}  // namespace

DistillationPlan DistillationPlan::bound(const std::vector<double>& weights,
                                         const std::vector<double>& features) const {
  DistillationPlan result = *this;
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    std::vector<double> with_angles = weights;
    std::ranges::copy(angles[j], std::back_inserter(with_angles));
    result.jobs[j] = Plan{{jobs[j]}}.bound(with_angles, features).jobs.front();
  }
  return result;
}

DistillationPlan construct(const Circuit& circuit, std::span<const Observable> observables,
                           std::uint64_t shots_per_circuit) {
  DistillationPlan plan;
  plan.n_qubits = circuit.n_qubits();
  plan.qubit_of_bit = circuit.qubit_of_bit();
  require_readable(observables, static_cast<int>(plan.qubit_of_bit.size()));
  plan.supports = supports_of(observables, plan.qubit_of_bit);
  const TwoCopies copies(circuit);
  const auto doubled = std::make_shared<const Circuit>(copies.circuit());
  for (const Support& support : plan.supports) {
    plan.angles.push_back(copies.angles(support));
    plan.jobs.push_back({doubled, {}, {}, shots_per_circuit});
  }
  return circuit.n_weights() + circuit.n_features() == 0 ? plan.bound({}, {}) : plan;
}

std::vector<Estimate> combine(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const std::optional<ExpectationEstimator>& estimator) {
  return estimates_of(distil(plan, outcomes, observables, estimator), outcomes,
                      estimator ? "distillation over " + estimator->method : "distillation");
}

JointEstimate combine_jointly(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const std::optional<ExpectationEstimator>& estimator) {
  return distil(plan, outcomes, observables, estimator).observables;
}

}  // namespace rhodrift::distillation
