// Time per layer of NHEA(n, 2) and memory, up to what fits: bench/scaling draws it.

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <rhodrift/sim/program.hpp>

#include "nhea.hpp"

namespace {

using namespace rhodrift;

constexpr int n_layers = 2;

template <Precision precision>
void layer(benchmark::State& state) {
  const bench::Nhea job = bench::nhea(static_cast<int>(state.range(0)), n_layers);
  const Program program(job.circuit, {.precision = precision});
  for (auto _ : state)
    benchmark::DoNotOptimize(program.expectations({job.weights, {}}, job.observables));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["layers"] = n_layers;
  state.counters["state_bytes"] = static_cast<double>(program.memory().run_bytes);
  // Of the whole process so far: sizes are run in ascending order.
  state.counters["peak_bytes"] = 1024.0 * static_cast<double>(usage.ru_maxrss);
}

void sizes(benchmark::internal::Benchmark* job, int last) {
  job->ArgName("n")->Unit(benchmark::kMillisecond)->UseRealTime();
  job->DenseRange(4, last);
}

BENCHMARK(layer<Precision::float64>)->Apply([](auto* job) { sizes(job, 15); });
BENCHMARK(layer<Precision::float32>)->Apply([](auto* job) { sizes(job, 16); });

}  // namespace
