#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rhodrift/noise_aware/training_noise.hpp>

/// Recorded states of a device that are much the same to a model, as in QuCAD (Z. Hu et al.,
/// arXiv:2304.04666), which trains a model for each group of days.
namespace rhodrift {

/// Some of n points as centres, and which one each point belongs to, its nearest.
struct Medoids {
  std::vector<std::size_t> centres;    ///< ascending
  std::vector<std::size_t> centre_of;  ///< one a point: an index into `centres`
};
/// The `count` centres with a small sum of distances from each point to its nearest one:
/// partitioning around medoids, L. Kaufman, P. J. Rousseeuw (1990), doi:10.1002/9780470316801.ch2.
/// Centres are added greedily, then exchanged for other points as long as that makes the sum
/// smaller; of equals the first. Throws InputError when there are fewer points than that or
/// `count` is 0. `distances` is n x n.
Medoids k_medoids(const arma::mat& distances, std::size_t count);

/// The states of a device in groups.
struct StateClusters {
  struct Cluster {
    std::size_t centre;    ///< which state
    std::size_t n_states;  ///< in the group
    arma::vec values;      ///< the centre's numbers
  };

  std::vector<std::string> numbers;  ///< by number_name
  arma::vec importance;              ///< see below
  double reach;                      ///< the largest distance of a state from its centre
  std::vector<Cluster> clusters;     ///< in order of time
};
/// States are compared by the numbers that all of them have and the model depends on, each
/// multiplied by its importance: the root mean square, over the samples and the model's
/// observables, of the exact slope of an expectation in it, in the last state and with these
/// weights. To first order, a distance so is what expectations change by if the numbers' changes
/// add up at random. `features` are the circuit's, n_features x batch. Throws InputError as
/// k_medoids does, or when the states do not differ in any number that matters.
StateClusters cluster_states(const Qnn& model, const DeviceHistory& device,
                             const arma::vec& weights, const arma::mat& features,
                             std::size_t count);

}  // namespace rhodrift
