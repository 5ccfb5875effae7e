#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/compile/schedule.hpp>
#include <rhodrift/core/error.hpp>

#include "compile/scheduling.hpp"

namespace rhodrift {

namespace {

/// Stretches below are rounding errors of sums: the sample time of devices is some 1e-10 s.
constexpr double negligible_s = 1e-13;

}  // namespace

double duration_of(const Instruction& instruction, const Target& target, const Layout& layout) {
  const Op op = instruction.op;
  if (op == Op::delay) return instruction.duration_s;
  if (op == Op::barrier || is_postselection(op)) return 0.0;
  const std::vector<int> qubits = device_qubits(layout, instruction.qubits);
  const auto refuse = [&](const std::string& problem) {
    throw InputError(target.calibration().device,
                     fmt::format("{} {}", info(op).name, fmt::join(qubits, ",")), problem);
  };
  std::optional<double> duration;
  if (op == Op::measure) {
    duration = target.calibration().qubits[at(qubits[0])].readout_duration_s;
  } else {
    const GateCalibration* gate = target.listed_gate(op, qubits);
    if (gate == nullptr)
      refuse(fmt::format("is no gate of the device there; its native gates are {}",
                         fmt::join(target.calibration().native_gates, " ")));
    duration = gate->duration_s;
  }
  if (!duration) refuse("the calibration tells no duration, without which there is no schedule");
  return *duration;
}

ScheduledCircuit schedule_alap(const Circuit& native, const Target& target, const Layout& layout) {
  const std::vector<Instruction>& instructions = native.instructions();
  // Backwards: times before the end. by_qubit is when the qubit is next needed.
  std::vector<double> start(instructions.size()), length(instructions.size());
  std::vector<double> by_qubit(static_cast<std::size_t>(native.n_qubits()), 0.0);
  for (std::size_t i = instructions.size(); i-- > 0;) {
    length[i] = duration_of(instructions[i], target, layout);
    for (const int q : instructions[i].qubits) start[i] = std::max(start[i], by_qubit[at(q)]);
    start[i] += length[i];
    for (const int q : instructions[i].qubits) by_qubit[at(q)] = start[i];
  }
  const double total = by_qubit.empty() ? 0.0 : std::ranges::max(by_qubit);
  for (double& time : start) time = total - time;

  std::vector<std::size_t> order(instructions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return start[i]; });

  ScheduledCircuit scheduled{Circuit(native.n_qubits()), {}, {}, total};
  const auto append = [&](const Instruction& instruction, double start_s, double length_s) {
    scheduled.circuit.append(instruction);
    scheduled.start_s.push_back(start_s);
    scheduled.length_s.push_back(length_s);
  };
  std::vector<std::optional<double>> last_end(static_cast<std::size_t>(native.n_qubits()));
  for (const std::size_t i : order) {
    for (const int q : instructions[i].qubits) {
      std::optional<double>& idle_from = last_end[at(q)];
      if (const double idle = idle_from ? start[i] - *idle_from : 0.0; idle > negligible_s)
        append({Op::delay, {q}, {}, nullptr, -1, idle}, *idle_from, idle);
      if (idle_from || instructions[i].op != Op::barrier) idle_from = start[i] + length[i];
    }
    append(instructions[i], start[i], length[i]);
  }
  scheduled.circuit.set_readout_error(native.readout_error());
  return scheduled;
}

ScheduledCircuit schedule_alap(const Circuit& native, const Calibration& device,
                               const Layout& layout) {
  require_valid_layout(layout, native.n_qubits(), device);
  return schedule_alap(native, Target(device), layout);
}

}  // namespace rhodrift
