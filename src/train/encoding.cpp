#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/encoding.hpp>

#include "core/named_settings.hpp"
#include "train/renumbered.hpp"

namespace rhodrift {

namespace {

constexpr int max_repetitions = 1000;
constexpr int max_uploads = 1000;
constexpr int max_amplitude_qubits = 20;

// --- Each encoding: how many features it takes, its circuit, and what that circuit is given -----

std::size_t capacity(const AngleEncoding& angle, int n_qubits) {
  return static_cast<std::size_t>(n_qubits) * angle.axes.size();
}

Circuit circuit_of(const AngleEncoding& angle, int n_qubits, int n_features) {
  for (const Op axis : angle.axes)
    if (axis != Op::rx && axis != Op::ry && axis != Op::rz)
      throw InputError("angle encoding", "axes",
                       fmt::format("'{}' is not rx, ry or rz", info(axis).name));
  Circuit circuit(n_qubits);
  for (int j = 0; j < n_features; ++j)
    circuit.append(angle.axes[static_cast<std::size_t>(j / n_qubits)], {j % n_qubits},
                   {Angle::feature(j)});
  return circuit;
}

arma::mat derived(const AngleEncoding&, int, const arma::mat& features) {
  return features;
}

std::size_t capacity(const DenseAngleEncoding&, int n_qubits) {
  return 2 * static_cast<std::size_t>(n_qubits);
}

Circuit circuit_of(const DenseAngleEncoding&, int n_qubits, int n_features) {
  Circuit circuit(n_qubits);
  for (int j = 0; j < n_features; ++j)
    circuit.append(j % 2 == 0 ? Op::ry : Op::p, {j / 2}, {Angle::feature(j)});
  return circuit;
}

arma::mat derived(const DenseAngleEncoding&, int, const arma::mat& features) {
  return features;
}

std::size_t capacity(const AmplitudeEncoding&, int n_qubits) {
  if (n_qubits > max_amplitude_qubits)
    throw InputError("amplitude encoding", "",
                     fmt::format("{} qubits, at most {}", n_qubits, max_amplitude_qubits));
  return std::size_t{1} << n_qubits;
}

/// From the highest qubit down, each is turned by an angle that depends on those above it: 2^k
/// rotations with a cx after each, from the control whose bit changes from one number of the Gray
/// code to the next.
Circuit circuit_of(const AmplitudeEncoding&, int n_qubits, int) {
  Circuit circuit(n_qubits);
  int feature = 0;
  for (int qubit = n_qubits - 1; qubit >= 0; --qubit) {
    const int n_controls = n_qubits - 1 - qubit;
    for (unsigned i = 0; i < 1u << n_controls; ++i) {
      circuit.append(Op::ry, {qubit}, {Angle::feature(feature++)});
      if (n_controls == 0) continue;
      const int changing = std::min(std::countr_zero(i + 1), n_controls - 1);
      circuit.append(Op::cx, {qubit + 1 + changing, qubit});
    }
  }
  return circuit;
}

/// What the rotations must be for the qubit to turn by turns(c) when its controls are c: rotation i
/// counts with the sign (-1)^(number of common bits of c and of Gray code i), so θ is the
/// Walsh-Hadamard transform of `turns`, read at the Gray codes.
arma::vec rotations_of(arma::vec turns) {
  for (arma::uword half = 1; half < turns.n_elem; half *= 2)
    for (arma::uword c = 0; c < turns.n_elem; ++c) {
      if ((c & half) != 0) continue;
      const double a = turns(c), b = turns(c + half);
      turns(c) = (a + b) / 2;
      turns(c + half) = (a - b) / 2;
    }
  arma::vec rotations(turns.n_elem);
  for (arma::uword i = 0; i < turns.n_elem; ++i) rotations(i) = turns(i ^ (i >> 1));
  return rotations;
}

arma::vec amplitude_rotations(int n_qubits, const arma::vec& features) {
  arma::vec norms(arma::uword{1} << n_qubits, arma::fill::zeros);
  norms.head(features.n_elem) = features;
  // Qubit q turns by 2 atan2(b, a), a and b being the norms of what has 0 and 1 on it; of qubit 0
  // these are amplitudes, with their signs.
  std::vector<arma::vec> turns;
  while (norms.n_elem > 1) {
    const arma::uword n = norms.n_elem / 2;
    arma::vec turn(n), next(n);
    for (arma::uword c = 0; c < n; ++c) {
      turn(c) = 2 * std::atan2(norms(2 * c + 1), norms(2 * c));
      next(c) = std::hypot(norms(2 * c), norms(2 * c + 1));
    }
    turns.push_back(turn);
    norms = next;
  }
  if (!(norms(0) > 0.0 && std::isfinite(norms(0))))
    throw InputError("amplitude encoding", "",
                     fmt::format("the norm of the features is {}, no state has them", norms(0)));
  arma::vec rotations;
  for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn)
    rotations = arma::join_cols(rotations, rotations_of(*turn));
  return rotations;
}

arma::mat derived(const AmplitudeEncoding&, int n_qubits, const arma::mat& features) {
  arma::mat rotations((arma::uword{1} << n_qubits) - 1, features.n_cols);
  for (arma::uword b = 0; b < features.n_cols; ++b) {
    try {
      rotations.col(b) = amplitude_rotations(n_qubits, features.col(b));
    } catch (const InputError& error) {
      throw InputError(fmt::format("sample {}", b), "", error.what());
    }
  }
  return rotations;
}

/// h, rz(factor · x_q), rzz(factor · product of a pair).
Circuit ising_circuit(int repetitions, const Entanglement& entanglement, double factor,
                      int n_qubits, int n_features) {
  Circuit circuit(n_qubits);
  const QubitPairs pairs = qubit_pairs(entanglement, n_features);
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    for (int q = 0; q < n_features; ++q) circuit.append(Op::h, {q});
    for (int q = 0; q < n_features; ++q) circuit.append(Op::rz, {q}, {Angle::feature(q, factor)});
    int product = n_features;
    for (const auto& [a, b] : pairs)
      circuit.append(Op::rzz, {a, b}, {Angle::feature(product++, factor)});
  }
  return circuit;
}

