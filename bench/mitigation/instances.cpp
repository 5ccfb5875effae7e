#include <benchmark/benchmark.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/translate.hpp>
#include <rhodrift/mitigation/pec/pec.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

namespace {

using namespace rhodrift;

// n qubits of a chain, n layers of ry and cz: n (n - 1) entanglers.
Circuit layers(int n) {
  Circuit circuit(n);
  for (int layer = 0; layer < n; ++layer) {
    for (int q = 0; q < n; ++q) circuit.append(Op::ry, {q}, {0.3 + 0.1 * (q + n * layer)});
    for (int q = 0; q + 1 < n; ++q) circuit.append(Op::cz, {q, q + 1});
  }
  return circuit;
}

Device chain(int n) {
  Device device{read_calibration(RHODRIFT_CALIBRATIONS "/fez.json"), {}};
  for (int q = 0; q < n; ++q) device.layout.push_back(q);
  return device;
}

// 10^4 instances of error cancellation, 100 shots each: what makes them, and what runs them.
void make_instances(benchmark::State& state) {
  const int n = static_cast<int>(state.range(0));
  const Device device = chain(n);
  const DressedCircuit dressed = dress(translate(layers(n), device.calibration(), device.layout));
  const PauliNoise believed = pauli_twirled(dressed, noise_of(dressed, device));
  for (auto _ : state) benchmark::DoNotOptimize(pec::construct(dressed, believed, 10000, 100, 1));
}

void run_instances(benchmark::State& state) {
  const int n = static_cast<int>(state.range(0));
  const Device device = chain(n);
  const DressedCircuit dressed = dress(translate(layers(n), device.calibration(), device.layout));
  const PauliNoise believed = pauli_twirled(dressed, noise_of(dressed, device));
  const pec::PecPlan plan = pec::construct(dressed, believed, 10000, 100, 1);
  DensityMatrixExecutor executor(
      1, [&](const Circuit& circuit, double scale) { return on_device(circuit, device, scale); });
  executor.run(std::span(plan.jobs).first(1));  // compiles
  for (auto _ : state) benchmark::DoNotOptimize(executor.run(plan.jobs));
}

BENCHMARK(make_instances)->ArgName("n")->DenseRange(4, 6)->Unit(benchmark::kMillisecond);
BENCHMARK(run_instances)->ArgName("n")->DenseRange(4, 6)->Unit(benchmark::kMillisecond);

}  // namespace
