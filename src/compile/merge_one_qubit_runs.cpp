#include <cmath>
#include <numbers>

#include "compile/basis.hpp"
#include "compile/one_qubit_run.hpp"

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;
/// Constant turns below are rounding errors.
constexpr double negligible_rad = 1e-12;

// Angles of what only matters up to a global phase: the constant part in [-π, π].
Angle wrapped(const Angle& angle) {
  return angle + Angle(std::remainder(angle.offset_rad(), 2 * pi) - angle.offset_rad());
}

bool is_zero(const Angle& angle) {
  return angle.is_constant() && std::abs(wrapped(angle).offset_rad()) < negligible_rad;
}

bool is_pair_of_sx(const PulseTrain& train, std::size_t k) {
  return k + 1 < train.pulses.size() && train.pulses[k].op == Op::sx &&
         train.pulses[k + 1].op == Op::sx;
}

// One rx in place of two sx: sx · rz(α) · sx = rz(-π/2) · rx(α - π) · rz(-π/2).
PulseTrain with_rx(const PulseTrain& train) {
  PulseTrain result;
  result.z = {train.z.front()};
  for (std::size_t k = 0; k < train.pulses.size(); ++k) {
    if (is_pair_of_sx(train, k)) {
      result.z.back() = result.z.back() - Angle(pi / 2);
      result.pulses.push_back({Op::rx, train.z[k + 1] - Angle(pi)});
      result.z.push_back(train.z[k + 2] - Angle(pi / 2));
      ++k;
    } else {
      result.pulses.push_back(train.pulses[k]);
      result.z.push_back(train.z[k + 1]);
    }
  }
  return result;
}

// Writes the runs of one qubit with the gates that the device has on it.
class Writer {
 public:
  Writer(const Target& target, const Layout& layout, int qubit)
      : target_(target), qubit_(qubit), device_qubit_(layout[at(qubit)]) {}

  void write(const OneQubitRun& run, Circuit& circuit) const {
    const PulseTrain train = run.pulses();
    if (has(Op::sx))
      write_pulses(rx_is_better() ? with_rx(train) : train, circuit);
    else if (has(Op::u3))
      write_euler(train, circuit);
    else
      write_pulses(train, circuit);
  }

 private:
  bool has(Op op) const { return target_.gate(op, {device_qubit_}) != nullptr; }

  // Where there is sx too, rx turns by any angle; elsewhere perhaps by multiples of π/2 only.
  bool rx_is_better() const {
    const GateCalibration* rx = target_.gate(Op::rx, {device_qubit_});
    return rx && cost_of_error(rx->error) < 2 * target_.pulse_cost(device_qubit_);
  }

  void write_z(const Angle& angle, Circuit& circuit) const {
    if (!is_zero(angle)) circuit.append(has(Op::rz) ? Op::rz : Op::p, {qubit_}, {wrapped(angle)});
  }

  void write_pulses(const PulseTrain& train, Circuit& circuit) const {
    write_z(train.z.front(), circuit);
    for (std::size_t k = 0; k < train.pulses.size(); ++k) {
      write_pulse(train.pulses[k], circuit);
      write_z(train.z[k + 1], circuit);
    }
  }

  void write_pulse(const PulseTrain::Pulse& pulse, Circuit& circuit) const {
    if (pulse.op == Op::rx) {
      circuit.append(Op::rx, {qubit_}, {wrapped(pulse.angle)});
    } else if (has(pulse.op)) {
      circuit.append(pulse.op, {qubit_});
    } else if (!has(Op::sx)) {
      circuit.append(Op::rx, {qubit_}, {pulse.op == Op::x ? pi : pi / 2});
    } else {
      circuit.append(Op::sx, {qubit_}).append(Op::sx, {qubit_});
    }
  }

  // Two pulses are one u3, one is a u2: sx = u2(-π/2, π/2) and x = u3(π, 0, π). The turn about z
  // that follows goes into the gate.
  void write_euler(const PulseTrain& train, Circuit& circuit) const {
    Angle before = train.z.front();
    for (std::size_t k = 0; k < train.pulses.size(); ++k) {
      if (is_pair_of_sx(train, k)) {
        write_u3(train.z[k + 1] - Angle(pi), train.z[k + 2] - Angle(pi), before, circuit);
        ++k;
      } else if (train.pulses[k].op == Op::x) {
        write_u3(pi, train.z[k + 1], before + Angle(pi), circuit);
      } else if (has(Op::u2)) {
        circuit.append(Op::u2, {qubit_},
                       {wrapped(train.z[k + 1] - Angle(pi / 2)), wrapped(before + Angle(pi / 2))});
      } else {
        write_u3(pi / 2, train.z[k + 1] - Angle(pi / 2), before + Angle(pi / 2), circuit);
      }
      before = 0.0;
    }
    if (train.pulses.empty()) write_z(before, circuit);
  }

  void write_u3(const Angle& theta, const Angle& phi, const Angle& lambda, Circuit& circuit) const {
    circuit.append(Op::u3, {qubit_}, {wrapped(theta), wrapped(phi), wrapped(lambda)});
  }

  const Target& target_;
  int qubit_;
  int device_qubit_;
};

bool belongs_to_run(Op op) {
  return info(op).unitary != nullptr && info(op).n_qubits == 1 && op != Op::delay;
}

}  // namespace

Circuit merge_one_qubit_runs(const Circuit& native, const Target& target, const Layout& layout) {
  Circuit merged(native.n_qubits());
  std::vector<OneQubitRun> runs(static_cast<std::size_t>(native.n_qubits()));
  const auto write = [&](int q) {
    OneQubitRun& run = runs[at(q)];
    if (!run.empty()) Writer(target, layout, q).write(run, merged);
    run = OneQubitRun();
  };
  for (const Instruction& instruction : native.instructions()) {
    if (belongs_to_run(instruction.op)) {
      runs[at(instruction.qubits[0])].append(instruction.op, instruction.angles);
      continue;
    }
    for (const int q : instruction.qubits) write(q);
    merged.append(instruction);
  }
  for (int q = 0; q < native.n_qubits(); ++q) write(q);
  merged.set_readout_error(native.readout_error());
  return merged;
}

}  // namespace rhodrift
