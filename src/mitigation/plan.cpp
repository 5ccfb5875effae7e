#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/plan.hpp>

namespace rhodrift {

namespace {

void require_count(const char* what, std::size_t given, int taken, std::size_t job) {
  if (given != static_cast<std::size_t>(taken))
    throw InputError("plan", fmt::format("job {}", job),
                     fmt::format("{} {} given, the circuit takes {}", given, what, taken));
}

}  // namespace

Plan Plan::bound(const std::vector<double>& weights, const std::vector<double>& features) const {
  Plan result = *this;
  for (std::size_t j = 0; j < result.jobs.size(); ++j) {
    Job& job = result.jobs[j];
    require_count("weights", weights.size(), job.circuit->n_weights(), j);
    require_count("features", features.size(), job.circuit->n_features(), j);
    job.weights = weights;
    job.features = features;
  }
  return result;
}

std::uint64_t Plan::total_shots() const {
  std::uint64_t total = 0;
  for (const Job& job : jobs) total += job.shots;
  return total;
}

void Plan::require_matching(std::span<const Outcomes> outcomes) const {
  if (outcomes.size() != jobs.size())
    throw InputError("outcomes", "",
                     fmt::format("{} given for {} circuits", outcomes.size(), jobs.size()));
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const std::size_t n_bits = jobs[j].circuit->qubit_of_bit().size();
    if (static_cast<std::size_t>(outcomes[j].n_bits) != n_bits)
      throw InputError(
          "outcomes", fmt::format("circuit {}", j),
          fmt::format("{} bits given, the circuit reads {}", outcomes[j].n_bits, n_bits));
  }
}

}  // namespace rhodrift
