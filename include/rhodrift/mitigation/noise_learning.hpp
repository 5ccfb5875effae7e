#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/mitigation/instances.hpp>

/// Learning the Pauli noise of an entangler from how Paulis decay under its repetition, apart from
/// errors of preparation and readout: cycle benchmarking.
/// A. Erhard et al., Nature Communications 10, 5347 (2019).
namespace rhodrift::noise_learning {

/// A cell for each of 9 bases and each depth: cell basis × depths + depth. In basis (a, b) the
/// eigenstates +1 of a on operand 0 and b on operand 1 are prepared and read in bits 0 and 1, each
/// of which an instance turns around at random: what is misread towards 0 then averages out.
struct LearningPlan : InstancePlan {
  Op gate;
  std::vector<int> depths;             ///< how many times the entangler is run twice
  std::vector<std::uint8_t> inverted;  ///< by job: bit k set where bit k of the outcome is inverted
};

/// Twirled instances with `gate` on two of `n_qubits` qubits 2m times, for every depth m.
/// Throws InputError on a gate that has angles or does not take each Pauli to a Pauli and
/// back to itself when run twice (up to its sign), on fewer than 2 different depths, any below 1,
/// below 2 instances, and on operands that a circuit would refuse.
LearningPlan construct(Op gate, int n_qubits, const std::vector<int>& qubits,
                       std::span<const int> depths, std::uint64_t n_instances, std::uint64_t shots,
                       std::uint64_t seed);

/// The 16 Pauli fidelities of one run of the gate with its slots (PauliNoise::entanglers; the
/// slots then have none of their own), entry 0 being 1. Each decay is fitted as A f^m by least
/// squares; f is the product of the fidelities of P and of U P U†, which no such experiment tells
/// apart (S. Chen et al., Nature Communications 14, 52 (2023)): both get its root, from the mean
/// over the bases that show it. The covariance is the delta method's, of scatter and readout;
/// from a few instances it is known badly (take 10 or more).
/// Throws RunError when a Pauli does not decay as a fidelity does (f not > 0).
JointEstimate combine(const LearningPlan& plan, std::span<const Outcomes> outcomes,
                      const ExpectationEstimator& estimator);

}  // namespace rhodrift::noise_learning
