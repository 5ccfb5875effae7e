// A training step, loss and full gradient, by batch, layers and qubits: bench/training-scaling
// draws it.

#include <benchmark/benchmark.h>

#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/objective.hpp>

#include "training_task.hpp"

namespace {

using namespace rhodrift;

void training_step(benchmark::State& state) {
  const auto argument = [&](int i) { return static_cast<int>(state.range(i)); };
  const bench::TrainingTask task =
      bench::training_task(argument(0), argument(1), argument(2), argument(3));
  const ProgramExpectations expectations(task.model.circuit, task.model.observables);
  for (auto _ : state)
    benchmark::DoNotOptimize(training_loss(task.model, expectations, task.parameters, task.batch));
}

void cases(benchmark::internal::Benchmark* job) {
  job->ArgNames({"n", "L", "batch", "uploads"})->Unit(benchmark::kMillisecond);
  for (const int n : {4, 8})
    for (const int uploads : {1, 2})
      for (int batch = 16; batch <= 1024; batch *= 2) job->Args({n, 4, batch, uploads});
  for (const int n : {4, 8})
    for (const int layers : {1, 2, 8, 16, 32}) job->Args({n, layers, 64, 1});
  for (int n = 4; n <= 12; ++n) job->Args({n, 2, 64, 1});
}

BENCHMARK(training_step)->Apply(cases);

}  // namespace
