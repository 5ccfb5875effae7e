#include <rhodrift/core/error.hpp>
#include <rhodrift/store/checkpoint.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

TrainingState example() {
  TrainingState state;
  state.parameters_by_step = {{0.1, -1.0 / 3}, {5e-324, 2.0}, {1e300, -0.0}};
  state.history = {{0, 1.0 / 7, 0.25, 100, 0.5}, {1, 0.125, 1e-9, 50, 1.0 / 3}};
  state.optimizer = {{0.1 + 0.2, -1e-17}, {1e-30, 0.5}, 2};
  state.early_stopping = {0.7, {5e-324, 2.0}, 1, 2};
  state.shots = {3, 150, 12, {{0.1, 1.0 / 3}, {0.7}, 2}};
  state.gradients = {{1.0 / 3, -0.0}, {1e-300, 2.0}};
  return state;
}

bool same_bits(const arma::vec& a, const arma::vec& b) {
  return a.n_elem == b.n_elem && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace

TEST_CASE("a checkpoint reads back to the same bits, by a run of the same identity") {
  const ScratchDirectory scratch;
  const auto path = scratch / "model.json.checkpoint";
  const CheckpointRun run{"m", "abc", 1};
  write_checkpoint(path, {}, run, example());
  const TrainingState read = read_checkpoint(path, run), wanted = example();
  REQUIRE(read.parameters_by_step.size() == 3);
  for (std::size_t s = 0; s < 3; ++s)
    CHECK(same_bits(read.parameters_by_step[s], wanted.parameters_by_step[s]));
  REQUIRE(read.history.size() == 2);
  CHECK(read.history[0].loss == wanted.history[0].loss);
  CHECK(read.history[1].gradient_norm == wanted.history[1].gradient_norm);
  CHECK(read.history[1].epoch == 1);
  CHECK(same_bits(read.optimizer.first_moment, wanted.optimizer.first_moment));
  CHECK(same_bits(read.optimizer.second_moment, wanted.optimizer.second_moment));
  CHECK(read.optimizer.steps == 2);
  CHECK(read.early_stopping.best_loss == 0.7);
  CHECK(same_bits(read.early_stopping.best_parameters, wanted.early_stopping.best_parameters));
  CHECK(read.early_stopping.looks == 2);
  CHECK(read.history[1].shots == 50);
  CHECK(read.history[1].seconds == 1.0 / 3);
  CHECK(read.shots.runs == 3);
  CHECK(read.shots.shots == 150);
  CHECK(read.shots.circuits == 12);
  CHECK(same_bits(read.shots.adaptive.gradient, wanted.shots.adaptive.gradient));
  CHECK(same_bits(read.shots.adaptive.deviation, wanted.shots.adaptive.deviation));
  CHECK(read.shots.adaptive.steps == 2);
  REQUIRE(read.gradients.size() == 2);
  CHECK(same_bits(read.gradients[0], wanted.gradients[0]));
  CHECK(same_bits(read.gradients[1], wanted.gradients[1]));

  CHECK_THROWS_WITH(read_checkpoint(path, {"m", "abd", 1}),
                    ContainsSubstring("another configuration or other data"));
  CHECK_THROWS_AS(read_checkpoint(scratch / "none", run), InputError);
  RunWriter writer(scratch / "run.h5", {});
  writer.write_text("checkpoint", "{}");
  writer.commit();
  CHECK_THROWS_AS(read_checkpoint(scratch / "run.h5", run), InputError);
}
