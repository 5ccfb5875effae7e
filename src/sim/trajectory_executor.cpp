#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/trajectory_executor.hpp>

#include "sim/compiled_circuits.hpp"

namespace rhodrift {

TrajectoryExecutor::TrajectoryExecutor(std::uint64_t seed, PrepareCircuit prepare,
                                       std::uint64_t first_run)
    : seed_(seed),
      runs_(first_run),
      circuits_(std::make_unique<CompiledCircuits<TrajectoryProgram>>(std::move(prepare))) {}

TrajectoryExecutor::~TrajectoryExecutor() = default;

std::vector<Outcomes> TrajectoryExecutor::run(std::span<const Job> jobs) {
  std::vector<Outcomes> outcomes;
  for (const ShotTable& table : run_shots(jobs)) outcomes.push_back(table.outcomes());
  return outcomes;
}

std::vector<ShotTable> TrajectoryExecutor::run_shots(std::span<const Job> jobs) {
  for (std::size_t j = 0; j < jobs.size(); ++j)
    if (jobs[j].shots == 0)
      throw InputError("job", std::to_string(j),
                       "asks for exact probabilities (0 shots), which trajectories do not give");
  const std::vector<const TrajectoryProgram*> programs = circuits_->of(jobs);
  const std::uint64_t run = runs_++;
  std::vector<ShotTable> tables;
  for (std::size_t j = 0; j < jobs.size(); ++j)
    tables.push_back(programs[j]->sample({jobs[j].weights, jobs[j].features}, jobs[j].shots, seed_,
                                         stream_id(run, j)));
  return tables;
}

}  // namespace rhodrift
