#include <iostream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/compile/compile.hpp>

namespace {

using namespace rhodrift;

// compile(), from a circuit and a calibration in memory to one with a schedule.
void compile_circuit(benchmark::State& state, const Circuit& circuit, const Calibration& device) {
  for (auto _ : state) benchmark::DoNotOptimize(compile(circuit, device, CompileOptions{}));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 3) {
    std::cerr << "usage: bench_compile [--benchmark_...] CALIBRATION CIRCUIT...\n";
    return 2;
  }
  const Calibration device = read_calibration(argv[1]);
  const std::vector<std::string> files(argv + 2, argv + argc);
  for (const std::string& file : files) {
    benchmark::RegisterBenchmark(
        file.c_str(), [&device, circuit = read_qasm_file(file)](
                          benchmark::State& state) { compile_circuit(state, circuit, device); })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  benchmark::RunSpecifiedBenchmarks();
}
