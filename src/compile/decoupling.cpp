#include <array>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "compile/scheduling.hpp"

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;

/// The time that pulses leave, in fractions, and the Pauli after each but the last.
struct Spacing {
  std::vector<double> fractions;
  std::vector<Op> pulses;
};

Spacing spacing_of(DecouplingSequence sequence) {
  if (sequence == DecouplingSequence::xx) return {{1. / 4, 1. / 2, 1. / 4}, {Op::x, Op::x}};
  return {{1. / 8, 1. / 4, 1. / 4, 1. / 4, 1. / 8}, {Op::x, Op::y, Op::x, Op::y}};
}

/// Copies a schedule, with sequences in its delays.
class Decoupler {
 public:
  Decoupler(const ScheduledCircuit& scheduled, DecouplingSequence sequence, const Target& target,
            const Layout& layout)
      : spacing_(spacing_of(sequence)),
        target_(target),
        layout_(layout),
        result_{Circuit(scheduled.circuit.n_qubits()), {}, {}, scheduled.duration_s} {
    std::vector<Op> before(layout.size(), Op::reset);
    for (std::size_t i = 0; i < scheduled.circuit.instructions().size(); ++i) {
      const Instruction& instruction = scheduled.circuit.instructions()[i];
      Op& last = before[at(instruction.qubits[0])];
      if (instruction.op == Op::delay && last != Op::reset)
        fill(instruction.qubits[0], scheduled.start_s[i], scheduled.length_s[i]);
      else
        append(instruction, scheduled.start_s[i], scheduled.length_s[i]);
      if (instruction.op != Op::delay && instruction.op != Op::barrier)
        for (const int q : instruction.qubits) before[at(q)] = instruction.op;
    }
    result_.circuit.set_readout_error(scheduled.circuit.readout_error());
  }

  ScheduledCircuit take() { return std::move(result_); }

 private:
  void append(const Instruction& instruction, double start_s, double length_s) {
    result_.circuit.append(instruction);
    result_.start_s.push_back(start_s);
    result_.length_s.push_back(length_s);
  }

  int device_qubit(int q) const { return layout_[at(q)]; }

  // A turn by π about x, and how long it takes.
  std::pair<Instruction, double> x_pulse(int q) const {
    for (const Instruction& pulse :
         {Instruction{Op::x, {q}, {}, nullptr}, Instruction{Op::rx, {q}, {pi}, nullptr}})
      if (const GateCalibration* gate = target_.gate(pulse.op, {device_qubit(q)}))
        if (gate->duration_s) return {pulse, *gate->duration_s};
    throw InputError(target_.calibration().device, fmt::format("qubit {}", device_qubit(q)),
                     "decoupling takes an x (or rx) gate with a duration, and there is none");
  }

  void fill(int q, double start_s, double length_s) {
    const auto [x, x_length] = x_pulse(q);
    const double pulses = x_length * static_cast<double>(spacing_.pulses.size());
    if (length_s < 2.0 * pulses)
      return append({Op::delay, {q}, {}, nullptr, -1, length_s}, start_s, length_s);
    const Op z = target_.gate(Op::rz, {device_qubit(q)}) ? Op::rz : Op::p;
    double time = start_s;
    for (std::size_t k = 0; k < spacing_.fractions.size(); ++k) {
      const double wait = spacing_.fractions[k] * (length_s - pulses);
      append({Op::delay, {q}, {}, nullptr, -1, wait}, time, wait);
      time += wait;
      if (k == spacing_.pulses.size()) return;
      if (spacing_.pulses[k] == Op::y)
        append({z, {q}, {pi}, nullptr}, time, 0.0);  // Y = X Z, up to a phase
      append(x, time, x_length);
      time += x_length;
    }
  }

  Spacing spacing_;
  const Target& target_;
  const Layout& layout_;
  ScheduledCircuit result_;
};

}  // namespace

DecouplingSequence parse_decoupling_sequence(std::string_view name) {
  if (name == "none") return DecouplingSequence::none;
  if (name == "xx") return DecouplingSequence::xx;
  if (name == "xy4") return DecouplingSequence::xy4;
  throw InputError("decoupling", std::string(name), "unknown sequence; known are none, xx and xy4");
}

ScheduledCircuit with_decoupling(const ScheduledCircuit& scheduled, DecouplingSequence sequence,
                                 const Target& target, const Layout& layout) {
  if (sequence == DecouplingSequence::none) return scheduled;
  return Decoupler(scheduled, sequence, target, layout).take();
}

ScheduledCircuit with_decoupling(const ScheduledCircuit& scheduled, DecouplingSequence sequence,
                                 const Calibration& device, const Layout& layout) {
  require_valid_layout(layout, scheduled.circuit.n_qubits(), device);
  return with_decoupling(scheduled, sequence, Target(device), layout);
}

}  // namespace rhodrift
