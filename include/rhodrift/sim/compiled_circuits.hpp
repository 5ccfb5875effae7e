#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

/// What is done to a job's circuit before it runs: translation to a device, its noise, that many
/// times as strong (Job::noise_scale).
using PrepareCircuit = std::function<Circuit(const Circuit& circuit, double noise_scale)>;

/// What an executor keeps of its jobs: every distinct circuit (by its pointer) and noise scale,
/// prepared and compiled, until nobody else holds the circuit. `Compiled` is constructed from the
/// prepared circuit.
template <typename Compiled>
class CompiledCircuits {
 public:
  /// `prepare` is called once for each of them; without one circuits run as they are.
  explicit CompiledCircuits(PrepareCircuit prepare) : prepare_(std::move(prepare)) {}

  /// One a job; they stay until the next call. Throws InputError when a job has no circuit or,
  /// without a `prepare`, another noise scale than 1, and what preparing and compiling throw.
  std::vector<const Compiled*> of(std::span<const Job> jobs) {
    forget_unheld();
    std::vector<const Compiled*> result;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      if (!jobs[j].circuit) throw InputError("job", std::to_string(j), "has no circuit");
      if (!prepare_ && jobs[j].noise_scale != 1.0)
        throw InputError("job", std::to_string(j), "has no device whose noise could be scaled");
      result.push_back(&compiled(jobs[j]));
    }
    return result;
  }

 private:
  using Key = std::pair<std::shared_ptr<const Circuit>, double>;

  void forget_unheld() {
    std::map<const Circuit*, long> cached;  // the cache holds a circuit once a noise scale
    for (const auto& [key, compiled] : cache_) ++cached[key.first.get()];
    std::set<const Circuit*> unheld;
    for (const auto& [key, compiled] : cache_)
      if (key.first.use_count() == cached.at(key.first.get())) unheld.insert(key.first.get());
    std::erase_if(cache_,
                  [&](const auto& entry) { return unheld.contains(entry.first.first.get()); });
  }

  const Compiled& compiled(const Job& job) {
    const Key key{job.circuit, job.noise_scale};
    auto found = cache_.find(key);
    if (found == cache_.end())
      found = cache_
                  .emplace(key, Compiled(prepare_ ? prepare_(*job.circuit, job.noise_scale)
                                                  : *job.circuit))
                  .first;
    return found->second;
  }

  PrepareCircuit prepare_;
  std::map<Key, Compiled> cache_;
};

}  // namespace rhodrift
