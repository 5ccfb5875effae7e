#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include <rhodrift/device/device.hpp>

namespace rhodrift::cli {

/// What a verb's options say of the device.
struct DeviceOptions {
  std::string calibration;
  std::string policy = "device";
  Layout layout;  ///< empty: as the verb's help says

  void add_policy(CLI::App& verb);
  /// Adds --policy and --layout, whose default the help tells as `default_layout`.
  void add_policy_and_layout(CLI::App& verb, const std::string& default_layout);
  /// Reads the calibration; `default_layout` stands in for an empty one. Throws InputError when the
  /// layout does not fit `n_qubits` circuit qubits on the device.
  Device read(int n_qubits, const Layout& default_layout) const;
};

/// Throws InputError naming the option that asked for it when a qubit of the layout has no readout
/// figures: nothing is passed off as mitigated that is not.
void require_readout_figures(const Device& device, const std::string& option);

}  // namespace rhodrift::cli
