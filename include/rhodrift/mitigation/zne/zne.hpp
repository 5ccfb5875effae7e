#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>

/// Zero-noise extrapolation: run the circuit at several noise strengths, extrapolate to none.
/// K. Temme, S. Bravyi, J. M. Gambetta, Phys. Rev. Lett. 119, 180509 (2017).
namespace rhodrift::zne {

struct ZnePlan : Plan {
  std::vector<double> scale_factors;  ///< reached, one a job

  /// The same folds for other parameters, see Plan::bound.
  ZnePlan bound(const std::vector<double>& weights, const std::vector<double>& features) const;
};

/// Folds to every factor; `shots_per_circuit` 0 asks for exact outcomes. The jobs' parameters are
/// still to be bound.
/// Throws InputError as fold_global does, on fewer than 2 factors, or two that fold to the same
/// circuit.
ZnePlan construct(const Circuit& circuit, std::span<const double> scale_factors,
                  std::uint64_t shots_per_circuit);

/// One estimate an observable, as `extrapolate` makes it; method "zne/<extrapolation> over
/// <estimator>". Weights are chosen for each observable alone.
std::vector<Estimate> combine(const ZnePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, Extrapolation method);

}  // namespace rhodrift::zne
