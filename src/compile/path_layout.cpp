#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/circuit/operation.hpp>
#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

constexpr double unusable = std::numeric_limits<double>::infinity();

double cost_of(std::optional<double> error) {
  return error && *error < 1.0 ? -std::log1p(-*error) : unusable;
}

// Costs of using each qubit and each undirected edge; `unusable` where there is none.
struct Costs {
  explicit Costs(const Calibration& device)
      : qubit(device.qubits.size(), unusable),
        edge(device.qubits.size(), device.qubits.size(), arma::fill::value(unusable)) {
    for (std::size_t q = 0; q < device.qubits.size(); ++q) {
      const QubitCalibration& figures = device.qubits[q];
      const GateCalibration* sx = device.find_gate("sx", {static_cast<int>(q)});
      if (!sx || !figures.readout_p10 || !figures.readout_p01) continue;
      qubit[q] = cost_of(sx->error) + cost_of((*figures.readout_p10 + *figures.readout_p01) / 2);
    }
    for (const GateCalibration& gate : device.gates) {
      if (gate.name != "cx" && gate.name != "ecr" && gate.name != "cz") continue;
      const auto a = static_cast<arma::uword>(gate.qubits[0]);
      const auto b = static_cast<arma::uword>(gate.qubits[1]);
      edge(a, b) = edge(b, a) = std::min(edge(a, b), cost_of(gate.error));
    }
  }
  std::vector<double> qubit;
  arma::mat edge;
};

// Depth-first over all simple chains; `best` keeps the first of the cheapest.
class Search {
 public:
  Search(const Costs& costs, std::size_t length) : costs_(costs), length_(length) {
    for (std::size_t q = 0; q < costs.qubit.size(); ++q) extend(static_cast<int>(q), 0.0);
  }
  const Layout& best() const { return best_; }

 private:
  void extend(int qubit, double cost) {
    const auto q = static_cast<std::size_t>(qubit);
    cost += costs_.qubit[q];
    if (!chain_.empty()) cost += costs_.edge(static_cast<arma::uword>(chain_.back()), q);
    if (!(cost < best_cost_) || std::ranges::find(chain_, qubit) != chain_.end()) return;
    chain_.push_back(qubit);
    if (chain_.size() == length_) {
      // A chain and its reverse are one; the end with the lower number goes first.
      if (chain_.front() <= chain_.back()) {
        best_cost_ = cost;
        best_ = chain_;
      }
    } else {
      for (std::size_t next = 0; next < costs_.qubit.size(); ++next)
        if (costs_.edge(q, next) < unusable) extend(static_cast<int>(next), cost);
    }
    chain_.pop_back();
  }

  const Costs& costs_;
  std::size_t length_;
  double best_cost_ = unusable;
  Layout chain_;
  Layout best_;
};

}  // namespace

Layout best_path(const Calibration& device, int n_qubits) {
  if (n_qubits < 1)
    throw InputError("layout", "", fmt::format("needs at least 1 qubit, got {}", n_qubits));
  const Layout best = Search(Costs(device), static_cast<std::size_t>(n_qubits)).best();
  if (best.empty())
    throw InputError(device.device, "layout",
                     fmt::format("no chain of {} coupled, working qubits among its {}", n_qubits,
                                 device.n_qubits()));
  return best;
}

}  // namespace rhodrift
