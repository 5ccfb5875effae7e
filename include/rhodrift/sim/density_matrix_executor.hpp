#pragma once

#include <memory>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/sim/outcome_program.hpp>

namespace rhodrift {

template <typename Compiled>
class CompiledCircuits;

/// Runs jobs on the exact density matrix, sampling where a job asks for shots. What is reported is
/// what OutcomeProgram says; shots are those that pass a circuit's post-selections.
class DensityMatrixExecutor : public Executor {
 public:
  /// `seed` fixes every shot, whatever the number of threads; job j of call number r of `run` has a
  /// random stream of its own. The first call is number `first_run`: what was stopped after so many
  /// of them goes on with the same shots.
  explicit DensityMatrixExecutor(std::uint64_t seed, PrepareCircuit prepare = {},
                                 std::uint64_t first_run = 0);
  ~DensityMatrixExecutor() override;

  std::vector<Outcomes> run(std::span<const Job> jobs) override;

  /// The same shots, each kept, in random order. Throws InputError when a job has shots = 0.
  std::vector<ShotTable> run_shots(std::span<const Job> jobs);

 private:
  /// Reported probabilities of every job.
  std::vector<std::vector<double>> probabilities(std::span<const Job> jobs);

  std::uint64_t seed_;
  std::uint64_t runs_;  // number of the next call
  std::unique_ptr<CompiledCircuits<OutcomeProgram>> circuits_;
};

}  // namespace rhodrift
