#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/train/entanglement.hpp>

/// Circuits of weights. Every rotation has a weight of its own (Qcnn's have it in common), numbered
/// in the order of the gates; n is the number of qubits, L that of layers.
namespace rhodrift {

/// Each layer ry and rz on qubit 0, on qubit 1, …, then a cx on every pair; at last ry on every
/// qubit. n (2L + 1) weights, L >= 0. A. Kandala et al., Nature 549, 242 (2017).
struct HardwareEfficient {
  int layers = 2;
  Entanglement entanglement = EntanglementPattern::linear;

  bool operator==(const HardwareEfficient&) const = default;
};

/// Each layer ry on every qubit, then a cx on every pair; at last ry on every qubit: its states
/// have real amplitudes. n (L + 1) weights, L >= 0.
struct RealAmplitudes {
  int layers = 2;
  Entanglement entanglement = EntanglementPattern::linear;

  bool operator==(const RealAmplitudes&) const = default;
};

/// Each layer ry on every qubit, rz on every qubit, then a cx on every pair; at last ry and rz on
/// every qubit once more. 2n (L + 1) weights, L >= 0.
struct EfficientSu2 {
  int layers = 2;
  Entanglement entanglement = EntanglementPattern::linear;

  bool operator==(const EfficientSu2&) const = default;
};

/// Each layer rz, ry, rz on every qubit, then cx from every qubit q to (q + r) mod n, r being
/// 1 + l mod (n - 1) in layer l = 0, 1, …. 3nL weights, L >= 1.
/// M. Schuld et al., Phys. Rev. A 101, 032308 (2020).
struct StronglyEntangling {
  int layers = 2;

  bool operator==(const StronglyEntangling&) const = default;
};

enum class BrickBlock {
  cx,   ///< ry and rz on either qubit, then cx: 4 weights
  su4,  ///< any gate of SU(4): rz, ry, rz on either qubit, rxx, ryy, rzz, rz, ry, rz on either
        ///< qubit: 15 weights. F. Vatan, C. Williams, Phys. Rev. A 69, 032315 (2004)
};

/// Layers of two-qubit blocks like bricks in a wall: on 0-1, 2-3, … in even layers, on 1-2, 3-4, …
/// in odd ones. ⌈L/2⌉ ⌊n/2⌋ + ⌊L/2⌋ ⌊(n-1)/2⌋ blocks, L >= 1, n >= 2.
/// M. Cerezo et al., Nat. Commun. 12, 1791 (2021).
struct Brick {
  int layers = 2;
  BrickBlock block = BrickBlock::cx;

  bool operator==(const Brick&) const = default;
};

/// A quantum convolutional network. Each layer is a convolution, a block of SU(4) (as in Brick) on
/// the 1st and 2nd, 3rd and 4th, … and then on the 2nd and 3rd, 4th and 5th, … of the qubits that
/// are left, and a pooling: of the 1st and 2nd, 3rd and 4th, … the one nearer to the middle is
/// left, turned by crz(w) where the other is 1, and by crx(w') where it is 0. Measuring what is not
/// left and turning by the outcome would be the same. All blocks of a layer have the same weights,
/// and so have its poolings: 17L weights, L >= 1. Half of the qubits are left a layer, rounded up.
/// I. Cong, S. Choi, M. D. Lukin, Nat. Phys. 15, 1273 (2019); this pooling: T. Hur, L. Kim,
/// D. K. Park, Quantum Mach. Intell. 4, 3 (2022).
struct Qcnn {
  int layers = 2;

  bool operator==(const Qcnn&) const = default;
};

/// What kind of circuit is trained.
///
/// As text, layers needing no key: "hardware-efficient:layers=2:entanglement=linear",
/// "real-amplitudes:…", "efficient-su2:…", "strongly-entangling:layers=2",
/// "brick:layers=2:block=cx", "qcnn:layers=2"; all but qcnn take mirrored=0 too.
struct Ansatz {
  using Form = std::variant<HardwareEfficient, RealAmplitudes, EfficientSu2, StronglyEntangling,
                            Brick, Qcnn>;
  Form form = {};
  /// When M > 0, the circuit is M times V(w) V(w')^-1, V being that of `form`: 2M times as many
  /// weights. It is the identity where w' = w, see IdentityBlocks.
  int mirrored = 0;

  bool operator==(const Ansatz&) const = default;
};

/// Throws InputError naming the setting and what is known.
Ansatz parse_ansatz(std::string_view text);
/// What parse_ansatz reads, with all settings; mirrored only when it is not 0.
std::string to_string(const Ansatz& ansatz);

/// Throws InputError when a setting is out of range, or does not go with n_qubits.
Circuit ansatz_circuit(const Ansatz& ansatz, int n_qubits);

/// The qubits that are worth reading after the ansatz, ascending: those that are left of Qcnn, of
/// all others every one. Throws InputError as ansatz_circuit does.
std::vector<int> output_qubits(const Ansatz& ansatz, int n_qubits);

/// HardwareEfficient with the given pairs. Throws InputError when layers is negative or a pair is
/// not two qubits of the circuit.
Circuit hardware_efficient_ansatz(int n_qubits, int layers,
                                  const std::vector<std::pair<int, int>>& pairs);

}  // namespace rhodrift
