#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/import.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "support/scratch_directory.hpp"

namespace rhodrift::testing {

/// The message of the InputError that `action` throws; what happened instead when it does not.
template <typename Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("not an InputError: ") + error.what();
  }
  return "accepted";
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::logic_error("the text has no \"" + what + "\"");
  return text.replace(at, what.size(), by);
}

/// What imports have that may repair.
inline ImportOptions repairing() {
  ImportOptions options;
  options.repair = true;
  return options;
}

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(RHODRIFT_SOURCE_DIR) / "tests/calibration/fixtures" / name;
}

/// Two qubits with everything that an IBM snapshot can hold; nothing to complain of.
inline Calibration example_calibration() {
  Calibration calibration;
  calibration.device = "two";
  calibration.vendor = "Nobody";
  calibration.timestamp = parse_utc("2024-05-06T07:08:09Z", "example", "");
  calibration.provenance = {"made up, \"by hand\"", "CC0-1.0", "none"};
  calibration.native_gates = {"sx", "cx"};
  calibration.coupling = {{1, 0}, {0, 1}};
  calibration.qubits = {{1e-4, 8e-5, 5e9, 0.01, 0.03, 1e-6}, {9e-5, 1.1e-4, 5.1e9, 0.02, 0.04, {}}};
  calibration.gates = {{"sx", {1}, 2e-4, 3.5e-8},
                       {"sx", {0}, 1.0 / 3.0, 3.5e-8},
                       {"cx", {1, 0}, 0.1 + 0.2, 3e-7},
                       {"cx", {0, 1}, 7e-3, {}}};
  calibration.readout_matrices = {ConfusionMatrix::single(0, 0.01, 0.03)};
  calibration.repairs = {{"clamp-t2", "/qubits/1/t2_s", "example"}};
  return calibration;
}

/// The same with what other vendors have beside: names of qubits and coherent errors.
inline Calibration coherent_example() {
  Calibration calibration = example_calibration();
  calibration.qubit_labels = {"4_2", "4_10"};
  calibration.gates[0].over_rotation_rad = 0.01;
  calibration.gates[2].fsim_theta_error_rad = -0.02;
  calibration.gates[2].fsim_phi_error_rad = 0.03;
  calibration.zz_couplings = {{{0, 1}, -57787.5}};
  return calibration;
}

}  // namespace rhodrift::testing
