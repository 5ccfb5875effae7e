#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/initial_weights.hpp>
#include <rhodrift/train/model_file.hpp>

#include "core/named_settings.hpp"
#include "train/random.hpp"

namespace rhodrift {

namespace {

constexpr const char* source = "initial weights";
constexpr int max_locality = 1000;

void require_not_negative(double value, const char* setting) {
  if (!(value >= 0.0 && std::isfinite(value)))
    throw InputError(source, setting, fmt::format("{} is not a finite number >= 0", value));
}

RandomStream stream_of(std::uint64_t seed) {
  return training_stream(seed, StreamPurpose::initial_weights, 0);
}

arma::vec uniform_weights(arma::uword n, double limit_rad, std::uint64_t seed) {
  require_not_negative(limit_rad, "limit");
  RandomStream random = stream_of(seed);
  arma::vec weights(n);
  for (double& weight : weights) weight = limit_rad * (2 * random.uniform() - 1);
  return weights;
}

arma::vec normal_weights(arma::uword n, double deviation_rad, std::uint64_t seed) {
  require_not_negative(deviation_rad, "deviation");
  RandomStream random = stream_of(seed);
  arma::vec weights(n);
  for (double& weight : weights) weight = deviation_rad * random.normal();
  return weights;
}

arma::uword n_weights(const Circuit& circuit) {
  return static_cast<arma::uword>(circuit.n_weights());
}

bool depends_on(const Instruction& instruction, Angle::Source wanted) {
  return std::ranges::any_of(instruction.angles, [&](const Angle& angle) {
    return std::ranges::any_of(angle.terms(),
                               [&](const Angle::Term& term) { return term.source == wanted; });
  });
}

// --- Identity blocks -----------------------------------------------------------------------------

bool is_multiple_of_weight(const Angle& angle) {
  return angle.terms().size() == 1 && angle.offset_rad() == 0;
}

/// Whether `later` undoes `earlier` for some weights: angles are the same in any case, or multiples
/// of two different weights.
bool can_undo(const Instruction& later, const Instruction& earlier) {
  const OperationInfo& operation = info(earlier.op);
  if (operation.inverse != later.op || earlier.qubits != later.qubits) return false;
  const std::vector<Angle> wanted = operation.inverse_angles(earlier.angles);
  return std::ranges::equal(later.angles, wanted, [](const Angle& a, const Angle& b) {
    return a == b || (is_multiple_of_weight(a) && is_multiple_of_weight(b) &&
                      a.terms().front().index != b.terms().front().index);
  });
}

/// The weights of a circuit, to be set so that gates undo each other.
class Pairing {
 public:
  explicit Pairing(arma::vec weights) : weights_(std::move(weights)), is_set_(weights_.n_elem) {}

  const arma::vec& weights() const { return weights_; }

  /// Sets those of `later`, which can undo `earlier`, so that it does. Whether that is possible:
  /// what was set before stays.
  bool undo(const Instruction& later, const Instruction& earlier) {
    const std::vector<Angle> wanted = info(earlier.op).inverse_angles(earlier.angles);
    bool undone = true;
    for (std::size_t k = 0; k < wanted.size(); ++k)
      undone = undone && (later.angles[k] == wanted[k] ||
                          set(later.angles[k].terms().front(), wanted[k].terms().front()));
    return undone;
  }

 private:
  bool set(const Angle::Term& to, const Angle::Term& from) {
    const auto target = static_cast<std::size_t>(to.index);
    const auto origin = static_cast<std::size_t>(from.index);
    const double value = from.coefficient / to.coefficient * weights_(origin);
    if (is_set_[target]) return weights_(target) == value;
    is_set_[origin] = is_set_[target] = true;
    weights_(target) = value;
    return true;
  }

