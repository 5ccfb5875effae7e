#include <algorithm>
#include <map>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

#include "core/parallel.hpp"
#include "core/shuffle.hpp"
#include "sim/compiled_circuits.hpp"

namespace rhodrift {

namespace {

/// Jobs that are run at once: of one circuit, with other parameters.
struct Batch {
  const OutcomeProgram* program;
  std::vector<std::size_t> jobs;
};

/// Batches of some times as many jobs as a vector register has lanes, so that threads share them.
std::vector<Batch> batches_of(const std::vector<const OutcomeProgram*>& programs) {
  constexpr std::size_t most = 64;
  std::vector<Batch> batches;
  std::map<const OutcomeProgram*, std::size_t> open;
  for (std::size_t j = 0; j < programs.size(); ++j) {
    const auto [found, is_new] = open.try_emplace(programs[j], batches.size());
    if (!is_new && batches[found->second].jobs.size() == most) found->second = batches.size();
    if (found->second == batches.size()) batches.push_back({programs[j], {}});
    batches[found->second].jobs.push_back(j);
  }
  return batches;
}

/// A column a job.
arma::mat columns(const Batch& batch, std::span<const Job> jobs,
                  std::vector<double> Job::*numbers) {
  const std::size_t n = (jobs[batch.jobs[0]].*numbers).size();
  arma::mat result(n, batch.jobs.size());
  for (std::size_t k = 0; k < batch.jobs.size(); ++k) {
    const std::vector<double>& of_job = jobs[batch.jobs[k]].*numbers;
    std::ranges::copy(of_job, result.begin() + static_cast<std::ptrdiff_t>(k * n));
  }
  return result;
}

void run_batch(const Batch& batch, std::span<const Job> jobs,
               std::vector<std::vector<double>>& result) {
  if (batch.jobs.size() == 1) {
    const Job& job = jobs[batch.jobs[0]];
    result[batch.jobs[0]] = batch.program->probabilities({job.weights, job.features});
    return;
  }
  const arma::mat weights = columns(batch, jobs, &Job::weights);
  const arma::mat features = columns(batch, jobs, &Job::features);
  std::vector<std::vector<double>> found =
      batch.program->batch_probabilities({batch.jobs.size(), weights, features});
  for (std::size_t k = 0; k < batch.jobs.size(); ++k) result[batch.jobs[k]] = std::move(found[k]);
}

/// Given how many there are of each, shots are in any order with the same probability.
ShotTable in_random_order(const Outcomes& outcomes, RandomStream random) {
  std::vector<Bitstring> shots;
  for (const auto& [bits, count] : outcomes.counts()) shots.insert(shots.end(), count, bits);
  shuffle(shots, random);
  ShotTable table(outcomes.n_bits, shots.size());
  table.set(0, shots);
  return table;
}

}  // namespace

DensityMatrixExecutor::DensityMatrixExecutor(std::uint64_t seed, PrepareCircuit prepare,
                                             std::uint64_t first_run)
    : seed_(seed),
      runs_(first_run),
      circuits_(std::make_unique<CompiledCircuits<OutcomeProgram>>(std::move(prepare))) {}

DensityMatrixExecutor::~DensityMatrixExecutor() = default;

std::vector<std::vector<double>> DensityMatrixExecutor::probabilities(std::span<const Job> jobs) {
  const std::vector<const OutcomeProgram*> programs = circuits_->of(jobs);
  for (std::size_t j = 0; j < jobs.size(); ++j)
    programs[j]->validate({jobs[j].weights, jobs[j].features});
  const std::vector<Batch> batches = batches_of(programs);
  std::vector<std::vector<double>> result(jobs.size());
  parallel_for(batches.size(), [&](std::size_t b) { run_batch(batches[b], jobs, result); });
  return result;
}

std::vector<Outcomes> DensityMatrixExecutor::run(std::span<const Job> jobs) {
  const std::vector<std::vector<double>> p = probabilities(jobs);
  const std::uint64_t run = runs_++;
  std::vector<Outcomes> outcomes(jobs.size());
  parallel_for(jobs.size(), [&](std::size_t j) {
    const Outcomes exact = Outcomes::from_probabilities(p[j]);
    RandomStream random(seed_, stream_id(run, j));
    outcomes[j] = jobs[j].shots == 0 ? exact : draw(exact, jobs[j].shots, random);
  });
  return outcomes;
}

std::vector<ShotTable> DensityMatrixExecutor::run_shots(std::span<const Job> jobs) {
  for (std::size_t j = 0; j < jobs.size(); ++j)
    if (jobs[j].shots == 0)
      throw InputError("job", std::to_string(j), "asks for 0 shots, but every shot is to be kept");
  const std::uint64_t run_number = runs_;
  const std::vector<Outcomes> outcomes = run(jobs);
  std::vector<ShotTable> tables(jobs.size(), ShotTable(1));
  parallel_for(jobs.size(), [&](std::size_t j) {
    tables[j] = in_random_order(outcomes[j], RandomStream(seed_, stream_id(run_number, j, 1)));
  });
  return tables;
}

}  // namespace rhodrift
