#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/mitigation/twirling.hpp>

namespace rhodrift::twirling {

InstancePlan construct(const DressedCircuit& dressed, std::uint64_t n_instances,
                       std::uint64_t shots, std::uint64_t seed) {
  InstancePlan plan;
  const PauliInsertions nothing(PauliNoise::none(dressed), 1.0);
  add_instances(plan, dressed, nothing, 0, n_instances, shots, seed);
  return plan;
}

std::vector<Estimate> combine(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  return rhodrift::combine(plan, outcomes, observables, estimator, "twirling");
}

}  // namespace rhodrift::twirling
