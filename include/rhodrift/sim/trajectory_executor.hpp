#pragma once

#include <rhodrift/sim/compiled_circuits.hpp>
#include <rhodrift/sim/trajectories.hpp>

namespace rhodrift {

/// Runs jobs on pure states, a trajectory a shot (see TrajectoryProgram): for circuits whose
/// density matrix is too large.
class TrajectoryExecutor : public Executor {
 public:
  using Prepare = PrepareCircuit;

  /// `seed` fixes every shot, whatever the number of threads; job j of the r-th call of `run` has
  /// random streams of its own.
  explicit TrajectoryExecutor(std::uint64_t seed, Prepare prepare = {});

  /// Throws InputError when a job has shots = 0: trajectories give no exact probabilities.
  std::vector<Outcomes> run(std::span<const Job> jobs) override;
  /// The same, keeping every shot.
  std::vector<ShotTable> run_shots(std::span<const Job> jobs);

 private:
  std::uint64_t seed_;
  std::uint64_t runs_ = 0;
  CompiledCircuits<TrajectoryProgram> circuits_;
};

}  // namespace rhodrift