/// `features`, then a row x_a x_b of `factors` for each pair.
arma::mat with_products(const arma::mat& features, const arma::mat& factors,
                        const Entanglement& entanglement) {
  const QubitPairs pairs = qubit_pairs(entanglement, static_cast<int>(features.n_rows));
  arma::mat products(pairs.size(), features.n_cols);
  for (std::size_t i = 0; i < pairs.size(); ++i)
    products.row(i) = factors.row(static_cast<arma::uword>(pairs[i].first)) %
                      factors.row(static_cast<arma::uword>(pairs[i].second));
  return arma::join_cols(features, products);
}

std::size_t capacity(const IqpEncoding&, int n_qubits) {
  return static_cast<std::size_t>(n_qubits);
}

Circuit circuit_of(const IqpEncoding& iqp, int n_qubits, int n_features) {
  return ising_circuit(iqp.repetitions, iqp.entanglement, 1.0, n_qubits, n_features);
}

arma::mat derived(const IqpEncoding& iqp, int, const arma::mat& features) {
  return with_products(features, features, iqp.entanglement);
}

std::size_t capacity(const ZzEncoding&, int n_qubits) {
  return static_cast<std::size_t>(n_qubits);
}

Circuit circuit_of(const ZzEncoding& zz, int n_qubits, int n_features) {
  return ising_circuit(zz.repetitions, zz.entanglement, 2.0, n_qubits, n_features);
}

arma::mat derived(const ZzEncoding& zz, int, const arma::mat& features) {
  return with_products(features, std::numbers::pi - features, zz.entanglement);
}

// --- Text ----------------------------------------------------------------------------------------

Encoding::Form parse_angle(NamedSettings& settings) {
  AngleEncoding angle;
  const auto text = settings.take("axes", true);
  if (!text) return angle;
  static const std::map<std::string, Op> axes{{"rx", Op::rx}, {"ry", Op::ry}, {"rz", Op::rz}};
  angle.axes.clear();
  for (const std::string& name : split_text(*text, ',')) {
    const auto axis = axes.find(name);
    if (axis == axes.end())
      settings.fail(fmt::format("\"{}\" is no axis; known are {}", name, names_of(axes)));
    angle.axes.push_back(axis->second);
  }
  return angle;
}

template <typename Ising>
Encoding::Form parse_ising(NamedSettings& settings) {
  Ising ising;
  settings.take_whole("repetitions", ising.repetitions, 1, max_repetitions, true);
  if (const auto text = settings.take("entanglement"))
    ising.entanglement = settings.naming([&] { return parse_entanglement(*text); });
  return ising;
}

std::string text_of(const AngleEncoding& angle) {
  std::string text = "angle";
  for (const Op axis : angle.axes)
    text += fmt::format("{}{}", text == "angle" ? ":" : ",", info(axis).name);
  return text;
}

std::string text_of(const DenseAngleEncoding&) {
  return "dense";
}

std::string text_of(const AmplitudeEncoding&) {
  return "amplitude";
}

std::string text_of(const IqpEncoding& iqp) {
  return fmt::format("iqp:repetitions={}:entanglement={}", iqp.repetitions,
                     to_string(iqp.entanglement));
}

