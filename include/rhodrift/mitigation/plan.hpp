#pragma once

#include <vector>

#include <rhodrift/circuit/executor.hpp>

namespace rhodrift {

/// What a mitigation wants run: the first half of every technique (`construct`); the second half
/// (`combine`) turns the outcomes, in the same order, into estimates. Between them stands any
/// Executor, or a file.
struct Plan {
  std::vector<Job> jobs;

  /// The same circuits for other parameters.
  Plan bound(std::vector<double> weights, std::vector<double> features) const;
  std::uint64_t total_shots() const;
};

}  // namespace rhodrift
