#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/core/error.hpp>

#include "core/parallel.hpp"

namespace rhodrift {

/// What an executor keeps of its jobs: every distinct circuit (by its pointer) and noise scale,
/// prepared and compiled, until nobody else holds the circuit. `Compiled` is constructed from the
/// prepared circuit.
template <typename Compiled>
class CompiledCircuits {
 public:
  /// `prepare` is called once for each of them, threads sharing the work; without one circuits run
  /// as they are.
  explicit CompiledCircuits(PrepareCircuit prepare) : prepare_(std::move(prepare)) {}

  /// One a job; they stay until the next call. Throws InputError when a job has no circuit or,
  /// without a `prepare`, another noise scale than 1, and what preparing and compiling throw.
  std::vector<const Compiled*> of(std::span<const Job> jobs) {
    forget_unheld();
    std::set<Key> missing;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      if (!jobs[j].circuit) throw InputError("job", std::to_string(j), "has no circuit");
      if (!prepare_ && jobs[j].noise_scale != 1.0)
        throw InputError("job", std::to_string(j), "has no device whose noise could be scaled");
      if (const Key key = key_of(jobs[j]); !cache_.contains(key)) missing.insert(key);
    }
    compile({missing.begin(), missing.end()});
    std::vector<const Compiled*> result;
    for (const Job& job : jobs) result.push_back(&cache_.at(key_of(job)));
    return result;
  }

 private:
  using Key = std::pair<std::shared_ptr<const Circuit>, double>;

  static Key key_of(const Job& job) { return {job.circuit, job.noise_scale}; }

  void forget_unheld() {
    std::map<const Circuit*, long> cached;  // the cache holds a circuit once a noise scale
    for (const auto& [key, compiled] : cache_) ++cached[key.first.get()];
    std::set<const Circuit*> unheld;
    for (const auto& [key, compiled] : cache_)
      if (key.first.use_count() == cached.at(key.first.get())) unheld.insert(key.first.get());
    std::erase_if(cache_,
                  [&](const auto& entry) { return unheld.contains(entry.first.first.get()); });
  }

  void compile(const std::vector<Key>& keys) {
    std::vector<std::optional<Compiled>> compiled(keys.size());
    parallel_for(keys.size(), [&](std::size_t k) {
      const auto& [circuit, noise_scale] = keys[k];
      compiled[k].emplace(prepare_ ? prepare_(*circuit, noise_scale) : *circuit);
    });
    for (std::size_t k = 0; k < keys.size(); ++k) cache_.emplace(keys[k], std::move(*compiled[k]));
  }

  PrepareCircuit prepare_;
  std::map<Key, Compiled> cache_;
};

}  // namespace rhodrift
