#include <atomic>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/sampling.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;

namespace {

std::shared_ptr<const Circuit> noisy_circuit(std::uint64_t stream) {
  RandomStream random(401, stream);
  Circuit circuit = oracle::random_circuit(
      {.n_qubits = 3, .n_instructions = 20, .n_weights = 2, .n_features = 1}, random);
  circuit.append(Op::ry, {0}, {Angle::weight(0) + Angle::weight(1) + Angle::feature(0)});
  circuit.set_readout_error({oracle::random_confusion({2, 0}, random)});
  return std::make_shared<const Circuit>(circuit);
}

std::vector<Job> some_jobs(std::uint64_t shots) {
  std::vector<Job> jobs;
  RandomStream random(402);
  const std::vector<std::shared_ptr<const Circuit>> circuits{noisy_circuit(1), noisy_circuit(2)};
  for (std::size_t j = 0; j < 7; ++j)
    jobs.push_back({circuits[j % 2], oracle::random_angles(2, random),
                    oracle::random_angles(1, random), shots});
  return jobs;
}

}  // namespace

TEST_CASE("Exact jobs give the probabilities the device would report") {
  DensityMatrixExecutor executor(1);
  const std::vector<Job> jobs = some_jobs(0);
  const std::vector<Outcomes> outcomes = executor.run(jobs);
  REQUIRE(outcomes.size() == jobs.size());
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    CHECK(outcomes[j].exact());
    CHECK(outcomes[j].n_bits == 3);
    const arma::vec expected = oracle::reported_probabilities(
        *jobs[j].circuit, oracle::evolve(*jobs[j].circuit, jobs[j].weights, jobs[j].features));
    arma::vec seen(expected.n_elem, arma::fill::zeros);
    for (std::size_t r = 0; r < outcomes[j].size(); ++r)
      seen(outcomes[j].number(r)) = outcomes[j].frequency[r];
    CHECK(arma::abs(seen - expected).max() <= 1e-12);
  }
}

TEST_CASE("Shots are the same for any number of threads") {
  const std::vector<Job> jobs = some_jobs(5000);
  const auto shots_with = [&](int threads) {
    const ThreadCount scope(threads);
    DensityMatrixExecutor executor(99);
    std::vector<std::vector<std::uint8_t>> packed;
    for (int call = 0; call < 2; ++call)
      for (const ShotTable& table : executor.run_shots(jobs)) packed.push_back(table.packed());
    return packed;
  };
  const auto one = shots_with(1);
  CHECK(one == shots_with(2));
  CHECK(one == shots_with(5));
  // Every table has a stream of its own: jobs 0 and 2 differ in their numbers, calls in theirs.
  CHECK(one[0] != one[7]);
  CHECK(one[1] != one[8]);
}

TEST_CASE("run and run_shots draw the same shots") {
  const std::vector<Job> jobs = some_jobs(1000);
  DensityMatrixExecutor a(5), b(5), c(6);
  const std::vector<Outcomes> outcomes = a.run(jobs);
  const std::vector<ShotTable> tables = b.run_shots(jobs);
  const std::vector<Outcomes> other = c.run(jobs);
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    CHECK(outcomes[j].shots == 1000);
    CHECK(outcomes[j].counts() == tables[j].outcomes().counts());
    CHECK(outcomes[j].counts() != other[j].counts());
  }
}

TEST_CASE("An executor goes on where another one was stopped") {
  const std::vector<Job> jobs = some_jobs(1000);
  DensityMatrixExecutor whole(5), resumed(5, {}, 1);
  whole.run(jobs);
  const std::vector<Outcomes> second = whole.run(jobs), after_one = resumed.run(jobs);
  for (std::size_t j = 0; j < jobs.size(); ++j) CHECK(second[j].counts() == after_one[j].counts());
}