std::string text_of(const ZzEncoding& zz) {
  return fmt::format("zz:repetitions={}:entanglement={}", zz.repetitions,
                     to_string(zz.entanglement));
}

// --- Checks --------------------------------------------------------------------------------------

void require_in_range(const Encoding& encoding, const char* setting, int value, int most) {
  if (value < 1 || value > most)
    throw InputError("encoding", fmt::format("\"{}\"", to_string(encoding)),
                     fmt::format("{}: {} is outside 1..{}", setting, value, most));
}

void check(const Encoding& encoding, int n_qubits, int n_features) {
  require_in_range(encoding, "uploads", encoding.uploads, max_uploads);
  if (const auto* iqp = std::get_if<IqpEncoding>(&encoding.form))
    require_in_range(encoding, "repetitions", iqp->repetitions, max_repetitions);
  if (const auto* zz = std::get_if<ZzEncoding>(&encoding.form))
    require_in_range(encoding, "repetitions", zz->repetitions, max_repetitions);
  const std::size_t most = max_features(encoding, n_qubits);
  if (n_features < 1 || static_cast<std::size_t>(n_features) > most)
    throw InputError(
        "encoding", fmt::format("\"{}\"", to_string(encoding)),
        fmt::format("{} features, but {} qubits take 1 to {}{}", n_features, n_qubits, most,
                    n_features < 1
                        ? ""
                        : fmt::format(": use more qubits, or preprocess with pca:{}", most)));
}

/// The circuit of an encoding that was checked.
Circuit checked_circuit(const Encoding& encoding, int n_qubits, int n_features) {
  check(encoding, n_qubits, n_features);
  return std::visit([&](const auto& form) { return circuit_of(form, n_qubits, n_features); },
                    encoding.form);
}

}  // namespace

Encoding parse_encoding(std::string_view text) {
  using Parser = std::function<Encoding::Form(NamedSettings&)>;
  static const std::map<std::string, Parser> parsers{
      {"angle", parse_angle},
      {"dense", [](NamedSettings&) { return DenseAngleEncoding{}; }},
      {"amplitude", [](NamedSettings&) { return AmplitudeEncoding{}; }},
      {"iqp", parse_ising<IqpEncoding>},
      {"zz", parse_ising<ZzEncoding>},
  };
  NamedSettings settings("encoding", text);
  Encoding encoding{settings.choose(parsers)(settings)};
  settings.take_whole("uploads", encoding.uploads, 1, max_uploads);
  settings.refuse_unknown();
  return encoding;
}

std::string to_string(const Encoding& encoding) {
  const std::string text =
      std::visit([](const auto& form) { return text_of(form); }, encoding.form);
  return encoding.uploads == 1 ? text : fmt::format("{}:uploads={}", text, encoding.uploads);
}

std::size_t max_features(const Encoding& encoding, int n_qubits) {
  if (n_qubits < 1)
    throw InputError("encoding", "", fmt::format("{} qubits, at least 1", n_qubits));
  return std::visit([&](const auto& form) { return capacity(form, n_qubits); }, encoding.form);
}

Encoder::Encoder(const Encoding& encoding, int n_qubits, int n_features)
    : encoding_(encoding),
      n_features_(n_features),
      circuit_(checked_circuit(encoding, n_qubits, n_features)) {}

arma::mat Encoder::circuit_features(const arma::mat& features) const {
  if (features.n_rows != static_cast<arma::uword>(n_features_))
    throw InputError("encoding", fmt::format("\"{}\"", to_string(encoding_)),
                     fmt::format("made for {} features, given {}", n_features_, features.n_rows));
  return std::visit([&](const auto& form) { return derived(form, circuit_.n_qubits(), features); },
                    encoding_.form);
}

Circuit Encoder::before(const Circuit& ansatz) const {
  if (ansatz.n_qubits() != circuit_.n_qubits() || ansatz.n_features() != 0)
    throw InputError("ansatz", "",
                     fmt::format("has {} qubits and {} features, {} and 0 are needed",
                                 ansatz.n_qubits(), ansatz.n_features(), circuit_.n_qubits()));
  Circuit model(circuit_.n_qubits());
  for (int upload = 0; upload < encoding_.uploads; ++upload) {
    const int first = upload * ansatz.n_weights();
    model.append(circuit_);
    model.append(renumbered(ansatz, [first](int weight) { return first + weight; }));
  }
  return model;
}

Circuit angle_encoding(int n_qubits, int n_features, const std::vector<Op>& axes) {
  return Encoder({AngleEncoding{axes}}, n_qubits, n_features).circuit();
}

}  // namespace rhodrift
