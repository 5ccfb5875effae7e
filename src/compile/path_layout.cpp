#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>

#include "compile/embedding.hpp"

namespace rhodrift {

std::optional<Layout> find_path(const Calibration& device, int n_qubits) {
  if (n_qubits < 1)
    throw InputError("layout", "", fmt::format("needs at least 1 qubit, got {}", n_qubits));
  const auto n = static_cast<std::size_t>(n_qubits);
  Demand chain{std::vector<double>(n, 1.0), std::vector<double>(n, 1.0), {}};
  for (int q = 1; q < n_qubits; ++q) chain.couplings.push_back({q - 1, q, 1.0});
  std::optional<Layout> best =
      best_embedding(chain, Target(device), {.order = trivial_layout(n_qubits)});
  // A chain and its reverse are one.
  if (best && best->front() > best->back()) std::ranges::reverse(*best);
  return best;
}

Layout best_path(const Calibration& device, int n_qubits) {
  const std::optional<Layout> best = find_path(device, n_qubits);
  if (!best)
    throw InputError(device.device, "layout",
                     fmt::format("no chain of {} coupled, working qubits among its {}", n_qubits,
                                 device.n_qubits()));
  return *best;
}

}  // namespace rhodrift