TEST_CASE("Two identical jobs of one call draw different shots") {
  std::vector<Job> jobs = some_jobs(1000);
  jobs[1] = jobs[0];
  const std::vector<ShotTable> tables = DensityMatrixExecutor(5).run_shots(jobs);
  CHECK(tables[0].packed() != tables[1].packed());
}

TEST_CASE("Prepare runs once per distinct circuit and its noise is what runs") {
  std::atomic<int> calls = 0;  // circuits may be prepared in parallel
  DensityMatrixExecutor executor(1, [&](const Circuit& circuit, double) {
    ++calls;
    Circuit prepared = circuit;
    prepared.append_channel("reset", {0}, reset_channel().ptm());
    return prepared;
  });
  auto circuit = std::make_shared<Circuit>(1);
  circuit->append(Op::x, {0});
  const auto same_content = std::make_shared<Circuit>(*circuit);
  const std::vector<Job> jobs{
      {circuit, {}, {}, 0}, {circuit, {}, {}, 0}, {same_content, {}, {}, 0}};
  for (int call = 0; call < 2; ++call)
    for (const Outcomes& outcomes : executor.run(jobs)) {
      CHECK(outcomes.words == std::vector<std::uint64_t>{0});
      CHECK(outcomes.frequency == std::vector<double>{1.0});
    }
  CHECK(calls == 2);
}

TEST_CASE("A circuit that nobody holds any more is forgotten at the next call") {
  DensityMatrixExecutor executor(1, [](const Circuit& c, double) { return c; });
  auto circuit = std::make_shared<const Circuit>(1);
  const std::weak_ptr<const Circuit> watched = circuit;
  executor.run(std::vector<Job>{{circuit, {}, {}, 0}, {circuit, {}, {}, 0, 2.0}});
  circuit = std::make_shared<const Circuit>(1);
  CHECK_FALSE(watched.expired());
  executor.run(std::vector<Job>{{circuit, {}, {}, 0}});
  CHECK(watched.expired());
}

TEST_CASE("A job's noise scale reaches the noise, and needs a device") {
  const auto circuit = std::make_shared<const Circuit>(Circuit(1).append(Op::x, {0}));
  const std::vector<Job> jobs{{circuit, {}, {}, 0, 1.0}, {circuit, {}, {}, 0, 3.0}};
  DensityMatrixExecutor executor(1, [](const Circuit& c, double noise_scale) {
    return Circuit(c).append_channel("damp", {0}, amplitude_damping(0.1 * noise_scale).ptm());
  });
  const std::vector<Outcomes> outcomes = executor.run(jobs);
  CHECK(outcomes[0].frequency[0] == Approx(0.1).epsilon(1e-14));
  CHECK(outcomes[1].frequency[0] == Approx(0.3).epsilon(1e-14));
  CHECK_THROWS_WITH(DensityMatrixExecutor(1).run(jobs), ContainsSubstring("job: 1: has no device"));
}

TEST_CASE("Errors in jobs name the job's fault, the first one's for any number of threads") {
  std::vector<Job> jobs = some_jobs(100);
  jobs[3].weights = {0.1};
  jobs[5].features = {};
  for (const int threads : {1, 2}) {
    const ThreadCount scope(threads);
    DensityMatrixExecutor executor(1);
    CHECK_THROWS_WITH(executor.run(jobs),
                      ContainsSubstring("weights") && ContainsSubstring("takes 2, got 1"));
    CHECK_THROWS_AS(executor.run(jobs), InputError);
  }
  jobs = some_jobs(100);
  jobs[4].shots = 0;
  DensityMatrixExecutor executor(1);
  CHECK_THROWS_WITH(executor.run_shots(jobs),
                    ContainsSubstring("job: 4") && ContainsSubstring("0 shots"));
  jobs[4].circuit = nullptr;
  CHECK_THROWS_WITH(executor.run(jobs),
                    ContainsSubstring("job: 4") && ContainsSubstring("no circuit"));
  CHECK(executor.run({}).empty());
}
