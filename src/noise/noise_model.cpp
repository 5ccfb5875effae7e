#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/correlated_readout.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "noise/calibration_name.hpp"
#include "noise/circuit_noise.hpp"

namespace rhodrift {

namespace {

// What no device could have: a clearer answer than that this one does not.
void require_operands(const Calibration& calibration, const std::string& gate,
                      const std::vector<int>& qubits) {
  const auto fail = [&](const std::string& problem) {
    throw InputError(calibration_name(calibration), fmt::format("gate {}", gate), problem);
  };
  for (auto q = qubits.begin(); q != qubits.end(); ++q) {
    if (*q < 0 || *q >= calibration.n_qubits())
      fail(fmt::format("qubit {} is outside 0..{}", *q, calibration.n_qubits() - 1));
    if (std::find(qubits.begin(), q, *q) != q) fail(fmt::format("qubit {} is repeated", *q));
  }
  const std::optional<Op> op = find_operation(gate);
  const auto n_given = static_cast<int>(qubits.size());
  const int n_taken = op ? info(*op).n_qubits : 0;  // 0: any number
  if (n_taken != 0 && n_given != n_taken)
    fail(fmt::format("{} takes {} qubit{}, got {}", gate, n_taken, n_taken == 1 ? "" : "s",
                     n_given));
}

// A group of the readout error, unscaled.
struct ReadGroup {
  ConfusionMatrix confusion;
  std::optional<int> qubit = {};  // whose own figures these are; of none: a recorded matrix
};

bool covers(const std::vector<ReadGroup>& groups, int bit) {
  return std::ranges::any_of(groups, [&](const ReadGroup& group) {
    return std::ranges::find(group.confusion.bits, bit) != group.confusion.bits.end();
  });
}

// The readout error of some qubits of a device, qubits[i] being read into bit i.
class Reading {
 public:
  Reading(const Calibration& calibration, const std::vector<int>& qubits, const NoisePolicy& policy)
      : calibration_(calibration), qubits_(qubits), policy_(policy) {
    for (const int q : qubits)
      if (q < 0 || q >= calibration.n_qubits())
        throw InputError(calibration_name(calibration), "readout error",
                         fmt::format("qubit {} is outside 0..{}", q, calibration.n_qubits() - 1));
    if (!policy.noise || policy.scale == 0.0) return;
    for (const ConfusionMatrix& recorded : calibration.readout_matrices) add_recorded(recorded);
    for (std::size_t bit = 0; bit < qubits.size(); ++bit)
      if (!covers(groups_, static_cast<int>(bit))) add_own(static_cast<int>(bit), qubits[bit]);
  }

  // Recorded matrices first.
  const std::vector<ReadGroup>& groups() const { return groups_; }

 private:
  // A recorded matrix says more than its qubits' own figures. It speaks of qubits that are read
  // together: one that is read repeatedly has its own figures each time.
  void add_recorded(const ConfusionMatrix& recorded) {
    std::vector<int> part, bits;
    for (const int qubit : recorded.bits) {
      if (std::ranges::count(qubits_, qubit) != 1) continue;
      const auto bit = static_cast<int>(std::ranges::find(qubits_, qubit) - qubits_.begin());
      if (covers(groups_, bit)) continue;
      part.push_back(qubit);
      bits.push_back(bit);
    }
    if (part.size() == recorded.bits.size()) {
      groups_.push_back({{bits, recorded.matrix}});
    } else if (policy_.marginal_readout && !part.empty()) {
      groups_.push_back({{bits, marginal_confusion(recorded, part).matrix}});
    }
  }

  void add_own(int bit, int q) {
    const QubitCalibration& qubit = calibration_.qubits[static_cast<std::size_t>(q)];
    if (qubit.readout_p10 && qubit.readout_p01) {
      groups_.push_back({ConfusionMatrix::single(bit, *qubit.readout_p10, *qubit.readout_p01), q});
      return;
    }
    if (!policy_.marginal_readout) return;  // see notes()
    for (const ConfusionMatrix& recorded : calibration_.readout_matrices)
      if (std::ranges::find(recorded.bits, q) != recorded.bits.end())
        groups_.push_back({{{bit}, marginal_confusion(recorded, {q}).matrix}});
  }

