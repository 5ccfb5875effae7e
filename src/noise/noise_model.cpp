#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "noise/calibration_name.hpp"

namespace rhodrift {

namespace {

constexpr std::array<std::pair<NoisePolicy, std::string_view>, 2> policy_names{{
    {NoisePolicy::ideal, "ideal"},
    {NoisePolicy::aer, "aer"},
}};

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

void require_on_device(const std::vector<int>& qubits, const Calibration& calibration) {
  for (const int q : qubits)
    if (q < 0 || q >= calibration.n_qubits())
      throw InputError(calibration_name(calibration), "readout error",
                       fmt::format("qubit {} is outside 0..{}", q, calibration.n_qubits() - 1));
}

bool covers(const ReadoutError& error, int bit) {
  return std::ranges::any_of(error, [&](const ConfusionMatrix& group) {
    return std::ranges::find(group.bits, bit) != group.bits.end();
  });
}

// The recorded matrices of the groups that are read as a whole, qubits[i] into bit i. They speak of
// qubits that are read together: one that is read repeatedly has its own figures each time.
ReadoutError recorded_groups(const Calibration& calibration, const std::vector<int>& qubits) {
  const int n_bits = static_cast<int>(qubits.size());
  const auto bit_of = [&](int qubit) {
    return std::ranges::count(qubits, qubit) > 1
               ? n_bits
               : static_cast<int>(std::ranges::find(qubits, qubit) - qubits.begin());
  };
  ReadoutError groups;
  for (ConfusionMatrix group : calibration.readout_matrices) {
    for (int& bit : group.bits) bit = bit_of(bit);
    if (std::ranges::all_of(group.bits,
                            [&](int bit) { return bit < n_bits && !covers(groups, bit); }))
      groups.push_back(std::move(group));
  }
  return groups;
}

struct BitReadout {
  int bit;
  int qubit;
  double p10;
  double p01;
};

// The figures of the qubits that none of the groups covers. A recorded matrix of a whole group says
// more than its qubits' own figures.
std::vector<BitReadout> own_figures(const Calibration& calibration, const std::vector<int>& qubits,
                                    const ReadoutError& groups) {
  std::vector<BitReadout> figures;
  for (int bit = 0; bit < static_cast<int>(qubits.size()); ++bit) {
    const int q = qubits[static_cast<std::size_t>(bit)];
    const QubitCalibration& qubit = calibration.qubits[static_cast<std::size_t>(q)];
    if (covers(groups, bit) || !qubit.readout_p10 || !qubit.readout_p01) continue;  // see notes()
    figures.push_back({bit, q, *qubit.readout_p10, *qubit.readout_p01});
  }
  return figures;
}

}  // namespace

NoisePolicy parse_noise_policy(std::string_view name) {
  for (const auto& [policy, policy_name] : policy_names)
    if (policy_name == name) return policy;
  throw InputError("noise policy", "", fmt::format("'{}' is unknown; known are ideal, aer", name));
}

std::string_view to_string(NoisePolicy policy) {
  return std::ranges::find(policy_names, policy, &decltype(policy_names)::value_type::first)
      ->second;
}

NoiseModel::NoiseModel(Calibration calibration, NoisePolicy policy)
    : calibration_(std::move(calibration)), policy_(policy) {}

const GateCalibration& NoiseModel::require_gate(const std::string& gate,
                                                const std::vector<int>& qubits) const {
  if (const GateCalibration* found = calibration_.find_gate(gate, qubits)) return *found;
  require_operands(calibration_, gate, qubits);
  throw InputError(calibration_name(calibration_), fmt::format("gate {}", gate),
                   fmt::format("the device does not have it on qubits {}; its native gates are {}",
                               fmt::join(qubits, ","), fmt::join(calibration_.native_gates, ", ")));
}

GateNoise NoiseModel::gate_noise(const std::string& gate, const std::vector<int>& qubits) const {
  const GateCalibration& figures = require_gate(gate, qubits);
  if (policy_ == NoisePolicy::aer) return aer_gate_noise(calibration_, figures);
  return {Channel::identity(static_cast<int>(qubits.size())), 0.0, 0.0, 0.0, {}};
}

std::vector<ChannelDerivative> NoiseModel::gate_noise_derivatives(
    const std::string& gate, const std::vector<int>& qubits) const {
  const GateCalibration& figures = require_gate(gate, qubits);
  if (policy_ == NoisePolicy::ideal) return {};
  return aer_gate_noise_derivatives(calibration_,
                                    static_cast<std::size_t>(&figures - calibration_.gates.data()));
}

ReadoutError NoiseModel::readout_error(const std::vector<int>& qubits) const {
  require_on_device(qubits, calibration_);
  if (policy_ == NoisePolicy::ideal) return {};
  ReadoutError error = recorded_groups(calibration_, qubits);
  for (const BitReadout& own : own_figures(calibration_, qubits, error))
    error.push_back(ConfusionMatrix::single(own.bit, own.p10, own.p01));
  return error;
}

std::vector<ReadoutDerivative> NoiseModel::readout_derivatives(
    const std::vector<int>& qubits) const {
  require_on_device(qubits, calibration_);
  if (policy_ == NoisePolicy::ideal) return {};
  const ReadoutError recorded = recorded_groups(calibration_, qubits);
  std::size_t group = recorded.size();  // readout_error() has the qubits' own after them
  std::vector<ReadoutDerivative> derivatives;
  for (const auto& [bit, qubit, p10, p01] : own_figures(calibration_, qubits, recorded)) {
    derivatives.push_back({fmt::format("/qubits/{}/readout/p10", qubit), group,
                           ConfusionMatrix::single(bit, 0.0, p01),
                           ConfusionMatrix::single(bit, 1.0, p01)});
    derivatives.push_back({fmt::format("/qubits/{}/readout/p01", qubit), group,
                           ConfusionMatrix::single(bit, p10, 0.0),
                           ConfusionMatrix::single(bit, p10, 1.0)});
    ++group;
  }
  return derivatives;
}

std::shared_ptr<const ChannelInstruction> NoiseModel::channel_after(const std::string& gate,
                                                                    const std::vector<int>& qubits,
                                                                    Derivatives derivatives) const {
  ChannelInstruction channel{fmt::format("{} {}", gate, fmt::join(qubits, ",")),
                             gate_noise(gate, qubits).channel.ptm()};
  if (derivatives == Derivatives::with) channel.derivatives = gate_noise_derivatives(gate, qubits);
  const bool noiseless =
      arma::approx_equal(channel.ptm, arma::eye(arma::size(channel.ptm)), "absdiff", 0.0);
  if (noiseless && channel.derivatives.empty()) return nullptr;
  return std::make_shared<const ChannelInstruction>(std::move(channel));
}

Circuit NoiseModel::apply(const Circuit& circuit, const Layout& layout,
                          Derivatives derivatives) const {
  require_valid_layout(layout, circuit.n_qubits(), calibration_);
  if (!circuit.readout_error().empty())
    throw InputError("circuit", "", "already has a readout error; the noise model brings its own");
  Circuit noisy(circuit.n_qubits());
  std::map<std::pair<Op, std::vector<int>>, std::shared_ptr<const ChannelInstruction>> channels;
  for (const Instruction& instruction : circuit.instructions()) {
    noisy.append(instruction);
    if (info(instruction.op).unitary == nullptr && instruction.op != Op::reset) continue;
    const std::vector<int> operands = device_qubits(layout, instruction.qubits);
    auto [it, fresh] = channels.try_emplace({instruction.op, operands});
    if (fresh)
      it->second = channel_after(std::string(info(instruction.op).name), operands, derivatives);
    if (!it->second) continue;
    Instruction channel{Op::channel, instruction.qubits, {}, it->second};
    noisy.append(channel);
  }
  noisy.set_readout_error(readout_error(device_qubits(layout, circuit.qubit_of_bit())));
  return noisy;
}

std::vector<std::string> NoiseModel::notes(const Layout& layout) const {
  require_valid_layout(layout, static_cast<int>(layout.size()), calibration_);
  std::vector<std::string> notes;
  if (policy_ == NoisePolicy::ideal) return notes;
  const auto inside = [&](int q) { return std::ranges::find(layout, q) != layout.end(); };
  for (const GateCalibration& gate : calibration_.gates) {
    if (!std::ranges::all_of(gate.qubits, inside)) continue;
    std::ranges::copy(aer_gate_noise(calibration_, gate).notes, std::back_inserter(notes));
  }
  for (const int q : layout) {
    const QubitCalibration& qubit = calibration_.qubits[static_cast<std::size_t>(q)];
    if (!qubit.readout_p10 || !qubit.readout_p01)
      notes.push_back(fmt::format("qubit {}: no readout error reported; read perfectly", q));
  }
  return notes;
}

}  // namespace rhodrift
