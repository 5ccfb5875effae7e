#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr std::array<std::pair<NoisePolicy, std::string_view>, 2> policy_names{{
    {NoisePolicy::ideal, "ideal"},
    {NoisePolicy::aer, "aer"},
}};

std::string place(const Calibration& calibration) {
  return fmt::format("{} at {}", calibration.device, to_iso8601(calibration.timestamp));
}

struct RelaxationTimes {
  double t1_s;
  double t2_s;
};

RelaxationTimes relaxation_times(const QubitCalibration& qubit) {
  const double t1 = qubit.t1_s.value_or(infinity);
  return {t1, std::min(qubit.t2_s.value_or(2.0 * t1), 2.0 * t1)};
}

// What no device could have: a clearer answer than that this one does not.
void require_operands(const Calibration& calibration, const std::string& gate,
                      const std::vector<int>& qubits) {
  const auto fail = [&](const std::string& problem) {
    throw InputError(place(calibration), fmt::format("gate {}", gate), problem);
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

// A calibration made by hand has not been validated.
void require_figures(const Calibration& calibration, const GateCalibration& gate) {
  const auto fail = [&](const std::string& problem) {
    throw InputError(place(calibration),
                     fmt::format("{} {}", gate.name, fmt::join(gate.qubits, ",")), problem);
  };
  if (gate.qubits.empty()) fail("has no operands");
  for (const int q : gate.qubits)
    if (q < 0 || q >= calibration.n_qubits())
      fail(fmt::format("qubit {} is outside 0..{}", q, calibration.n_qubits() - 1));
  if (gate.error && !(*gate.error >= 0.0))
    fail(fmt::format("reported error {} is not >= 0", *gate.error));
}

// The relaxation of every operand over the gate's duration.
Channel gate_relaxation(const Calibration& calibration, const GateCalibration& gate) {
  const double duration_s = gate.duration_s.value_or(0.0);
  std::optional<Channel> product;
  for (const int q : gate.qubits) {
    const RelaxationTimes times = relaxation_times(calibration.qubits[static_cast<std::size_t>(q)]);
    const Channel one = thermal_relaxation(times.t1_s, times.t2_s, duration_s);
    product = product ? product->tensor(one) : one;
  }
  return *product;
}

std::vector<std::string> missing_figures(const Calibration& calibration,
                                         const GateCalibration& gate) {
  const std::string name = fmt::format("{} {}", gate.name, fmt::join(gate.qubits, ","));
  std::vector<std::string> notes;
  if (!gate.error) notes.push_back(name + ": no error reported; relaxation only");
  if (!gate.duration_s) notes.push_back(name + ": no duration reported; no relaxation");
  for (const int q : gate.qubits) {
    const QubitCalibration& qubit = calibration.qubits[static_cast<std::size_t>(q)];
    if (!qubit.t1_s)
      notes.push_back(fmt::format("{}: qubit {} has no T1; taken as infinite", name, q));
    if (!qubit.t2_s)
      notes.push_back(fmt::format("{}: qubit {} has no T2; taken as 2 T1", name, q));
    else if (qubit.t1_s && *qubit.t2_s > 2.0 * *qubit.t1_s)
      notes.push_back(fmt::format("{}: qubit {} has T2 = {} s > 2 T1 = {} s; taken as 2 T1", name,
                                  q, *qubit.t2_s, 2.0 * *qubit.t1_s));
  }
  return notes;
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

GateNoise aer_gate_noise(const Calibration& calibration, const GateCalibration& gate) {
  require_figures(calibration, gate);
  const int k = static_cast<int>(gate.qubits.size());
  const double d = std::ldexp(1.0, k);
  const double n_paulis = d * d;
  const Channel relaxation = gate_relaxation(calibration, gate);
  const double relaxation_fidelity = relaxation.average_fidelity();
  const double r = 1.0 - relaxation_fidelity;

  GateNoise noise{relaxation, 0.0, 0.0, r, missing_figures(calibration, gate)};
  const double reported = gate.error.value_or(0.0);
  if (reported > r) {
    if (d * relaxation_fidelity <= 1.0)
      throw InputError(
          place(calibration), fmt::format("{} {}", gate.name, fmt::join(gate.qubits, ",")),
          fmt::format("relaxation alone has fidelity {}, at most 1/d: the gate is longer "
                      "than its qubits live",
                      relaxation_fidelity));
    const double epsilon = std::min(reported, d / (d + 1.0));
    noise.depolarizing_lambda =
        std::min(d * (epsilon - r) / (d * relaxation_fidelity - 1.0), n_paulis / (n_paulis - 1.0));
    noise.channel = depolarizing(k, noise.depolarizing_lambda).then(relaxation);
    if (reported >= 1.0)
      noise.notes.push_back(fmt::format("{} {}: reported error {} marks a faulty gate", gate.name,
                                        fmt::join(gate.qubits, ","), reported));
  } else if (gate.error && r > 0.0) {
    noise.notes.push_back(fmt::format(
        "{} {}: relaxation alone ({:.3g}) is more than the reported error ({:.3g}); the "
        "model exceeds what was reported",
        gate.name, fmt::join(gate.qubits, ","), r, reported));
  }
  noise.average_infidelity = noise.channel.average_infidelity();
  return noise;
}

NoiseModel::NoiseModel(Calibration calibration, NoisePolicy policy)
    : calibration_(std::move(calibration)), policy_(policy) {}

const GateCalibration& NoiseModel::require_gate(const std::string& gate,
                                                const std::vector<int>& qubits) const {
  if (const GateCalibration* found = calibration_.find_gate(gate, qubits)) return *found;
  require_operands(calibration_, gate, qubits);
  throw InputError(place(calibration_), fmt::format("gate {}", gate),
                   fmt::format("the device does not have it on qubits {}; its native gates are {}",
                               fmt::join(qubits, ","), fmt::join(calibration_.native_gates, ", ")));
}

GateNoise NoiseModel::gate_noise(const std::string& gate, const std::vector<int>& qubits) const {
  const GateCalibration& figures = require_gate(gate, qubits);
  if (policy_ == NoisePolicy::aer) return aer_gate_noise(calibration_, figures);
  return {Channel::identity(static_cast<int>(qubits.size())), 0.0, 0.0, 0.0, {}};
}

ReadoutError NoiseModel::readout_error(const std::vector<int>& qubits) const {
  require_valid_layout(qubits, static_cast<int>(qubits.size()), calibration_);
  ReadoutError error;
  if (policy_ == NoisePolicy::ideal) return error;
  const auto bit_of = [&](int qubit) {
    return static_cast<int>(std::ranges::find(qubits, qubit) - qubits.begin());
  };
  const int n_bits = static_cast<int>(qubits.size());
  std::vector<bool> covered(qubits.size(), false);
  // A recorded matrix of a whole group says more than its qubits' own figures.
  for (ConfusionMatrix group : calibration_.readout_matrices) {
    for (int& bit : group.bits) bit = bit_of(bit);
    if (!std::ranges::all_of(group.bits, [&](int bit) {
          return bit < n_bits && !covered[static_cast<std::size_t>(bit)];
        }))
      continue;
    for (const int bit : group.bits) covered[static_cast<std::size_t>(bit)] = true;
    error.push_back(std::move(group));
  }
  for (std::size_t bit = 0; bit < qubits.size(); ++bit) {
    const QubitCalibration& qubit = calibration_.qubits[static_cast<std::size_t>(qubits[bit])];
    if (covered[bit] || !qubit.readout_p10 || !qubit.readout_p01) continue;  // told by notes()
    error.push_back(
        ConfusionMatrix::single(static_cast<int>(bit), *qubit.readout_p10, *qubit.readout_p01));
  }
  return error;
}

Circuit NoiseModel::apply(const Circuit& circuit, const Layout& layout) const {
  require_valid_layout(layout, circuit.n_qubits(), calibration_);
  if (!circuit.readout_error().empty())
    throw InputError("circuit", "", "already has a readout error; the noise model brings its own");
  Circuit noisy(circuit.n_qubits());
  std::map<std::pair<Op, std::vector<int>>, std::shared_ptr<const ChannelInstruction>> channels;
  for (const Instruction& instruction : circuit.instructions()) {
    noisy.append(instruction);
    if (instruction.op == Op::measure || instruction.op == Op::barrier ||
        instruction.op == Op::channel)
      continue;
    const std::vector<int> operands = device_qubits(layout, instruction.qubits);
    auto [it, fresh] = channels.try_emplace({instruction.op, operands});
    if (fresh) {
      const std::string name(info(instruction.op).name);
      const GateNoise noise = gate_noise(name, operands);
      const auto& ptm = noise.channel.ptm();
      if (!arma::approx_equal(ptm, arma::eye(arma::size(ptm)), "absdiff", 0.0))
        it->second = std::make_shared<const ChannelInstruction>(
            ChannelInstruction{fmt::format("{} {}", name, fmt::join(operands, ",")), ptm});
    }
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
