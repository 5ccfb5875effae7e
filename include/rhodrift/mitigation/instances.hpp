#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>

/// What randomised techniques (Pauli twirling, error cancellation, error amplification) have in
/// common: the same quantity is read from many random circuits, instances, and their mean is the
/// estimate.
namespace rhodrift {

/// What one job stands for: the quantities of a cell are the means of weight × value over the
/// cell's instances.
struct Instance {
  std::size_t cell;     ///< 0, 1, …: every cell has an instance
  double weight = 1.0;  ///< a sign times an overhead where probabilities were negative
};

struct InstancePlan : Plan {
  std::vector<Instance> instances;  ///< one a job

  std::size_t n_cells() const;
  /// How many instances each cell has.
  std::vector<std::uint64_t> sizes() const;
};

/// The cells' values from those of the instances, with a reading a cell in place of a reading an
/// instance: means, with the covariance that the scatter between instances tells,
///   Σ_i (w_i v_i - mean)(w_i v_i - mean)ᵀ / (n (n - 1)),
/// which is unbiased and has the instances' shot errors in it, of whatever size they are. A cell of
/// one instance was not drawn at random: it keeps the covariance of its own shots. The rows of
/// `shared` are averaged like the values, so that pooled(…).joint() is the whole covariance, over
/// all cells and observables. Everything that works on readings works on cells.
/// Throws InputError when instances and readings are not as many, or the readings of a cell have
/// different numbers of values.
ReadExpectations pooled(const ReadExpectations& read, std::span<const Instance> instances);

/// `observables` of every cell. Throws InputError as Plan::require_matching does.
ReadExpectations pooled(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                        std::span<const Observable> observables,
                        const ExpectationEstimator& estimator);

/// The degrees of freedom of a sum of variances that were each estimated with some (infinity:
/// known): (Σ v_k)²/Σ(v_k²/d_k), at least 1. F. E. Satterthwaite, Biometrics Bull. 2, 110 (1946).
double effective_degrees_of_freedom(std::span<const double> variances,
                                    std::span<const double> degrees_of_freedom);

/// One estimate an observable from a plan of a single cell. The interval is Student's: the standard
/// error comes from as many numbers as there are instances.
std::vector<Estimate> combine(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, const std::string& technique);

}  // namespace rhodrift
