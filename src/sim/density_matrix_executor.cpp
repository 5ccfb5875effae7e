#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/sampling.hpp>

#include "core/parallel.hpp"

namespace rhodrift {

DensityMatrixExecutor::DensityMatrixExecutor(std::uint64_t seed, Prepare prepare)
    : seed_(seed), circuits_(std::move(prepare)) {}

std::vector<std::vector<double>> DensityMatrixExecutor::probabilities(std::span<const Job> jobs) {
  const std::vector<const OutcomeProgram*> programs = circuits_.of(jobs);
  std::vector<std::vector<double>> result(jobs.size());
  parallel_for(jobs.size(), [&](std::size_t j) {
    result[j] = programs[j]->probabilities({jobs[j].weights, jobs[j].features});
  });
  return result;
}

std::vector<Outcomes> DensityMatrixExecutor::run(std::span<const Job> jobs) {
  const std::vector<std::vector<double>> p = probabilities(jobs);
  const std::uint64_t run = runs_++;
  std::vector<Outcomes> outcomes(jobs.size());
  parallel_for(jobs.size(), [&](std::size_t j) {
    outcomes[j] = jobs[j].shots == 0
                      ? Outcomes::from_probabilities(p[j])
                      : sample(p[j], jobs[j].shots, seed_, stream_id(run, j)).outcomes();
  });
  return outcomes;
}

std::vector<ShotTable> DensityMatrixExecutor::run_shots(std::span<const Job> jobs) {
  for (std::size_t j = 0; j < jobs.size(); ++j)
    if (jobs[j].shots == 0)
      throw InputError("job", std::to_string(j), "asks for 0 shots, but every shot is to be kept");
  const std::vector<std::vector<double>> p = probabilities(jobs);
  const std::uint64_t run = runs_++;
  std::vector<ShotTable> tables(jobs.size(), ShotTable(1));
  parallel_for(jobs.size(), [&](std::size_t j) {
    tables[j] = sample(p[j], jobs[j].shots, seed_, stream_id(run, j));
  });
  return tables;
}

}  // namespace rhodrift
