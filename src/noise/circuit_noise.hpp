#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift {

/// A noise channel of a circuit, and what it is the noise of.
struct CircuitNoise {
  std::string kind;                ///< "cx", "reset", "delay", "measure" (mid-circuit), "zz"
  std::vector<int> device_qubits;  ///< operands in order
  GateNoise noise;
  /// As it stands in the circuit; null when it would do nothing and has no derivatives.
  std::shared_ptr<const ChannelInstruction> channel;
};

/// The noise of one model, each made once: equal noise is one object. Threads may share it.
class CircuitNoiseTable {
 public:
  /// On which device qubits and, of a wait, for how many seconds; Op::channel: a ZZ coupling.
  using Key = std::tuple<Op, std::vector<int>, double, Derivatives>;
  using Noise = std::shared_ptr<const CircuitNoise>;

  /// make() if it is not known yet.
  template <typename Make>
  Noise of(const Key& key, Make make) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = known_.find(key); found != known_.end()) return found->second;
    }
    Noise made = make();
    const std::lock_guard lock(mutex_);
    return known_.try_emplace(key, std::move(made)).first->second;
  }

 private:
  std::mutex mutex_;
  std::map<Key, Noise> known_;
};

/// An instruction of a circuit with what follows it: operands, and noise on them.
struct NoisyInstruction {
  Instruction instruction;
  std::vector<std::pair<std::vector<int>, CircuitNoiseTable::Noise>> noise;
};

/// The instructions of a circuit in native gates, on a valid layout, with the noise of the model.
/// In the circuit's order, unless coupled qubits wait together: then in that of time, delays being
/// cut. Equal noise is one object. Throws InputError that names the first gate the device lacks.
std::vector<NoisyInstruction> noisy_instructions(const NoiseModel& model, const Circuit& circuit,
                                                 const Layout& layout, Derivatives derivatives);

}  // namespace rhodrift
