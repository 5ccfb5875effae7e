#pragma once

#include <armadillo>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/train/entanglement.hpp>

namespace rhodrift {

/// Feature j turns qubit j mod n about the axis number j / n, layer by layer: axes {ry, rx, rz, ry}
/// on 4 qubits take 16 features. n · axes.size() features at most, in radians (see FeatureScaling).
struct AngleEncoding {
  std::vector<Op> axes = {Op::ry};  ///< each rx, ry or rz

  bool operator==(const AngleEncoding&) const = default;
};

/// Two features a qubit: ry(x_2q), then p(x_2q+1) on qubit q, both in radians. 2n features at most.
/// R. LaRose, B. Coyle, Phys. Rev. A 102, 032420 (2020).
struct DenseAngleEncoding {
  bool operator==(const DenseAngleEncoding&) const = default;
};

/// The features are the amplitudes: Σ_j x_j |j> / ‖x‖, qubit 0 the lowest bit of j, signs included.
/// 2^n features at most, fewer are followed by zeros. Uniformly controlled ry's, 2^n - 1 rotations
/// and 2^n - 2 cx: M. Möttönen et al., Quantum Inf. Comput. 5, 467 (2005), arXiv:quant-ph/0407010.
/// Scaling all features alike changes nothing; a sample of zeros has no such state and is refused.
/// n is 20 at most.
struct AmplitudeEncoding {
  bool operator==(const AmplitudeEncoding&) const = default;
};

/// `repetitions` times h on every qubit, rz(x_q) on every qubit and rzz(x_a x_b) on every pair
/// (a, b) of `entanglement`, with rz(θ) = exp(-iθZ/2). One feature a qubit in radians, n at most;
/// qubits without a feature stay in |0> and out of the pairs. V. Havlíček et al., Nature 567, 209
/// (2019).
struct IqpEncoding {
  int repetitions = 2;  ///< >= 1
  Entanglement entanglement = EntanglementPattern::full;

  bool operator==(const IqpEncoding&) const = default;
};

/// IqpEncoding with the angles of the same paper: rz(2 x_q) and rzz(2 (π - x_a)(π - x_b)), made
/// for features in (0, 2π]. Up to a global phase it is what Qiskit calls ZZFeatureMap.
struct ZzEncoding {
  int repetitions = 2;  ///< >= 1
  Entanglement entanglement = EntanglementPattern::full;

  bool operator==(const ZzEncoding&) const = default;
};

/// How the features of a sample get into a circuit.
///
/// As text: "angle:ry,rx", "dense", "amplitude", "iqp:repetitions=2:entanglement=full", "zz:…"
/// with the same settings; axes and repetitions need no key. Each takes uploads=1 too.
struct Encoding {
  using Form =
      std::variant<AngleEncoding, DenseAngleEncoding, AmplitudeEncoding, IqpEncoding, ZzEncoding>;
  Form form = {};
  /// How often the features are encoded, the ansatz following each time with weights of its own:
  /// more than once is data re-uploading. A. Pérez-Salinas et al., Quantum 4, 226 (2020), without
  /// their weights that multiply features. >= 1.
  int uploads = 1;

  bool operator==(const Encoding&) const = default;
};

/// Throws InputError naming the setting and what is known.
Encoding parse_encoding(std::string_view text);
/// What parse_encoding reads, with all settings; uploads only when there are several.
std::string to_string(const Encoding& encoding);

/// How many features the encoding takes on n_qubits at most.
std::size_t max_features(const Encoding& encoding, int n_qubits);

/// An encoding for so many features on so many qubits.
///
/// The angles of a circuit are affine in its features, those of most encodings are not: therefore
/// circuit() is one of *circuit features*, and circuit_features() says what they are for a sample.
///   angle, dense: the features themselves.
///   amplitude: the 2^n - 1 angles of the rotations, in their order.
///   iqp, zz: the features, then for each pair x_a x_b, or (π - x_a)(π - x_b).
class Encoder {
 public:
  /// Throws InputError when a setting is out of range or n_features is not 1..max_features.
  Encoder(const Encoding& encoding, int n_qubits, int n_features);

  int n_features() const { return n_features_; }
  /// The features encoded once.
  const Circuit& circuit() const { return circuit_; }
  /// circuit().n_features() x n_samples, of n_features x n_samples. Throws InputError when these
  /// are not n_features, or a sample cannot be encoded.
  arma::mat circuit_features(const arma::mat& features) const;
  /// The circuit of a model: `uploads` times circuit() and `ansatz`. The weights of upload u are
  /// those of `ansatz`, u · ansatz.n_weights() added to their numbers.
  /// Throws InputError when the ansatz is on another number of qubits or has features.
  Circuit before(const Circuit& ansatz) const;

 private:
  Encoding encoding_;
  int n_features_;
  Circuit circuit_;
};

/// The circuit of AngleEncoding{axes}, once. Throws InputError as Encoder does.
Circuit angle_encoding(int n_qubits, int n_features, const std::vector<Op>& axes);

}  // namespace rhodrift
