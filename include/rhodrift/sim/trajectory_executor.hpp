#pragma once

#include <memory>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/sim/trajectories.hpp>

namespace rhodrift {

template <typename Compiled>
class CompiledCircuits;

/// Runs jobs on pure states, a trajectory a shot (see TrajectoryProgram): for circuits whose
/// density matrix is too large.
class TrajectoryExecutor : public Executor {
 public:
  /// `seed` fixes every shot, whatever the number of threads; job j of call number r of `run` has
  /// random streams of its own. The first call is number `first_run`: what was stopped after so
  /// many of them goes on with the same shots.
  explicit TrajectoryExecutor(std::uint64_t seed, PrepareCircuit prepare = {},
                              std::uint64_t first_run = 0);
  ~TrajectoryExecutor() override;

  /// Throws InputError when a job has shots = 0: trajectories give no exact probabilities.
  std::vector<Outcomes> run(std::span<const Job> jobs) override;
  /// The same, keeping every shot.
  std::vector<ShotTable> run_shots(std::span<const Job> jobs);

 private:
  std::uint64_t seed_;
  std::uint64_t runs_;  // number of the next call
  std::unique_ptr<CompiledCircuits<TrajectoryProgram>> circuits_;
};

}  // namespace rhodrift
