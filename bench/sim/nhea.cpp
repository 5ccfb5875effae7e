#include "nhea.hpp"

#include <benchmark/benchmark.h>

#include <rhodrift/sim/program.hpp>

namespace {

using namespace rhodrift;
using bench::Nhea, bench::nhea;

void forward(benchmark::State& state) {
  const Nhea job = nhea(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const Program program(job.circuit);
  for (auto _ : state)
    benchmark::DoNotOptimize(program.expectations({job.weights, {}}, job.observables));
  state.counters["steps"] = static_cast<double>(program.n_steps());
}

// The gradient of Σ_q <Z_q> in every angle.
void gradient(benchmark::State& state) {
  const Nhea job = nhea(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const Program program(job.circuit);
  for (auto _ : state)
    benchmark::DoNotOptimize(program.gradient(
        {job.weights, {}}, job.observables,
        [](const arma::vec& values) { return arma::vec(values.n_elem, arma::fill::ones); }));
  state.counters["weights"] = static_cast<double>(job.weights.size());
}

void compile(benchmark::State& state) {
  const Nhea job = nhea(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(Program(job.circuit));
}

void sizes(benchmark::internal::Benchmark* job) {
  job->ArgNames({"n", "L"})->Unit(benchmark::kMillisecond);
  for (int n = 4; n <= 12; ++n) job->Args({n, 10});
}

BENCHMARK(forward)->Apply(sizes);
BENCHMARK(gradient)->Apply(sizes);
BENCHMARK(compile)->Apply(sizes);

}  // namespace
