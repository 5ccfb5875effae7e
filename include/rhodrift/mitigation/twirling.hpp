#pragma once

#include <cstdint>

#include <rhodrift/mitigation/dressed_circuit.hpp>
#include <rhodrift/mitigation/instances.hpp>

/// Pauli twirling: with random Paulis before an entangler, and after it those that undo them, the
/// noise of the entangler becomes a Pauli channel in the mean: coherent errors no longer add up.
/// C. H. Bennett et al., PRL 76, 722 (1996); Wallman and Emerson (see dressed_circuit.hpp).
namespace rhodrift::twirling {

/// Instances of one cell, each with `shots` shots (0: exact). The readout is not twirled.
/// Throws InputError below 2 instances.
InstancePlan construct(const DressedCircuit& dressed, std::uint64_t n_instances,
                       std::uint64_t shots, std::uint64_t seed);

/// One estimate an observable; method "twirling over <estimator>". Its interval is Student's with
/// n_instances - 1 degrees of freedom, more where a measured readout has a part in the error.
std::vector<Estimate> combine(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator);

}  // namespace rhodrift::twirling
