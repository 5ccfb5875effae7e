// Our side of bench/peers/mitigation/zne_job.py, which says what is computed:
//   zne_job FOLDER SHOTS REPEATS

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/strategy.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/version.hpp>

namespace {

using namespace rhodrift;

const std::vector<std::string> models{"linear", "richardson", "exponential:asymptote=0"};

std::vector<Circuit> read_circuits(const std::filesystem::path& folder) {
  std::vector<Circuit> circuits;
  for (;;) {
    const auto file = folder / (std::to_string(circuits.size()) + ".qasm");
    if (!std::filesystem::exists(file)) return circuits;
    circuits.push_back(read_qasm_file(file));
  }
}

/// Null where the shots do not allow the fit.
nlohmann::json value_of(const PreparedStrategy& prepared, std::span<const Outcomes> outcomes) {
  try {
    return prepared.combine(outcomes)[0].value;
  } catch (const RunError&) {
    return nullptr;
  }
}

/// By model, a value a circuit. The models differ in the fit only, so the circuits run once.
nlohmann::json sweep(const std::vector<Circuit>& circuits, const Device& device,
                     std::uint64_t shots, std::uint64_t seed) {
  DensityMatrixExecutor executor(seed, [&](const Circuit& circuit, double noise_scale) {
    return on_device(circuit, device, noise_scale);
  });
  std::vector<int> all(static_cast<std::size_t>(circuits.front().n_qubits()));
  for (std::size_t q = 0; q < all.size(); ++q) all[q] = static_cast<int>(q);
  const std::vector<Observable> parity{Observable(PauliString::z(all))};
  std::vector<std::vector<PreparedStrategy>> prepared(models.size());
  std::vector<Job> jobs;
  for (const Circuit& circuit : circuits)
    for (std::size_t m = 0; m < models.size(); ++m) {
      prepared[m].emplace_back(parse_strategy("zne:" + models[m]), circuit, parity, device,
                               3 * shots);
      if (m == 0)
        for (const Job& job : prepared[m].back().plan().jobs) jobs.push_back(job);
    }
  const std::vector<Outcomes> outcomes = executor.run(jobs);
  nlohmann::json values = nlohmann::json::object();
  for (std::size_t m = 0; m < models.size(); ++m)
    for (std::size_t c = 0; c < circuits.size(); ++c)
      values[models[m].substr(0, models[m].find(':'))].push_back(
          value_of(prepared[m][c], std::span(outcomes).subspan(3 * c, 3)));
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::filesystem::path folder = argv[1];
  const std::uint64_t shots = std::stoull(argv[2]);
  const std::vector<Circuit> circuits = read_circuits(folder);
  const Calibration calibration = read_calibration(folder / "device.json");
  const Device device{calibration, trivial_layout(circuits.front().n_qubits()), NoisePolicy::aer};
  sweep({circuits.front()}, device, shots, 0);
  nlohmann::json values, seconds = nlohmann::json::array();
  for (int repeat = 0; repeat < std::stoi(argv[3]); ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    values = sweep(circuits, device, shots, static_cast<std::uint64_t>(repeat));
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << nlohmann::json{{"version", "rhodrift " + std::string(version())},
                              {"seconds", seconds},
                              {"values", values},
                              {"peak_mb", static_cast<double>(usage.ru_maxrss) / 1024.0}};
}
