#include "noise/circuit_noise.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/noise/waiting_noise.hpp>

#include "noise/joint_waits.hpp"

namespace rhodrift {

namespace {

bool is_gate(Op op) {
  return op == Op::reset || (info(op).unitary != nullptr && op != Op::delay);
}

std::shared_ptr<const CircuitNoise> circuit_noise(std::string kind, std::vector<int> device_qubits,
                                                  const std::string& label, GateNoise noise,
                                                  std::vector<ChannelDerivative> derivatives) {
  const TransferMatrix& ptm = noise.channel.ptm();
  std::shared_ptr<const ChannelInstruction> channel;
  if (!derivatives.empty() || !arma::approx_equal(ptm, arma::eye(arma::size(ptm)), "absdiff", 0.0))
    channel = std::make_shared<const ChannelInstruction>(
        ChannelInstruction{label, ptm, std::move(derivatives)});
  return std::make_shared<const CircuitNoise>(CircuitNoise{
      std::move(kind), std::move(device_qubits), std::move(noise), std::move(channel)});
}

}  // namespace

class NoiseWalk {
 public:
  NoiseWalk(const NoiseModel& model, const Circuit& circuit, const Layout& layout,
            Derivatives derivatives)
      : model_(model),
        calibration_(model.calibration()),
        policy_(model.policy()),
        circuit_(circuit),
        layout_(layout),
        derivatives_(derivatives) {}

  std::vector<NoisyInstruction> run() {
    const std::vector<CoupledPair> pairs = waiting_pairs();
    if (pairs.empty()) {
      for (const Instruction& instruction : circuit_.instructions()) add(instruction, {});
    } else {
      const auto duration = [this](const Instruction& instruction) {
        return duration_s(instruction);
      };
      for (const InstructionInTime& at : in_time(circuit_, pairs, duration))
        add(at.instruction, at.joint_waits);
    }
    return std::move(noisy_);
  }

 private:
  using Noise = CircuitNoiseTable::Noise;

  // The couplings that joint waits of the circuit's qubits could feel.
  std::vector<CoupledPair> waiting_pairs() const {
    if (!policy_.noise || !policy_.coherent || !policy_.idle) return {};
    std::vector<bool> waits(layout_.size(), false);
    for (const Instruction& instruction : circuit_.instructions())
      if (instruction.op == Op::delay)
        waits[static_cast<std::size_t>(instruction.qubits[0])] = true;
    const auto waiting = [&](int device_qubit) -> std::optional<int> {
      const auto at = std::ranges::find(layout_, device_qubit) - layout_.begin();
      const auto q = static_cast<std::size_t>(at);
      return q < waits.size() && waits[q] ? std::optional(static_cast<int>(at)) : std::nullopt;
    };
    std::vector<CoupledPair> pairs;
    for (std::size_t k = 0; k < calibration_.zz_couplings.size(); ++k) {
      const auto& [first, second] = calibration_.zz_couplings[k].qubits;
      const std::optional<int> a = waiting(first), b = waiting(second);
      if (a && b) pairs.push_back({k, *a, *b});
    }
    return pairs;
  }

  double duration_s(const Instruction& instruction) const {
    const std::vector<int> operands = device_qubits(layout_, instruction.qubits);
    if (instruction.op == Op::delay) return instruction.duration_s;
    if (instruction.op == Op::measure) return readout_s(operands[0]).value_or(0.0);
    if (!is_gate(instruction.op)) return 0.0;
    return model_.gate_figures(std::string(info(instruction.op).name), operands)
        .duration_s.value_or(0.0);
  }

  std::optional<double> readout_s(int device_qubit) const {
    return calibration_.qubits[static_cast<std::size_t>(device_qubit)].readout_duration_s;
  }

  void add(const Instruction& instruction, const std::vector<JointWait>& joint_waits) {
    noisy_.push_back({instruction, {}});
    if (const Noise noise = noise_after(instruction))
      noisy_.back().noise.emplace_back(instruction.qubits, noise);
    for (const auto& [pair, duration] : joint_waits)
      noisy_.back().noise.emplace_back(std::vector{pair.first, pair.second},
                                       coupling(pair.coupling, duration));
  }

  // Null where the policy has no noise.
  Noise noise_after(const Instruction& instruction) {
    const Op op = instruction.op;
    if (is_gate(op)) return gate(instruction);
    if (op == Op::delay && policy_.idle) return wait(instruction, instruction.duration_s, "");
    if (op != Op::measure || !policy_.mid_circuit || !circuit_.is_mid_circuit(instruction.bit))
      return nullptr;
    const int q = device_qubits(layout_, instruction.qubits)[0];
    const std::optional<double> readout = readout_s(q);
    return readout ? wait(instruction, *readout, fmt::format("/qubits/{}/readout_duration_s", q))
                   : nullptr;
  }

  bool with_derivatives() const { return derivatives_ == Derivatives::with; }

  template <typename Make>
  Noise cached(Op op, const std::vector<int>& operands, double duration, Make make) {
    return model_.known_->of({op, operands, duration, derivatives_}, make);
  }

  Noise gate(const Instruction& instruction) {
    const std::vector<int> operands = device_qubits(layout_, instruction.qubits);
    return cached(instruction.op, operands, 0.0, [&] {
      const std::string name(info(instruction.op).name);
      return circuit_noise(name, operands, fmt::format("{} {}", name, fmt::join(operands, ",")),
                           model_.gate_noise(name, operands),
                           with_derivatives() ? model_.gate_noise_derivatives(name, operands)
                                              : std::vector<ChannelDerivative>{});
    });
  }

  Noise wait(const Instruction& instruction, double duration, const std::string& duration_number) {
    const int q = device_qubits(layout_, instruction.qubits)[0];
    return cached(instruction.op, {q}, duration, [&] {
      const std::string name(info(instruction.op).name);
      return circuit_noise(name, {q}, fmt::format("{} {}, {:.4g} s", name, q, duration),
                           waiting_noise(calibration_, q, duration, policy_),
                           with_derivatives() ? waiting_noise_derivatives(calibration_, q, duration,
                                                                          policy_, duration_number)
                                              : std::vector<ChannelDerivative>{});
    });
  }

  Noise coupling(std::size_t index, double duration) {
    const auto& pair = calibration_.zz_couplings[index].qubits;
    const std::vector<int> operands{pair.first, pair.second};
    return cached(Op::channel, operands, duration, [&] {
      return circuit_noise(
          "zz", operands, fmt::format("zz {}, {:.4g} s", fmt::join(operands, ","), duration),
          coupling_noise(calibration_, index, duration, policy_),
          with_derivatives() ? coupling_noise_derivatives(calibration_, index, duration, policy_)
                             : std::vector<ChannelDerivative>{});
    });
  }

  const NoiseModel& model_;
  const Calibration& calibration_;
  const NoisePolicy& policy_;
  const Circuit& circuit_;
  const Layout& layout_;
  Derivatives derivatives_;
  std::vector<NoisyInstruction> noisy_;
};

std::vector<NoisyInstruction> noisy_instructions(const NoiseModel& model, const Circuit& circuit,
                                                 const Layout& layout, Derivatives derivatives) {
  return NoiseWalk(model, circuit, layout, derivatives).run();
}

}  // namespace rhodrift
