#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

/// What is done to a job's circuit before it runs: translation to a device, its noise.
using PrepareCircuit = std::function<Circuit(const Circuit&)>;

/// What an executor keeps of its jobs: every distinct circuit (by its pointer), prepared and
/// compiled, until nobody else holds the circuit. `Compiled` is constructed from the prepared
/// circuit.
template <typename Compiled>
class CompiledCircuits {
 public:
  /// `prepare` is called once per distinct circuit; without one circuits run as they are.
  explicit CompiledCircuits(PrepareCircuit prepare) : prepare_(std::move(prepare)) {}

  /// One a job; they stay until the next call. Throws InputError when a job has no circuit, and
  /// what preparing and compiling throw.
  std::vector<const Compiled*> of(std::span<const Job> jobs) {
    std::erase_if(cache_, [](const auto& entry) { return entry.first.use_count() == 1; });
    std::vector<const Compiled*> result;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      if (!jobs[j].circuit) throw InputError("job", std::to_string(j), "has no circuit");
      result.push_back(&compiled(jobs[j].circuit));
    }
    return result;
  }

 private:
  const Compiled& compiled(const std::shared_ptr<const Circuit>& circuit) {
    auto found = cache_.find(circuit);
    if (found == cache_.end())
      found = cache_.emplace(circuit, Compiled(prepare_ ? prepare_(*circuit) : *circuit)).first;
    return found->second;
  }

  PrepareCircuit prepare_;
  std::map<std::shared_ptr<const Circuit>, Compiled> cache_;
};

}  // namespace rhodrift
