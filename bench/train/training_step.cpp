#include <benchmark/benchmark.h>

#include <rhodrift/sim/program_expectations.hpp>

#include "nhea.hpp"

namespace {

using namespace rhodrift;

// The values and the gradient of a squared loss in four <Z_q>, of samples that are encoded before
// the ansatz: what an optimizer asks for in a step.
void training_step(benchmark::State& state) {
  const int n = static_cast<int>(state.range(0));
  const bench::Nhea ansatz = bench::nhea(n, static_cast<int>(state.range(1)));
  Circuit circuit(n);
  for (int q = 0; q < n; ++q) circuit.append(Op::ry, {q}, {Angle::feature(q)});
  circuit.append(ansatz.circuit);
  const std::vector<Observable> four(ansatz.observables.begin(), ansatz.observables.begin() + 4);
  const ProgramExpectations expectations(circuit, four);
  const arma::vec weights(ansatz.weights);
  const arma::mat features(static_cast<arma::uword>(n), static_cast<arma::uword>(state.range(2)),
                           arma::fill::randu);
  const auto slope = [&](std::size_t, const arma::vec& values) {
    return arma::vec(values / static_cast<double>(features.n_cols));
  };
  for (auto _ : state) benchmark::DoNotOptimize(expectations.gradient(weights, features, slope));
}

BENCHMARK(training_step)
    ->ArgNames({"n", "L", "batch"})
    ->Args({4, 6, 1})
    ->Args({4, 6, 64})
    ->Args({10, 4, 1})
    ->Args({10, 4, 64})
    ->Unit(benchmark::kMillisecond);

}  // namespace
