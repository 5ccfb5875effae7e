#include <cmath>
#include <numeric>

#include <rhodrift/compile/schedule.hpp>
#include <rhodrift/compile/translate.hpp>
#include <rhodrift/mitigation/zne/device_weights.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift::zne {

namespace {

/// The native gates of each instruction, and a barrier over all qubits after those of each:
/// barriers and final measurements leave nothing before theirs.
Circuit native_one_by_one(const Circuit& circuit, const Device& device) {
  std::vector<int> all(static_cast<std::size_t>(circuit.n_qubits()));
  std::iota(all.begin(), all.end(), 0);
  Circuit apart(circuit.n_qubits());
  for (const Instruction& instruction : circuit.instructions()) {
    const bool is_read = instruction.op == Op::measure && !circuit.is_mid_circuit(instruction.bit);
    if (instruction.op != Op::barrier && !is_read) apart.append(instruction);
    apart.append(Op::barrier, all);
  }
  return translate(apart, device.calibration(), device.layout);
}

double process_infidelity(const TransferMatrix& ptm) {
  return 1.0 - arma::trace(ptm) / static_cast<double>(ptm.n_rows);
}

}  // namespace

std::vector<double> device_error_weights(const Circuit& circuit, const Device& device) {
  const Circuit noisy = device.model.apply(native_one_by_one(circuit, device), device.layout);
  std::vector<double> weights;
  double sum = 0.0;
  for (const Instruction& instruction : noisy.instructions()) {
    if (instruction.op == Op::channel) sum += process_infidelity(instruction.channel->ptm);
    if (instruction.op != Op::barrier) continue;
    weights.push_back(sum);
    sum = 0.0;
  }
  return weights;
}

std::vector<double> device_durations_s(const Circuit& circuit, const Device& device) {
  const ScheduledCircuit scheduled =
      schedule_alap(native_one_by_one(circuit, device), device.calibration(), device.layout);
  std::vector<double> durations_s;
  double before_s = 0.0;
  for (std::size_t i = 0; i < scheduled.start_s.size(); ++i) {
    if (scheduled.circuit.instructions()[i].op != Op::barrier) continue;
    durations_s.push_back(scheduled.start_s[i] - before_s);
    before_s = scheduled.start_s[i];
  }
  return durations_s;
}

}  // namespace rhodrift::zne
