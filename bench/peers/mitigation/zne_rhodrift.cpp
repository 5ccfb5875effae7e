// Our side of bench/peers/mitigation/zne_mitiq.py, which says what is computed:
//   peers_zne FOLDER SHOTS REPEATS

#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <numeric>
#include <string>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/version.hpp>

namespace {

using namespace rhodrift;

const std::vector<double> scale_factors{1.0, 3.0, 5.0};

/// What zne_mitiq.py calls each fit, and the fit.
const std::map<std::string, zne::Extrapolation> models{
    {"linear", zne::parse_extrapolation("linear")},
    {"richardson", zne::parse_extrapolation("richardson")},
    {"exponential", zne::parse_extrapolation("exponential:asymptote=0")}};

std::vector<Circuit> read_circuits(const std::filesystem::path& folder) {
  std::vector<Circuit> circuits;
  for (;;) {
    const auto file = folder / (std::to_string(circuits.size()) + ".qasm");
    if (!std::filesystem::exists(file)) return circuits;
    circuits.push_back(read_qasm_file(file));
  }
}

/// Null where the shots do not allow the fit.
nlohmann::json value_of(const zne::Extrapolation& model, const JointEstimate& measured) {
  try {
    return zne::extrapolate(model, scale_factors, measured.values, measured.covariance).value;
  } catch (const RunError&) {
    return nullptr;
  }
}

/// By model, a value a circuit.
nlohmann::json sweep(const std::vector<Circuit>& circuits, DensityMatrixExecutor& executor,
                     std::uint64_t shots) {
  std::vector<Job> jobs;
  for (const Circuit& circuit : circuits)
    for (const double factor : scale_factors)
      jobs.push_back(
          {std::make_shared<const Circuit>(zne::fold(circuit, factor).circuit), {}, {}, shots});
  const std::vector<Outcomes> outcomes = executor.run(jobs);
  std::vector<int> all(static_cast<std::size_t>(circuits.front().n_qubits()));
  std::iota(all.begin(), all.end(), 0);
  const std::vector<Observable> parity{Observable(PauliString::z(all))};
  nlohmann::json values = nlohmann::json::object();
  const std::size_t n = scale_factors.size();
  for (std::size_t c = 0; c < circuits.size(); ++c) {
    JointEstimate measured{arma::vec(n), arma::mat(n, n, arma::fill::zeros)};
    for (std::size_t k = 0; k < n; ++k) {
      const JointEstimate one = raw_expectations(outcomes[n * c + k], parity);
      measured.values(k) = one.values(0);
      measured.covariance(k, k) = one.covariance(0, 0);
    }
    for (const auto& [name, model] : models) values[name].push_back(value_of(model, measured));
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::filesystem::path folder = argv[1];
  const std::uint64_t shots = std::stoull(argv[2]);
  const std::vector<Circuit> circuits = read_circuits(folder);
  const Calibration calibration = read_calibration(folder / "device.json");
  const Device device(calibration, trivial_layout(circuits.front().n_qubits()), NoisePolicy::aer);
  DensityMatrixExecutor executor(1, [&](const Circuit& circuit, double noise_scale) {
    return on_device(circuit, device, noise_scale);
  });
  sweep(circuits, executor, shots);  // warms up
  nlohmann::json values, seconds = nlohmann::json::array();
  for (int repeat = 0; repeat < std::stoi(argv[3]); ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    values = sweep(circuits, executor, shots);
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
