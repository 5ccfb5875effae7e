#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/compile/schedule.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/evaluate/cost.hpp>

namespace rhodrift {

namespace {

struct CircuitCost {
  std::uint64_t two_qubit_gates = 0;
  std::optional<double> duration_s;
};

/// Whether the calibration has a duration of all that takes time.
bool tells_durations(const Device& device, const Circuit& native) {
  const Calibration& calibration = device.calibration();
  return std::ranges::all_of(native.instructions(), [&](const Instruction& instruction) {
    const Op op = instruction.op;
    if (op == Op::delay || op == Op::barrier || is_postselection(op)) return true;
    const std::vector<int> qubits = device_qubits(device.layout, instruction.qubits);
    if (op == Op::measure)
      return calibration.qubits[static_cast<std::size_t>(qubits[0])].readout_duration_s.has_value();
    const auto gate = std::ranges::find_if(calibration.gates, [&](const GateCalibration& listed) {
      return listed.qubits == qubits && find_operation(listed.name) == op;
    });
    return gate != calibration.gates.end() && gate->duration_s.has_value();
  });
}

CircuitCost cost_of(const Circuit& circuit, const Device& device) {
  const Circuit native = native_circuit(circuit, device);
  CircuitCost cost;
  for (const Instruction& instruction : native.instructions())
    if (info(instruction.op).unitary != nullptr && instruction.qubits.size() == 2)
      ++cost.two_qubit_gates;
  if (tells_durations(device, native))
    cost.duration_s = schedule_alap(native, device.calibration(), device.layout).duration_s;
  return cost;
}

}  // namespace

void PriceTable::validate(const std::string& source) const {
  const std::pair<const char*, double> figures[] = {{"per_circuit", per_circuit},
                                                    {"per_shot", per_shot},
                                                    {"per_second", per_second},
                                                    {"repetition_delay_s", repetition_delay_s},
                                                    {"circuit_delay_s", circuit_delay_s}};
  for (const auto& [name, value] : figures)
    if (!(value >= 0.0 && std::isfinite(value)))
      throw InputError(source, name, fmt::format("{} is not a finite number >= 0", value));
}

Cost cost_of(const Plan& plan, const Device& device, const PriceTable& prices) {
  std::map<const Circuit*, CircuitCost> distinct;
  Cost cost;
  for (const Job& job : plan.jobs) {
    auto found = distinct.find(job.circuit.get());
    if (found == distinct.end())
      found = distinct.emplace(job.circuit.get(), cost_of(*job.circuit, device)).first;
    const CircuitCost& circuit = found->second;
    ++cost.circuits;
    cost.shots += job.shots;
    cost.two_qubit_gates += job.shots * circuit.two_qubit_gates;
    if (!circuit.duration_s)
      cost.seconds.reset();
    else if (cost.seconds)
      *cost.seconds += static_cast<double>(job.shots) *
                           (*circuit.duration_s * job.noise_scale + prices.repetition_delay_s) +
                       prices.circuit_delay_s;
  }
  if (prices.currency.empty() || (prices.per_second > 0.0 && !cost.seconds)) return cost;
  cost.money = prices.per_circuit * static_cast<double>(cost.circuits) +
               prices.per_shot * static_cast<double>(cost.shots) +
               prices.per_second * cost.seconds.value_or(0.0);
  return cost;
}

}  // namespace rhodrift
