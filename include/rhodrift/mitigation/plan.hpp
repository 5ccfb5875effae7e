#pragma once

#include <span>
#include <vector>

#include <rhodrift/circuit/executor.hpp>

namespace rhodrift {

/// What a mitigation wants run: the first half of every technique (`construct`); the second half
/// (`combine`) turns the outcomes, in the same order, into estimates. Between them stands any
/// Executor, or a file.
struct Plan {
  std::vector<Job> jobs;

  /// The same circuits for other parameters.
  /// Throws InputError when a circuit takes another number of weights or features.
  Plan bound(const std::vector<double>& weights, const std::vector<double>& features) const;
  std::uint64_t total_shots() const;
  /// Throws InputError unless there is one outcome a job, each with as many bits as its circuit
  /// reads: what every `combine` asks first.
  void require_matching(std::span<const Outcomes> outcomes) const;
};

}  // namespace rhodrift
