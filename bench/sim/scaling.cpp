// Time per layer of NHEA and memory, up to what fits: bench/scaling draws it.

#include <chrono>

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <rhodrift/sim/program.hpp>

#include "nhea.hpp"

namespace {

using namespace rhodrift;

constexpr int few = 2, many = 6;  // layers

template <typename Run>
double seconds(Run run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What a layer adds. What comes once, most of all the first touch of the state's memory, is a
// counter of its own.
template <Precision precision>
void layer(benchmark::State& state) {
  const bench::Nhea shallow = bench::nhea(static_cast<int>(state.range(0)), few),
                    deep = bench::nhea(static_cast<int>(state.range(0)), many);
  const Program program(shallow.circuit, {.precision = precision}),
      deep_program(deep.circuit, {.precision = precision});
  // The first touch of memory that the machine has not handed out since it started takes longer
  // than any after it.
  benchmark::DoNotOptimize(program.expectations({shallow.weights, {}}, shallow.observables));
  double once = 0.0;
  for (auto _ : state) {
    const double short_run = seconds([&] {
      benchmark::DoNotOptimize(program.expectations({shallow.weights, {}}, shallow.observables));
    });
    const double long_run = seconds([&] {
      benchmark::DoNotOptimize(deep_program.expectations({deep.weights, {}}, deep.observables));
    });
    const double layer = (long_run - short_run) / (many - few);
    once += short_run - few * layer;
    state.SetIterationTime(layer);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["once_seconds"] = benchmark::Counter(once, benchmark::Counter::kAvgIterations);
  state.counters["state_bytes"] = static_cast<double>(program.memory().run_bytes);
  // Of the whole process so far: sizes are run in ascending order.
  state.counters["peak_bytes"] = 1024.0 * static_cast<double>(usage.ru_maxrss);
}

void sizes(benchmark::internal::Benchmark* job, int last) {
  job->ArgName("n")->Unit(benchmark::kMillisecond)->UseManualTime()->MinTime(0.1);
  job->DenseRange(4, last);
}

BENCHMARK(layer<Precision::float64>)->Apply([](auto* job) { sizes(job, 15); });
BENCHMARK(layer<Precision::float32>)->Apply([](auto* job) { sizes(job, 16); });

}  // namespace
