#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/circuit/operation.hpp>
#include <rhodrift/compile/compile.hpp>
#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/device/routing.hpp>

namespace rhodrift {

namespace {

using Pair = std::pair<int, int>;

Pair unordered(int a, int b) {
  return std::minmax(a, b);
}

/// The pairs of qubits that some gate joins.
std::set<Pair> pairs_of(const Circuit& circuit) {
  std::set<Pair> pairs;
  for (const Instruction& instruction : circuit.instructions()) {
    if (info(instruction.op).unitary == nullptr) continue;
    for (std::size_t i = 0; i < instruction.qubits.size(); ++i)
      for (std::size_t j = i + 1; j < instruction.qubits.size(); ++j)
        pairs.insert(unordered(instruction.qubits[i], instruction.qubits[j]));
  }
  return pairs;
}

bool is_chain(const Circuit& circuit) {
  return std::ranges::all_of(pairs_of(circuit),
                             [](const Pair& pair) { return pair.second == pair.first + 1; });
}

Circuit without_measurements(const Circuit& circuit) {
  Circuit rest(circuit.n_qubits());
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op != Op::measure) rest.append(instruction);
  return rest;
}

void require_unmeasured(const Circuit& circuit) {
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i)
    if (circuit.instructions()[i].op == Op::measure)
      throw InputError("circuit", circuit.place_of(i),
                       "is not routed here; what is read of the circuit are observables");
}

void require_all_left(const char* what, int before, int after) {
  if (after < before)
    throw InputError("circuit", fmt::format("{} {}", what, before - 1),
                     "changes nothing, its gates cancel; leave it out");
}

}  // namespace

bool fits(const Circuit& circuit, const Calibration& device, const Layout& layout) {
  require_valid_layout(layout, circuit.n_qubits(), device);
  std::set<Pair> coupled;
  for (const GateCalibration& gate : device.gates)
    if (gate.qubits.size() == 2) coupled.insert(unordered(gate.qubits[0], gate.qubits[1]));
  return std::ranges::all_of(pairs_of(circuit), [&](const Pair& pair) {
    const std::vector<int> there = device_qubits(layout, {pair.first, pair.second});
    return coupled.contains(unordered(there[0], there[1]));
  });
}

Layout choose_layout(const Circuit& circuit, const Calibration& device) {
  if (is_chain(circuit))
    if (const std::optional<Layout> chain = find_path(device, circuit.n_qubits())) return *chain;
  Layout layout = compile(circuit, device, {.schedule = false}).layout;
  layout.resize(static_cast<std::size_t>(circuit.n_qubits()));
  return layout;
}

RoutedCircuit route(const Circuit& circuit, const std::vector<Observable>& observables,
                    const Calibration& device, const Layout& layout) {
  require_unmeasured(circuit);
  if (fits(circuit, device, layout)) return {circuit, observables, layout};
  const CompiledCircuit compiled = compile(circuit, device, {.layout = layout, .schedule = false});
  RoutedCircuit routed{without_measurements(compiled.circuit), {}, compiled.layout};
  require_all_left("weight", circuit.n_weights(), routed.circuit.n_weights());
  require_all_left("feature", circuit.n_features(), routed.circuit.n_features());
  for (const Observable& observable : observables)
    routed.observables.push_back(compiled.at_the_end(observable));
  return routed;
}

Circuit routed_on_device(const Circuit& circuit, const Device& device, double noise_scale) {
  if (fits(circuit, device.calibration(), device.layout))
    return on_device(circuit, device, noise_scale);
  // Scheduled by on_device, if the policy has it.
  const auto compiled =
      compile_once(circuit, device.calibration(), {.layout = device.layout, .schedule = false});
  return on_device(compiled->circuit, {device.model, compiled->layout}, noise_scale);
}

}  // namespace rhodrift
