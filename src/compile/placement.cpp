#include "compile/placement.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>

#include "core/shuffle.hpp"

namespace rhodrift {

namespace {

/// Enough for the rings and trees of a few tens of qubits that devices have; some tens of ms.
constexpr std::size_t embedding_trials = 200'000;
/// Times that SABRE goes back and forth from a layout.
constexpr int n_round_trips = 3;
constexpr std::uint64_t random_purpose = 0x5ab2e;

std::vector<int> connected_part(const Target& target, int start) {
  std::vector<int> part;
  for (int q = 0; q < target.n_qubits(); ++q)
    if (q == start || target.distance(start, q) < target.n_qubits()) part.push_back(q);
  return part;
}

std::vector<std::vector<int>> connected_parts(const Target& target) {
  std::vector<std::vector<int>> parts;
  for (int q = 0; q < target.n_qubits(); ++q)
    if (std::vector<int> part = connected_part(target, q); part.front() == q)
      parts.push_back(std::move(part));
  std::ranges::stable_sort(parts, std::ranges::greater{},
                           [](const std::vector<int>& part) { return part.size(); });
  return parts;
}

std::vector<std::string> faulty_gates(const Calibration& device) {
  std::vector<std::string> names;
  for (const GateCalibration& gate : device.gates)
    if (find_operation(gate.name) && info(*find_operation(gate.name)).unitary != nullptr &&
        gate.error.value_or(1.0) >= 1.0)
      names.push_back(
          gate.error
              ? fmt::format("{} {} (error {})", gate.name, fmt::join(gate.qubits, ","), *gate.error)
              : fmt::format("{} {} (no error reported)", gate.name, fmt::join(gate.qubits, ",")));
  return names;
}

// The largest part of the device that working gates connect.
std::vector<int> require_connected_part(int n_qubits, const Target& target) {
  const std::vector<std::vector<int>> parts = connected_parts(target);
  if (parts.front().size() >= at(n_qubits)) return parts.front();
  std::vector<std::string> faulty = faulty_gates(target.calibration());
  constexpr std::size_t most_named = 5;
  const std::size_t n_faulty = faulty.size();
  if (n_faulty > most_named) {
    faulty.resize(most_named);
    faulty.push_back(fmt::format("{} more", n_faulty - most_named));
  }
  throw InputError(
      target.calibration().device, "couplings",
      fmt::format(
          "working gates connect at most {} of its {} qubits ({}), the circuit needs {}{}",
          parts.front().size(), target.n_qubits(), fmt::join(parts.front(), ","), n_qubits,
          n_faulty > 0 ? fmt::format("; left out: {}", fmt::join(faulty, ", ")) : std::string()));
}

// A connected part of `part` that has n qubits, grown from a random one by the neighbour with the
// most couplings to it; of equal ones a random one. In random order.
Layout random_region(const std::vector<int>& part, int n_qubits, const Target& target,
                     RandomStream& random) {
  Layout region{part[random.below(part.size())]};
  std::vector<int> n_couplings(at(target.n_qubits()), 0);
  std::vector<int> border;
  const auto grow_around = [&](int q) {
    n_couplings[at(q)] = -target.n_qubits();  // inside
    for (const int next : target.neighbours(q))
      if (++n_couplings[at(next)] == 1) border.push_back(next);
  };
  grow_around(region.front());
  while (region.size() < at(n_qubits)) {
    int best = -1;
    std::uint64_t n_equal = 0;
    for (const int q : border) {
      if (n_couplings[at(q)] <= 0) continue;
      if (best < 0 || n_couplings[at(q)] > n_couplings[at(best)])
        best = q, n_equal = 1;
      else if (n_couplings[at(q)] == n_couplings[at(best)] && random.below(++n_equal) == 0)
        best = q;
    }
    region.push_back(best);
    grow_around(best);
  }
  shuffle(region, random);
  return region;
}

// The best of the ways through the circuit, each from where going back and forth has led.
Sabre::Route best_round_trip(const Sabre& sabre, Layout start, RandomStream& random) {
  Sabre::Route best = sabre.forward(start, random);
  for (int trip = 1; trip < n_round_trips && best.n_swaps > 0; ++trip) {
    Sabre::Route route = sabre.forward(sabre.backward(best.end, random), random);
    if (route.n_swaps < best.n_swaps) best = std::move(route);
  }
  return best;
}

}  // namespace

PlacedCircuit place_on_device(const Circuit& circuit, const Target& target, int n_trials,
                              std::uint64_t seed) {
  const Demand demand = Demand::of(circuit);
  if (const auto layout =
          best_embedding(demand, target, {.order = {}, .max_trials = embedding_trials}))
    return {circuit, *layout, trivial_layout(circuit.n_qubits())};

  const std::vector<int> part = require_connected_part(circuit.n_qubits(), target);
  const Sabre sabre(circuit, target);
  std::optional<Sabre::Route> best;
  for (int trial = 0; trial < n_trials; ++trial) {
    RandomStream random(seed, stream_id(random_purpose, static_cast<std::uint64_t>(trial)));
    Sabre::Route route =
        best_round_trip(sabre, random_region(part, circuit.n_qubits(), target, random), random);
    if (!best || route.n_swaps < best->n_swaps) best = std::move(route);
  }
  return sabre.place(*best);
}

PlacedCircuit place_at_layout(const Circuit& circuit, const Target& target, const Layout& layout,
                              int n_trials, std::uint64_t seed) {
  for (const int q : layout)
    if (q != layout.front() && target.distance(layout.front(), q) == target.n_qubits())
      throw InputError(target.calibration().device, fmt::format("qubits {},{}", layout.front(), q),
                       "no working gates connect them");
  const Sabre sabre(circuit, target);
  std::optional<Sabre::Route> best;
  for (int trial = 0; trial < n_trials; ++trial) {
    RandomStream random(seed, stream_id(random_purpose, static_cast<std::uint64_t>(trial)));
    Sabre::Route route = sabre.forward(layout, random);
    if (!best || route.n_swaps < best->n_swaps) best = std::move(route);
  }
  return sabre.place(*best);
}

void improve_layout(PlacedCircuit& placed, const Target& target) {
  const Demand demand = Demand::of(placed.circuit);
  const double cost = cost_of_layout(demand, target, placed.layout);
  if (const auto better = best_embedding(
          demand, target, {.order = {}, .max_trials = embedding_trials, .below = cost}))
    placed.layout = *better;
}

}  // namespace rhodrift
