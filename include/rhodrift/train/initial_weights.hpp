#pragma once

#include <armadillo>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>
#include <variant>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// Uniform in [-limit, limit]. The default is near enough to 0 that gradients do not vanish in deep
/// circuits, and wide enough that no two weights start alike.
struct UniformWeights {
  double limit_rad = std::numbers::pi / 8;  ///< >= 0

  bool operator==(const UniformWeights&) const = default;
};

/// Normal with mean 0: the circuit starts near to what it is without its rotations.
struct SmallAngles {
  double deviation_rad = 0.1;  ///< standard deviation, >= 0

  bool operator==(const SmallAngles&) const = default;
};

/// The weighted part of the circuit starts as the identity, at random weights uniform in [-π, π]:
/// it is a sequence of blocks V(w) V(w')^-1, and w' starts as w. That is so of ansätze with
/// Ansatz::mirrored > 0, and of circuits read from elsewhere whose gates between features are
/// followed by their inverses in reverse order. Others are refused: of what has entangling gates
/// that nothing undoes no weights make an identity, and weights of 0 would not be random.
/// E. Grant et al., Quantum 3, 214 (2019).
struct IdentityBlocks {
  bool operator==(const IdentityBlocks&) const = default;
};

/// Normal with mean 0 and variance 1/(4 S D), S being the number of qubits that an observable is
/// on, and D the largest number of rotations with a weight that are on one qubit. In the theorem's
/// circuit, L layers of one rotation a qubit and two more at the end, that is 1/(4 S (L + 2)), and
/// the squared norm of the gradient falls as a power of L, not exponentially.
/// K. Zhang et al., NeurIPS 35 (2022), arXiv:2203.09376, theorem 4.1.
struct DepthScaledGaussian {
  int locality = 1;  ///< S >= 1

  bool operator==(const DepthScaledGaussian&) const = default;
};

/// The weights of a trained model, by number. Where this circuit has more of them, the others are
/// uniform in [-limit, limit]: with the default of 0 new rotations are the identity at first
/// (A. Skolik et al., Quantum Mach. Intell. 3, 5 (2021)). Where it has fewer, the model's last ones
/// are left out. Numbers follow the gates, so that an ansatz with more layers on the same qubits
/// takes over the first layers; on another number of qubits weights end up at other gates.
struct TransferredWeights {
  std::string model;       ///< path of the model file; as text it holds no ':'
  double limit_rad = 0.0;  ///< >= 0

  bool operator==(const TransferredWeights&) const = default;
};

/// Where the weights of a circuit start. As text, the first setting needing no key:
/// "uniform:limit=0.39", "small-angles:deviation=0.1", "identity-blocks", "gaussian:locality=1",
/// "transfer:model=PATH:limit=0".
using InitialWeights = std::variant<UniformWeights, SmallAngles, IdentityBlocks,
                                    DepthScaledGaussian, TransferredWeights>;

/// Throws InputError naming the setting and what is known.
InitialWeights parse_initial_weights(std::string_view text);
/// What parse_initial_weights reads, with all settings to the last bit.
/// Throws InputError when the path of a model has a ':'.
std::string to_string(const InitialWeights& initial);

/// circuit.n_weights() weights in radians; random ones are a function of the seed. A model file is
/// read. Throws InputError when a setting is out of range or the circuit does not allow it.
arma::vec initial_weights(const InitialWeights& initial, const Circuit& circuit,
                          std::uint64_t seed);

}  // namespace rhodrift
