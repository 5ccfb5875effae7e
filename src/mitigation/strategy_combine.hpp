#pragma once

#include <span>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/expectations.hpp>

#include "mitigation/strategy_plan.hpp"

namespace rhodrift {

/// An estimate an observable from the outcomes of a plan of cells, which `readout` reads: every
/// observable's part in each basis, a reading an instance; pooled to cells; divided by what is left
/// of the projector where there are symmetries; added over the bases; and extrapolated. One
/// covariance goes from the counts to the end. Throws RunError as PreparedStrategy::combine.
std::vector<Estimate> combine_cells(const Strategy& strategy, const PauliMeasurement& measurement,
                                    const StrategyPlan& plan, std::span<const Outcomes> outcomes,
                                    const ExpectationEstimator& readout);

/// Where an adaptive extrapolation goes on, from the points of the plan: the mean of what the
/// observables propose, leaving out those whose points look like no exponential (all: the highest).
double next_scale_factor(const Strategy& strategy, const PauliMeasurement& measurement,
                         const StrategyPlan& plan, std::span<const Outcomes> outcomes,
                         const ExpectationEstimator& readout);

/// combine_cells of a plan of regressions. Every basis has training circuits, and every part a
/// line, of its own.
std::vector<Estimate> combine_regressions(const PauliMeasurement& measurement,
                                          const StrategyPlan& plan,
                                          std::span<const Outcomes> outcomes,
                                          std::span<const Outcomes> noiseless,
                                          const ExpectationEstimator& readout);

}  // namespace rhodrift
