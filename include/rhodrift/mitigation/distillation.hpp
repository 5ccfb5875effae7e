#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>

/// Virtual distillation with two copies: expectations in the state ρ²/tr ρ², whose weight on the
/// dominant eigenvector of ρ is nearer to 1 than that of ρ.
/// W. J. Huggins et al., Phys. Rev. X 11, 041036 (2021); B. Koczor, Phys. Rev. X 11, 031057 (2021).
///
/// With S the exchange of the copies and P a Z string on the first, 1 or both halves of
///   tr(P ρ²) = <½ (P⊗1 + 1⊗P) S>   and   tr ρ² = <S>     in ρ⊗ρ
/// are products over pairs of a qubit and its copy. Pairs in |00> and |11> are left alone. On
/// |01>, |10> exchange is X, and Z times exchange is -iY, so sqrt_iswap, after sdg for X, makes
/// either diagonal. One reading so serves tr ρ² and all single Z; strings of two and more take one
/// for each set of qubits, in which an even number m of the pairs of P in |01>, |10> counts
/// (-1)^(m/2) Π y, and an odd one 0. Readings are one circuit with other angles.
///
/// On a device the copies have to be placed and routed: that is the stage "distillation" of a
/// Strategy (strategy.hpp).
namespace rhodrift::distillation {

/// Readout mitigation works on the 4^n Pauli strings of all pairs: up to this many qubits a copy.
inline constexpr int max_expanded_qubits = 7;

struct DistillationPlan : Plan {
  int n_qubits = 0;  ///< of one copy; its copy of qubit q is n_qubits + q; all are read
  std::vector<int> qubit_of_bit;
  /// The qubits of the strings that each job is for, ascending; of job 0, for tr ρ² and strings on
  /// one qubit, none.
  std::vector<std::vector<int>> supports;
  /// What makes the jobs differ: their last weights.
  std::vector<std::vector<double>> angles;

  /// The same circuits for other parameters of the circuit that was doubled, see Plan::bound.
  DistillationPlan bound(const std::vector<double>& weights,
                         const std::vector<double>& features) const;
};

/// Two copies of `circuit`, which have the same weights and features (if any: still to be bound),
/// and a gate on each pair. Observables are diagonal and speak of the circuit's classical
/// bits. Gates between the copies are as noisy as others are: mitigation ends where they cost more
/// than the copies.
/// Throws InputError when an observable is not diagonal or reaches past the bits, or the circuit
/// measures mid-circuit.
DistillationPlan construct(const Circuit& circuit, std::span<const Observable> observables,
                           std::uint64_t shots_per_circuit);

/// tr(O ρ²)/tr ρ², one estimate an observable, method "distillation"; diagnostics "purity" (tr ρ²)
/// and "purity_std_error". Ratios of averages, their errors by the delta method from the covariance
/// of numerator and denominator, which come from the same shots in part: it holds as long as the
/// purity is many standard errors above 0.
/// With an estimator the averages are as it has them, such as readout mitigation on the bits of
/// both copies, and the method is "distillation over <estimator>". Throws InputError when outcomes
/// do not match the plan, when it has no circuit for a string, and past max_expanded_qubits with an
/// estimator; RunError when the purity found is not above 0.
std::vector<Estimate> combine(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const std::optional<ExpectationEstimator>& estimator = {});

/// The same values with the covariance of all observables.
JointEstimate combine_jointly(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const std::optional<ExpectationEstimator>& estimator = {});

}  // namespace rhodrift::distillation
