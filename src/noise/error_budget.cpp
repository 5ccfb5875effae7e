#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include <rhodrift/noise/error_budget.hpp>

#include "noise/circuit_noise.hpp"
#include "noise/relaxation.hpp"

namespace rhodrift {

namespace {

constexpr const char* readout_kind = "readout";

// Of the whole channel, in average infidelity.
ErrorShares shares_of(const std::string& kind, const GateNoise& noise) {
  if (kind == "reset") return {.readout = noise.average_infidelity};
  const ErrorShares alone{noise.relaxation_infidelity, noise.depolarizing_infidelity(),
                          noise.coherent_infidelity};
  const double sum = alone.total();
  return sum > 0.0 ? noise.average_infidelity / sum * alone : alone;
}

// Each operand's part of the relaxation that a gate's operands have together; they sum to 1.
std::vector<double> relaxation_parts(const NoiseModel& model, const std::vector<int>& qubits,
                                     double relaxation_s) {
  std::vector<double> parts;
  double sum = 0.0;
  for (const int q : qubits) {
    const Relaxation alone(model.calibration(), {q}, model.policy().temperature_mk);
    parts.push_back(1.0 - arma::trace(alone.ptm(relaxation_s)) / 4.0);
    sum += parts.back();
  }
  for (double& part : parts)
    part = sum > 0.0 ? part / sum : 1.0 / static_cast<double>(qubits.size());
  return parts;
}

// What one operation costs each of its operands.
std::vector<QubitErrors> by_operand(const NoiseModel& model, const std::vector<int>& qubits,
                                    const GateNoise& noise, const ErrorShares& shares) {
  const double equal = 1.0 / static_cast<double>(qubits.size());
  const std::vector<double> relaxation = relaxation_parts(model, qubits, noise.relaxation_s);
  std::vector<QubitErrors> errors;
  for (std::size_t k = 0; k < qubits.size(); ++k) {
    ErrorShares part = equal * shares;
    part.relaxation = relaxation[k] * shares.relaxation;
    errors.push_back({qubits[k], part});
  }
  return errors;
}

// Adds operations up, by kind and by qubit.
class Collector {
 public:
  void add(const std::string& kind, const std::vector<int>& qubits, const ErrorShares& shares) {
    KindErrors& entry = kinds_[kind];
    ++entry.count;
    entry.errors += shares;
    if (shares.total() > entry.worst || entry.worst_qubits.empty()) {
      entry.worst = shares.total();
      entry.worst_qubits = qubits;
    }
  }
  void add(const QubitErrors& errors) { qubits_[errors.qubit] += errors.errors; }
  void exclude(const std::string& kind) { ++kinds_[kind].n_excluded; }

  void divide_by_count() {
    for (auto& [kind, entry] : kinds_)
      if (entry.count > 0) entry.errors = 1.0 / static_cast<double>(entry.count) * entry.errors;
  }

  ErrorBudget budget() const {
    ErrorBudget budget;
    for (const auto& [kind, entry] : kinds_) {
      budget.by_kind.push_back(entry);
      budget.by_kind.back().kind = kind;
    }
    std::ranges::stable_sort(budget.by_kind, std::ranges::greater{},
                             [](const KindErrors& entry) { return entry.errors.total(); });
    for (const auto& [qubit, errors] : qubits_) budget.by_qubit.push_back({qubit, errors});
    return budget;
  }

 private:
  std::map<std::string, KindErrors> kinds_;
  std::map<int, ErrorShares> qubits_;
};

// One reading of some device qubits, group by group.
void add_readout(const NoiseModel& model, const std::vector<int>& qubits, Collector& collector,
                 double& fidelity) {
  for (const ConfusionMatrix& group : model.readout_error(qubits)) {
    const double right = arma::trace(group.matrix) / static_cast<double>(group.matrix.n_rows);
    std::vector<int> read;
    for (const int bit : group.bits) read.push_back(qubits[static_cast<std::size_t>(bit)]);
    const ErrorShares shares{.readout = 1.0 - right};
    collector.add(readout_kind, read, shares);
    for (const int q : read) collector.add({q, 1.0 / static_cast<double>(read.size()) * shares});
    fidelity *= right;
  }
}

}  // namespace

ErrorShares& ErrorShares::operator+=(const ErrorShares& other) {
  relaxation += other.relaxation;
  depolarizing += other.depolarizing;
  coherent += other.coherent;
  readout += other.readout;
  return *this;
}

ErrorShares operator*(double factor, const ErrorShares& shares) {
  return {factor * shares.relaxation, factor * shares.depolarizing, factor * shares.coherent,
          factor * shares.readout};
}

ErrorBudget device_error_budget(const NoiseModel& model) {
  const Calibration& calibration = model.calibration();
  Collector collector;
  std::map<std::pair<std::string, int>, std::vector<ErrorShares>> on_qubit;  // by kind and qubit
  for (const GateCalibration& gate : calibration.gates) {
    if (is_excluded(gate, model.policy())) {
      collector.exclude(gate.name);
      continue;
    }
    const GateNoise noise = gate_noise(calibration, gate, model.policy());
    const ErrorShares shares = shares_of(gate.name, noise);
    collector.add(gate.name, gate.qubits, shares);
    for (const auto& [qubit, errors] : by_operand(model, gate.qubits, noise, shares))
      on_qubit[{gate.name, qubit}].push_back(errors);
  }
  double fidelity = 1.0;
  add_readout(model, trivial_layout(calibration.n_qubits()), collector, fidelity);
  collector.divide_by_count();
  for (const auto& [kind_and_qubit, gates] : on_qubit)
    for (const ErrorShares& errors : gates)
      collector.add({kind_and_qubit.second, 1.0 / static_cast<double>(gates.size()) * errors});
  return collector.budget();
}

CircuitErrorBudget circuit_error_budget(const NoiseModel& model, const Circuit& circuit,
                                        const Layout& layout) {
  require_valid_layout(layout, circuit.n_qubits(), model.calibration());
  Collector collector;
  double fidelity = 1.0;
  for (const NoisyInstruction& step :
       noisy_instructions(model, circuit, layout, Derivatives::without))
    for (const auto& [operands, noise] : step.noise) {
      const double process_fidelity = noise->noise.channel.process_fidelity();
      fidelity *= process_fidelity;
      const double d = std::ldexp(1.0, noise->noise.channel.n_qubits());
      const ErrorShares shares = (d + 1.0) / d * shares_of(noise->kind, noise->noise);
      collector.add(noise->kind, noise->device_qubits, shares);
      for (const QubitErrors& errors :
           by_operand(model, noise->device_qubits, noise->noise, shares))
        collector.add(errors);
    }
  add_readout(model, device_qubits(layout, circuit.qubit_of_bit()), collector, fidelity);
  return {collector.budget(), 1.0 - fidelity};
}

}  // namespace rhodrift
