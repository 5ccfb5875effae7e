#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/mitigation/dressed_noise.hpp>
#include <rhodrift/mitigation/instances.hpp>

namespace rhodrift::zne {

/// Probabilistic error amplification: a cell a factor.
struct AmplifiedPlan : InstancePlan {
  std::vector<double> scale_factors;  ///< by cell; exactly those that were asked for
};

/// At factor α every believed Pauli channel Λ of the circuit is made Λ^α by Paulis that are drawn
/// from Λ^(α - 1) (see PauliInsertions) and merged into the slots of twirled instances. Where that
/// has negative probabilities, as fidelities that were learned from shots may have it, instances
/// have signs. `shots` each, 0: exact. pooled(plan, …) are the values that are extrapolated.
/// Y. Kim et al., Nature 618, 500 (2023).
/// Throws InputError when a factor is below 1, not finite or repeated, when there is none, and as
/// PauliInsertions and add_instances do.
AmplifiedPlan amplify(const DressedCircuit& dressed, const PauliNoise& believed,
                      std::span<const double> scale_factors, std::uint64_t n_instances,
                      std::uint64_t shots, std::uint64_t seed);

}  // namespace rhodrift::zne