  const Calibration& calibration_;
  const std::vector<int>& qubits_;
  const NoisePolicy& policy_;
  std::vector<ReadGroup> groups_;
};

// 1 + α (M - 1)
ConfusionMatrix scaled_confusion(ConfusionMatrix confusion, double scale,
                                 const Calibration& calibration) {
  if (scale == 1.0) return confusion;
  const double worst = 1.0 - confusion.matrix.diag().min();
  if (scale * worst > 1.0)
    throw InputError(calibration_name(calibration), "readout error",
                     fmt::format("{} times the probability {} to misread bits {} is above 1", scale,
                                 worst, fmt::join(confusion.bits, ",")));
  confusion.matrix *= scale;
  confusion.matrix.diag() += 1.0 - scale;
  return confusion;
}

}  // namespace

NoiseModel::NoiseModel(Calibration calibration, NoisePolicy policy)
    : NoiseModel(std::make_shared<const Calibration>(std::move(calibration)), policy) {}

NoiseModel::NoiseModel(std::shared_ptr<const Calibration> calibration, NoisePolicy policy)
    : calibration_(std::move(calibration)),
      policy_(policy),
      known_(std::make_shared<CircuitNoiseTable>()) {}

NoiseModel NoiseModel::scaled(double factor) const {
  NoisePolicy policy = policy_;
  policy.scale *= factor;
  return {calibration_, policy};
}

const GateCalibration& NoiseModel::gate_figures(const std::string& gate,
                                                const std::vector<int>& qubits) const {
  if (const GateCalibration* found = calibration().find_gate(gate, qubits)) return *found;
  require_operands(calibration(), gate, qubits);
  throw InputError(
      calibration_name(calibration()), fmt::format("gate {}", gate),
      fmt::format("the device does not have it on qubits {}; its native gates are {}",
                  fmt::join(qubits, ","), fmt::join(calibration().native_gates, ", ")));
}

GateNoise NoiseModel::gate_noise(const std::string& gate, const std::vector<int>& qubits) const {
  return rhodrift::gate_noise(calibration(), gate_figures(gate, qubits), policy_);
}

std::vector<ChannelDerivative> NoiseModel::gate_noise_derivatives(
    const std::string& gate, const std::vector<int>& qubits) const {
  const GateCalibration& figures = gate_figures(gate, qubits);
  return rhodrift::gate_noise_derivatives(
      calibration(), static_cast<std::size_t>(&figures - calibration().gates.data()), policy_);
}

ReadoutError NoiseModel::readout_error(const std::vector<int>& qubits) const {
  ReadoutError error;
  const Reading reading(calibration(), qubits, policy_);
  for (const ReadGroup& group : reading.groups())
    error.push_back(scaled_confusion(group.confusion, policy_.scale, calibration()));
  return error;
}

std::vector<ReadoutDerivative> NoiseModel::readout_derivatives(
    const std::vector<int>& qubits) const {
  const Reading reading(calibration(), qubits, policy_);
  const double scale = policy_.scale;
  std::vector<ReadoutDerivative> derivatives;
  for (std::size_t g = 0; g < reading.groups().size(); ++g) {
    const auto& [confusion, qubit] = reading.groups()[g];
    if (!qubit) continue;
    const int bit = confusion.bits.front();
    const double p10 = scale * confusion.matrix(1, 0), p01 = scale * confusion.matrix(0, 1);
    derivatives.push_back({fmt::format("/qubits/{}/readout/p10", *qubit), g,
                           ConfusionMatrix::single(bit, 0.0, p01),
                           ConfusionMatrix::single(bit, 1.0, p01), scale});
    derivatives.push_back({fmt::format("/qubits/{}/readout/p01", *qubit), g,
                           ConfusionMatrix::single(bit, p10, 0.0),
                           ConfusionMatrix::single(bit, p10, 1.0), scale});
  }
  return derivatives;
}

Circuit NoiseModel::apply(const Circuit& circuit, const Layout& layout,
                          Derivatives derivatives) const {
  require_valid_layout(layout, circuit.n_qubits(), calibration());
  if (!circuit.readout_error().empty())
    throw InputError("circuit", "", "already has a readout error; the noise model brings its own");
  Circuit noisy(circuit.n_qubits());
  for (const NoisyInstruction& step : noisy_instructions(*this, circuit, layout, derivatives)) {
    noisy.append(step.instruction);
    for (const auto& [operands, noise] : step.noise)
      if (noise->channel) noisy.append(Instruction{Op::channel, operands, {}, noise->channel});
  }
  noisy.set_readout_error(readout_error(device_qubits(layout, circuit.qubit_of_bit())));
  return noisy;
}

std::vector<std::string> NoiseModel::notes(const Layout& layout) const {
  require_valid_layout(layout, static_cast<int>(layout.size()), calibration());
  std::vector<std::string> notes;
  if (!policy_.noise) return notes;
  const auto inside = [&](int q) { return std::ranges::find(layout, q) != layout.end(); };
  for (const GateCalibration& gate : calibration().gates) {
    if (!std::ranges::all_of(gate.qubits, inside)) continue;
    if (is_excluded(gate, policy_)) {
      notes.push_back(fmt::format("{} {}: reported error {} marks a faulty gate; excluded",
                                  gate.name, fmt::join(gate.qubits, ","), *gate.error));
      continue;
    }
    std::ranges::move(rhodrift::gate_noise(calibration(), gate, policy_).notes,
                      std::back_inserter(notes));
  }
  for (const int q : layout) {
    const QubitCalibration& qubit = calibration().qubits[static_cast<std::size_t>(q)];
    if (!qubit.readout_p10 || !qubit.readout_p01)
      notes.push_back(fmt::format("qubit {}: no readout error reported; {}", q,
                                  Reading(calibration(), {q}, policy_).groups().empty()
                                      ? "read perfectly"
                                      : "read as its group says"));
    if (policy_.mid_circuit && !qubit.readout_duration_s)
      notes.push_back(fmt::format(
          "qubit {}: no readout duration reported; no relaxation when read mid-circuit", q));
  }
  if (!policy_.marginal_readout) return notes;
  for (const ConfusionMatrix& group : calibration().readout_matrices)
    if (std::ranges::any_of(group.bits, inside) && !std::ranges::all_of(group.bits, inside))
      notes.push_back(
          fmt::format("readout of {}: taken as if the group's other qubits were prepared "
                      "in |0> and |1> alike",
                      fmt::join(group.bits, ",")));
  return notes;
}

}  // namespace rhodrift
