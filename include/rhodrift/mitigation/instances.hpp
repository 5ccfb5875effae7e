#pragma once

#include <armadillo>
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
  double weight = 1.0;  ///< with a sign where probabilities were negative
  /// Instances of one stratum are drawn from the same distribution; how many there are of each is
  /// not random. (Those of either sign are one.)
  std::size_t stratum = 0;
};

struct InstancePlan : Plan {
  std::vector<Instance> instances;  ///< one a job

  std::size_t n_cells() const;
};

/// Cells as if each were a reading.
struct PooledExpectations : ReadExpectations {
  /// A number a value, in the order of `shared`: how well readings[…].covariance's diagonal is
  /// known; infinity in cells of one instance.
  arma::vec degrees_of_freedom;
};

/// The cells' values from those of the instances, with a reading a cell in place of a reading an
/// instance: means, with the covariance that the scatter between instances tells,
///   Σ_h (n_h/n)² Σ_{i in h} (w_i v_i - mean_h)(w_i v_i - mean_h)ᵀ / (n_h (n_h - 1))
/// over the strata h of the cell. It is unbiased and has the instances' shot errors in it, of
/// whatever size they are. A cell of one instance was not drawn at random: it keeps the covariance
/// of its own shots. The rows of `shared` are averaged like the values, so that pooled(…).joint()
/// is the whole covariance, over all cells and observables. What works on readings works on cells.
/// Throws InputError when instances and readings are not as many, a cell has none, the readings of
/// a cell have different numbers of values, or a stratum has one instance beside others.
PooledExpectations pooled(const ReadExpectations& read, std::span<const Instance> instances);

/// `observables` of every cell. Throws InputError as Plan::require_matching does.
PooledExpectations pooled(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                          std::span<const Observable> observables,
                          const ExpectationEstimator& estimator);

/// The degrees of freedom of a sum of variances, each estimated with some (infinity: known):
/// (Σ v_k)²/Σ(v_k²/d_k), at least 1. F. E. Satterthwaite, Biometrics Bull. 2, 110 (1946).
double effective_degrees_of_freedom(const arma::vec& variances,
                                    const arma::vec& degrees_of_freedom);

/// One estimate an observable from a plan of a single cell, named "<technique> over <estimator>".
/// The interval is Student's, a variance that was measured with the readout counting as known.
std::vector<Estimate> combine(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, const std::string& technique);

}  // namespace rhodrift