  arma::vec weights_;
  std::vector<bool> is_set_;
};

/// How many gates the shortest block V(w) V(w')^-1 at the beginning has; 0 when there is none. A
/// sequence of such blocks falls apart into shortest ones in one way only: D. E. Knuth,
/// J. H. Morris, V. R. Pratt, SIAM J. Comput. 6, 323 (1977), section 6, on palstars.
std::size_t shortest_block(std::span<const Instruction> gates) {
  for (std::size_t half = 1; 2 * half <= gates.size(); ++half) {
    std::size_t undone = 0;
    while (undone < half && can_undo(gates[half + undone], gates[half - 1 - undone])) ++undone;
    if (undone == half) return 2 * half;
  }
  return 0;
}

void pair_blocks(std::span<const Instruction> gates, Pairing& pairing) {
  while (!gates.empty()) {
    const std::size_t size = shortest_block(gates);
    bool undone = size > 0;
    for (std::size_t i = 0; i < size / 2; ++i)
      undone = undone && pairing.undo(gates[size - 1 - i], gates[i]);
    if (!undone)
      throw InputError(source, "identity-blocks",
                       fmt::format("no block V(w) V(w')^-1 begins with the {} on qubit {}; use a "
                                   "mirrored ansatz",
                                   info(gates.front().op).name, gates.front().qubits.front()));
    gates = gates.subspan(size);
  }
}

arma::vec weights_of(const IdentityBlocks&, const Circuit& circuit, std::uint64_t seed) {
  Pairing pairing(uniform_weights(n_weights(circuit), std::numbers::pi, seed));
  std::vector<Instruction> gates;
  for (const Instruction& instruction : circuit.instructions()) {
    if (instruction.op == Op::barrier) continue;
    if (instruction.op == Op::measure || depends_on(instruction, Angle::Source::feature)) {
      pair_blocks(gates, pairing);
      gates.clear();
    } else {
      gates.push_back(instruction);
    }
  }
  pair_blocks(gates, pairing);
  return pairing.weights();
}

// --- The others ----------------------------------------------------------------------------------

arma::vec weights_of(const UniformWeights& uniform, const Circuit& circuit, std::uint64_t seed) {
  return uniform_weights(n_weights(circuit), uniform.limit_rad, seed);
}

arma::vec weights_of(const SmallAngles& small, const Circuit& circuit, std::uint64_t seed) {
  return normal_weights(n_weights(circuit), small.deviation_rad, seed);
}

arma::vec weights_of(const DepthScaledGaussian& gaussian, const Circuit& circuit,
                     std::uint64_t seed) {
  if (gaussian.locality < 1 || gaussian.locality > max_locality)
    throw InputError(source, "locality",
                     fmt::format("{} is outside 1..{}", gaussian.locality, max_locality));
  std::vector<int> rotations(static_cast<std::size_t>(circuit.n_qubits()));
  for (const Instruction& instruction : circuit.instructions())
    if (depends_on(instruction, Angle::Source::weight))
      for (const int q : instruction.qubits) ++rotations[static_cast<std::size_t>(q)];
  const int depth = std::max(1, *std::max_element(rotations.begin(), rotations.end()));
  return normal_weights(n_weights(circuit), 1 / std::sqrt(4.0 * gaussian.locality * depth), seed);
}

arma::vec weights_of(const TransferredWeights& transferred, const Circuit& circuit,
                     std::uint64_t seed) {
  arma::vec weights = uniform_weights(n_weights(circuit), transferred.limit_rad, seed);
  const arma::vec trained = read_model(transferred.model).parameters.weights;
  const arma::uword shared = std::min(weights.n_elem, trained.n_elem);
  weights.head(shared) = trained.head(shared);
  return weights;
}

// --- Text ----------------------------------------------------------------------------------------

InitialWeights parse_transfer(NamedSettings& settings) {
  TransferredWeights transferred;
  transferred.model = settings.take("model", true).value_or("");
  if (transferred.model.empty()) settings.fail("needs a model file, such as transfer:model.json");
  settings.take_number("limit", transferred.limit_rad);
  settings.naming([&] { require_not_negative(transferred.limit_rad, "limit"); });
  return transferred;
}

InitialWeights parse_uniform(NamedSettings& settings) {
  UniformWeights uniform;
  settings.take_number("limit", uniform.limit_rad, true);
  settings.naming([&] { require_not_negative(uniform.limit_rad, "limit"); });
  return uniform;
}

InitialWeights parse_small_angles(NamedSettings& settings) {
  SmallAngles small;
  settings.take_number("deviation", small.deviation_rad, true);
  settings.naming([&] { require_not_negative(small.deviation_rad, "deviation"); });
  return small;
}

InitialWeights parse_gaussian(NamedSettings& settings) {
  DepthScaledGaussian gaussian;
  settings.take_whole("locality", gaussian.locality, 1, max_locality, true);
  return gaussian;
}

std::string text_of(const UniformWeights& uniform) {
  return fmt::format("uniform:limit={}", uniform.limit_rad);
}

std::string text_of(const SmallAngles& small) {
  return fmt::format("small-angles:deviation={}", small.deviation_rad);
}

std::string text_of(const IdentityBlocks&) {
  return "identity-blocks";
}

std::string text_of(const DepthScaledGaussian& gaussian) {
  return fmt::format("gaussian:locality={}", gaussian.locality);
}

std::string text_of(const TransferredWeights& transferred) {
  if (transferred.model.find(':') != std::string::npos)
    throw InputError(source, "model", fmt::format("'{}' has a ':'", transferred.model));
  return fmt::format("transfer:model={}:limit={}", transferred.model, transferred.limit_rad);
}

}  // namespace

InitialWeights parse_initial_weights(std::string_view text) {
  using Parser = std::function<InitialWeights(NamedSettings&)>;
  static const std::map<std::string, Parser> parsers{
      {"uniform", parse_uniform},
      {"small-angles", parse_small_angles},
      {"identity-blocks", [](NamedSettings&) { return IdentityBlocks{}; }},
      {"gaussian", parse_gaussian},
      {"transfer", parse_transfer},
  };
  NamedSettings settings(source, text);
  InitialWeights initial = settings.choose(parsers)(settings);
  settings.refuse_unknown();
  return initial;
}

std::string to_string(const InitialWeights& initial) {
  return std::visit([](const auto& how) { return text_of(how); }, initial);
}

arma::vec initial_weights(const InitialWeights& initial, const Circuit& circuit,
                          std::uint64_t seed) {
  return std::visit([&](const auto& how) { return weights_of(how, circuit, seed); }, initial);
}

}  // namespace rhodrift
