#include <atomic>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/trajectory_executor.hpp>

#include "support/catch.hpp"
#include "support/chi_square.hpp"
#include "support/oracle.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;

namespace {

std::vector<Job> some_jobs(std::uint64_t shots) {
  RandomStream random(631);
  Circuit circuit = oracle::random_circuit(
      {.n_qubits = 3, .n_instructions = 20, .n_weights = 2, .n_features = 1}, random);
  circuit.append(Op::ry, {0}, {Angle::weight(0) + Angle::weight(1) + Angle::feature(0)});
  circuit.set_readout_error({oracle::random_confusion({2, 0}, random)});
  const auto shared = std::make_shared<const Circuit>(circuit);
  std::vector<Job> jobs;
  for (int j = 0; j < 3; ++j)
    jobs.push_back(
        {shared, oracle::random_angles(2, random), oracle::random_angles(1, random), shots});
  return jobs;
}

}  // namespace

TEST_CASE("A job's shots follow the probabilities a device would report") {
  const std::vector<Job> jobs = some_jobs(5000);
  const std::vector<ShotTable> tables = TrajectoryExecutor(1).run_shots(jobs);
  REQUIRE(tables.size() == jobs.size());
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const arma::vec expected = oracle::reported_probabilities(
        *jobs[j].circuit, oracle::evolve(*jobs[j].circuit, jobs[j].weights, jobs[j].features));
    CHECK(chi_square_p_value(tables[j], arma::conv_to<std::vector<double>>::from(expected)) > 1e-3);
  }
}

TEST_CASE("Every job of every call has random streams of its own, whatever the number of threads") {
  std::vector<Job> jobs = some_jobs(300);
  jobs[1] = jobs[0];
  const auto shots_with = [&](int n_threads) {
    const ThreadCount scope(n_threads);
    TrajectoryExecutor executor(99);
    std::vector<std::vector<std::uint8_t>> packed;
    for (int call = 0; call < 2; ++call)
      for (const ShotTable& table : executor.run_shots(jobs)) packed.push_back(table.packed());
    return packed;
  };
  const auto one = shots_with(1);
  CHECK(shots_with(2) == one);
  CHECK(one[0] != one[1]);
  CHECK(one[0] != one[3]);
}

TEST_CASE("run has the outcomes of run_shots") {
  const std::vector<Job> jobs = some_jobs(200);
  TrajectoryExecutor a(5), b(5);
  const std::vector<Outcomes> outcomes = a.run(jobs);
  const std::vector<ShotTable> tables = b.run_shots(jobs);
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    CHECK(outcomes[j].shots == 200);
    CHECK(outcomes[j].counts() == tables[j].outcomes().counts());
  }
}

TEST_CASE("Circuits are prepared once, and their noise is what runs on pure states too") {
  std::atomic<int> calls = 0;  // circuits may be prepared in parallel
  TrajectoryExecutor executor(1, [&](const Circuit& circuit, double) {
    ++calls;
    Circuit prepared = circuit;
    prepared.append_channel("reset", {0}, reset_channel().ptm());
    return prepared;
  });
  auto circuit = std::make_shared<Circuit>(1);
  circuit->append(Op::h, {0});
  const std::vector<Job> jobs{{circuit, {}, {}, 50}, {circuit, {}, {}, 50}};
  for (int call = 0; call < 2; ++call)
    for (const Outcomes& outcomes : executor.run(jobs))
      CHECK(outcomes.counts() == std::map<Bitstring, std::uint64_t>{{0, 50}});
  CHECK(calls == 1);
}

TEST_CASE("Jobs without shots or circuit are refused by their number") {
  std::vector<Job> jobs = some_jobs(10);
  jobs[2].shots = 0;
  TrajectoryExecutor executor(1);
  CHECK_THROWS_WITH(
      executor.run(jobs),
      "job: 2: asks for exact probabilities (0 shots), which trajectories do not give");
  jobs[2].shots = 1;
  jobs[1].circuit = nullptr;
  CHECK_THROWS_WITH(executor.run(jobs), "job: 1: has no circuit");
  CHECK(executor.run({}).empty());
}
