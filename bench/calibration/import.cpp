#include <cstdlib>
#include <filesystem>

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/import.hpp>

namespace {

using namespace rhodrift;

/// Largest resident set of this process so far, in MB (10^6 bytes).
double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

// 59 snapshots of ibm_fez, 156 qubits, 79 MB of JSON, into the text of one series file.
void ibm_fez_week(benchmark::State& state) {
  const char* raw = std::getenv("RHODRIFT_RAW_CALIBRATIONS");
  if (!raw) {
    state.SkipWithError("RHODRIFT_RAW_CALIBRATIONS has to name the folder of the raw files");
    return;
  }
  const std::filesystem::path folder = std::filesystem::path(raw) / "ibm_fez_week";
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) bytes += entry.file_size();
  std::size_t n_states = 0;
  for (auto _ : state) {
    const auto series = std::get<CalibrationSeries>(import_calibration({folder}, {}));
    benchmark::DoNotOptimize(to_json(series));
    n_states = series.states.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) *
                          static_cast<std::int64_t>(state.iterations()));
  state.counters["states"] = static_cast<double>(n_states);
  state.counters["peak_MB"] = peak_mb();
}

BENCHMARK(ibm_fez_week)->Unit(benchmark::kMillisecond);

}  // namespace
