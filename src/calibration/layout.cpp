#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

Layout trivial_layout(int n_qubits) {
  Layout layout(static_cast<std::size_t>(n_qubits));
  for (int q = 0; q < n_qubits; ++q) layout[static_cast<std::size_t>(q)] = q;
  return layout;
}

void require_valid_layout(const Layout& layout, int n_circuit_qubits, const Calibration& device) {
  const auto fail = [&](const std::string& problem) {
    throw InputError("layout", fmt::format("[{}]", fmt::join(layout, ",")), problem);
  };
  if (layout.size() != static_cast<std::size_t>(n_circuit_qubits))
    fail(
        fmt::format("names {} device qubits, the circuit has {}", layout.size(), n_circuit_qubits));
  for (auto q = layout.begin(); q != layout.end(); ++q) {
    if (*q < 0 || *q >= device.n_qubits())
      fail(fmt::format("device qubit {} is outside 0..{} of {}", *q, device.n_qubits() - 1,
                       device.device));
    if (std::find(layout.begin(), q, *q) != q) fail(fmt::format("device qubit {} is repeated", *q));
  }
}

std::vector<int> device_qubits(const Layout& layout, const std::vector<int>& circuit_qubits) {
  std::vector<int> mapped;
  for (const int q : circuit_qubits) mapped.push_back(layout[static_cast<std::size_t>(q)]);
  return mapped;
}

}  // namespace rhodrift
