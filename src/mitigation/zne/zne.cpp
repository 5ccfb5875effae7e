#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>
#include <rhodrift/mitigation/zne/zne.hpp>

namespace rhodrift::zne {

ZnePlan ZnePlan::bound(const std::vector<double>& weights,
                       const std::vector<double>& features) const {
  return {Plan::bound(weights, features), scale_factors};
}

ZnePlan construct(const Circuit& circuit, std::span<const double> scale_factors,
                  std::uint64_t shots_per_circuit) {
  if (scale_factors.size() < 2)
    throw InputError(
        "zne", "scale factors",
        fmt::format("{} given, an extrapolation takes at least 2", scale_factors.size()));
  ZnePlan plan;
  for (const double wanted : scale_factors) {
    FoldedCircuit folded = fold_global(circuit, wanted);
    if (std::ranges::count(plan.scale_factors, folded.scale_factor) > 0)
      throw InputError("zne", "scale factors",
                       fmt::format("{} folds to {} times the gates, as an earlier one does", wanted,
                                   folded.scale_factor));
    Job job;
    job.circuit = std::make_shared<const Circuit>(std::move(folded.circuit));
    job.shots = shots_per_circuit;
    plan.jobs.push_back(std::move(job));
    plan.scale_factors.push_back(folded.scale_factor);
  }
  return plan;
}

std::vector<Estimate> combine(const ZnePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, Extrapolation method) {
  plan.require_matching(outcomes);
  std::vector<JointEstimate> joint;
  std::uint64_t shots = 0;
  for (const Outcomes& outcome : outcomes) {
    joint.push_back(estimator(outcome, observables));
    shots += outcome.shots;
  }
  const std::string name = fmt::format("zne/{} over {}", to_string(method), estimator.method);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < observables.size(); ++k) {
    arma::vec values(joint.size()), variances(joint.size());
    for (arma::uword j = 0; j < joint.size(); ++j) {
      values(j) = joint[j].values(k);
      variances(j) = joint[j].covariance(k, k);
    }
    estimates.push_back(extrapolate(method, plan.scale_factors, values, arma::diagmat(variances)));
    estimates.back().method = name;
    estimates.back().shots = shots;
    estimates.back().circuits = outcomes.size();
  }
  return estimates;
}

}  // namespace rhodrift::zne
