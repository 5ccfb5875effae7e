// What the derivatives in all numbers of a calibration add to a gradient in the angles.
#include <benchmark/benchmark.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/sim/program.hpp>

namespace {

using namespace rhodrift;

constexpr int n_layers = 10;
const Layout path{0, 1, 2, 3, 5, 8, 11, 14, 13, 12, 10, 7};  // of ibmq_guadalupe

/// Layers of rz(θ) sx rz(θ') on every qubit and a cx along every bond of the path.
Circuit ansatz(int n) {
  Circuit circuit(n);
  for (int layer = 0; layer < n_layers; ++layer) {
    for (int q = 0; q < n; ++q) {
      circuit.append(Op::rz, {q}, {Angle::weight(circuit.n_weights())});
      circuit.append(Op::sx, {q});
      circuit.append(Op::rz, {q}, {Angle::weight(circuit.n_weights())});
    }
    for (int q = 0; q + 1 < n; ++q) circuit.append(Op::cx, {q, q + 1});
  }
  return circuit;
}

void gradient(benchmark::State& state, Derivatives derivatives) {
  const auto n = static_cast<int>(state.range(0));
  const NoiseModel noise(read_calibration(RHODRIFT_CALIBRATIONS "/guadalupe.json"),
                         NoisePolicy::aer);
  const Layout layout(path.begin(), path.begin() + n);
  const Program program(noise.apply(ansatz(n), layout, derivatives));
  const std::vector<double> weights(static_cast<std::size_t>(program.n_weights()), 0.3);
  const std::vector<Observable> observables{Observable::z(0)};
  for (auto _ : state)
    benchmark::DoNotOptimize(program.gradient({weights, {}}, observables,
                                              [](const arma::vec&) { return arma::vec{1.0}; }));
  state.counters["weights"] = static_cast<double>(weights.size());
  state.counters["numbers"] = static_cast<double>(program.numbers().size());
}

BENCHMARK_CAPTURE(gradient, angles, Derivatives::without)
    ->ArgName("n")
    ->DenseRange(4, 12, 2)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, angles_and_numbers, Derivatives::with)
    ->ArgName("n")
    ->DenseRange(4, 12, 2)
    ->Unit(benchmark::kMillisecond);

}  // namespace
