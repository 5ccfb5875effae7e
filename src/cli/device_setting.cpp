#include "cli/device_setting.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift::cli {

void DeviceOptions::add_policy(CLI::App& verb) {
  verb.add_option(
          "--policy", policy,
          "Noise policy: device, aer, ideal or scaled:FACTOR; docs/noise.md has the options")
      ->capture_default_str();
}

void DeviceOptions::add_policy_and_layout(CLI::App& verb, const std::string& default_layout) {
  add_policy(verb);
  verb.add_option(
          "--layout", layout,
          "Device qubits of circuit qubits 0, 1, …, e.g. 0,1,3; by default " + default_layout)
      ->delimiter(',');
}

Device DeviceOptions::read(int n_qubits, const Layout& default_layout) const {
  Device device{read_calibration(calibration), layout.empty() ? default_layout : layout,
                parse_noise_policy(policy)};
  require_valid_layout(device.layout, n_qubits, device.calibration());
  return device;
}

void require_readout_figures(const Device& device, const std::string& option) {
  const ReadoutError error = device.model.readout_error(device.layout);
  for (std::size_t bit = 0; bit < device.layout.size(); ++bit) {
    const auto reads = [bit](const ConfusionMatrix& group) {
      return std::ranges::find(group.bits, static_cast<int>(bit)) != group.bits.end();
    };
    if (device.policy().noise && device.policy().scale > 0.0 && std::ranges::none_of(error, reads))
      throw InputError(option, "",
                       fmt::format("{} reports no readout error for qubit {}",
                                   device.calibration().device, device.layout[bit]));
  }
}

}  // namespace rhodrift::cli
