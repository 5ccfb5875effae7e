#include "sim/step.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

constexpr std::array<double, 3> exact_values{0.0, 1.0, -1.0};

/// Zeros and ones that arithmetic left a rounding error in.
TransferMatrix without_residue(TransferMatrix matrix, double residue) {
  for (double& value : matrix)
    for (const double exact : exact_values)
      if (std::abs(value - exact) <= residue) value = exact;
  return matrix;
}

Factor constant_factor(const TransferMatrix& matrix) {
  Factor factor;
  factor.terms[0] = without_residue(matrix, 1e-15);
  return factor;
}

double inverse_norm(const TransferMatrix& matrix) {
  const arma::vec singular_values =
      matrix.is_diagmat() ? arma::vec(arma::abs(matrix.diag())) : arma::vec(arma::svd(matrix));
  return 1.0 / singular_values.min();
}

Factor channel_factor(const TransferMatrix& matrix) {
  Factor factor = constant_factor(matrix);
  factor.inverse_norm = inverse_norm(matrix);
  return factor;
}

// Of ρ -> Σ_m K_m ρ K_m†; the formula for a unitary holds for any operator.
TransferMatrix kraus_transfer_matrix(const std::vector<arma::cx_mat>& kraus) {
  TransferMatrix sum = unitary_transfer_matrix(kraus.front());
  for (std::size_t m = 1; m < kraus.size(); ++m) sum += unitary_transfer_matrix(kraus[m]);
  return sum;
}

Factor constant_gate(Op op, const std::vector<Angle>& angles) {
  std::vector<double> values;
  for (const Angle& angle : angles) values.push_back(angle.offset_rad());
  return constant_factor(unitary_transfer_matrix(info(op).unitary(values)));
}

/// A gate with one angle from five values of it: a trigonometric polynomial of degree 2 in θ/2.
Factor rotation(Op op, const Angle& angle) {
  if (angle.is_constant()) return constant_gate(op, {angle});
  constexpr int n = 5;
  Factor factor;
  factor.angle = angle;
  const std::array<std::pair<int, bool>, 5> harmonics{
      {{0, false}, {2, false}, {2, true}, {1, false}, {1, true}}};  // of θ/2; true: sine
  for (std::size_t t = 0; t < harmonics.size(); ++t) {
    const auto [harmonic, sine] = harmonics[t];
    TransferMatrix sum;
    for (int k = 0; k < n; ++k) {
      const double half_rad = 2.0 * std::numbers::pi * k / n;
      const TransferMatrix value =
          unitary_transfer_matrix(info(op).unitary(std::array{2.0 * half_rad}));
      const double phase = harmonic * half_rad;
      const double weight =
          (harmonic == 0 ? 1.0 : 2.0) / n * (sine ? std::sin(phase) : std::cos(phase));
      sum = sum.is_empty() ? TransferMatrix(weight * value) : TransferMatrix(sum + weight * value);
    }
    sum = without_residue(sum, 1e-14);
    if (arma::any(arma::vectorise(sum) != 0.0)) factor.terms[t] = std::move(sum);
  }
  if (factor.terms[0].is_empty()) factor.terms[0].zeros(arma::size(factor.terms[1]));
  return factor;
}

/// The factors of one instruction, first to last.
std::vector<Factor> factors_of(const Instruction& instruction) {
  if (instruction.op == Op::channel) return {channel_factor(instruction.channel->ptm)};
  if (const auto kraus = info(instruction.op).kraus)
    return {channel_factor(kraus_transfer_matrix(kraus()))};
  const std::vector<Angle>& angles = instruction.angles;
  if (std::ranges::all_of(angles, &Angle::is_constant))
    return {constant_gate(instruction.op, angles)};
  // Up to a phase u3(θ, φ, λ) = rz(φ) ry(θ) rz(λ), and u2(φ, λ) is u3 with θ = π/2.
  if (instruction.op == Op::u3 || instruction.op == Op::u2) {
    const Angle& phi = angles[angles.size() - 2];
    const Angle theta = instruction.op == Op::u3 ? angles[0] : Angle(std::numbers::pi / 2);
    return {rotation(Op::rz, angles.back()), rotation(Op::ry, theta), rotation(Op::rz, phi)};
  }
  return {rotation(instruction.op, angles[0])};
}

/// The same map with its two operands exchanged.
TransferMatrix exchange_operands(const TransferMatrix& matrix) {
  arma::uvec order(16);
  for (arma::uword i = 0; i < 16; ++i) order(i) = (i >> 2) | ((i & 3) << 2);
  return matrix(order, order);
}

/// Applies a linear map to every matrix.
template <typename Map>
Factor mapped(Factor factor, Map map) {
  for (TransferMatrix& term : factor.terms)
    if (!term.is_empty()) term = map(term);
  for (Factor::Derivative& derivative : factor.derivatives)
    derivative.matrix = map(derivative.matrix);
  return factor;
}

/// The factor of a step on `from` as one of a step on `to`, which holds these qubits.
Factor on_qubits(const Factor& factor, const std::vector<int>& from, const std::vector<int>& to) {
  if (from == to) return factor;
  if (from.size() == 2) return mapped(factor, exchange_operands);
  const TransferMatrix identity(4, 4, arma::fill::eye);
  return mapped(factor, [&](const TransferMatrix& term) -> TransferMatrix {
    return from[0] == to[0] ? arma::kron(identity, term) : arma::kron(term, identity);
  });
}

/// Appends a factor; what is constant is multiplied into its neighbour. A constant with derivatives
/// stays apart from one with an angle, since their product's derivative would have that angle.
void push(std::vector<Factor>& factors, const Factor& next) {
  const auto joins = [](const Factor& constant, const Factor& other) {
    return constant.constant() && (constant.derivatives.empty() || other.constant());
  };
  if (factors.empty()) {
    factors.push_back(next);
    return;
  }
  Factor& last = factors.back();
  const auto times_next = [&](const TransferMatrix& matrix) -> TransferMatrix {
    return next.terms[0] * matrix;
  };
  const TransferMatrix first = last.terms[0];
  const auto times_first = [&](const TransferMatrix& matrix) -> TransferMatrix {
    return matrix * first;
  };
  if (joins(next, last)) {
    const std::vector<Factor::Derivative> of_next = mapped(next, times_first).derivatives;
    last = mapped(last, times_next);
    last.inverse_norm *= next.inverse_norm;
    last.derivatives.insert(last.derivatives.end(), of_next.begin(), of_next.end());
  } else if (joins(last, next)) {
    const double norm = last.inverse_norm * next.inverse_norm;
    last = mapped(next, times_first);
    last.inverse_norm = norm;
  } else {
    factors.push_back(next);
  }
}

Step joined(const Step& first, const Step& second) {
  Step step;
  step.qubits = first.qubits.size() >= second.qubits.size() ? first.qubits : second.qubits;
  for (const Step* part : {&first, &second})
    for (const Factor& factor : part->factors)
      push(step.factors, on_qubits(factor, part->qubits, step.qubits));
  step.non_zeros = step.factors.front().non_zeros();
  for (auto factor = step.factors.begin() + 1; factor != step.factors.end(); ++factor)
    step.non_zeros = factor->non_zeros().after(step.non_zeros);
  return step;
}

double cost(const Step& step) {
  return block_structure(step.non_zeros).cost;
}

/// Steps in order, and for every qubit the last one that touches it.
class Fusion {
 public:
  explicit Fusion(int n_qubits) : last_(static_cast<std::size_t>(n_qubits), -1) {}

  void add(Step step) {
    if (step.wide()) return append(std::move(step));
    if (const int index = common_last(step); index >= 0) {
      const Step& before = *placed_[static_cast<std::size_t>(index)].step;
      Step both = joined(before, step);
      if (cost(both) <= cost(before) + cost(step)) {
        if (!is_last(index)) {
          placed_[static_cast<std::size_t>(index)].step = std::move(both);
          return;
        }
        // Joined they may be worth joining to what is before them, as neither is alone.
        take_back(index);
        return add(std::move(both));
      }
    }
    if (step.qubits.size() == 2)
      for (const int q : std::vector<int>(step.qubits)) absorb_last(q, step);
    append(std::move(step));
  }

  std::vector<Step> steps() && {
    std::vector<Step> result;
    for (Placed& placed : placed_)
      if (placed.step) result.push_back(std::move(*placed.step));
    return result;
  }

 private:
  struct Placed {
    std::optional<Step> step;   // none: taken back
    std::vector<int> previous;  // what was the last one on each of its qubits; -1: none
  };

  int& last(int qubit) { return last_[static_cast<std::size_t>(qubit)]; }

  void append(Step step) {
    std::vector<int> previous;
    for (const int q : step.qubits)
      previous.push_back(std::exchange(last(q), static_cast<int>(placed_.size())));
    placed_.push_back({std::move(step), std::move(previous)});
  }

  /// Of a step that is the last one on all of its qubits.
  Step take_back(int index) {
    Placed& placed = placed_[static_cast<std::size_t>(index)];
    Step step = std::move(*placed.step);
    placed.step.reset();
    for (std::size_t k = 0; k < step.qubits.size(); ++k) last(step.qubits[k]) = placed.previous[k];
    return step;
  }

  bool is_last(int index) {
    return std::ranges::all_of(placed_[static_cast<std::size_t>(index)].step->qubits,
                               [&](int q) { return last(q) == index; });
  }

  /// The step, no wide one, that is the last one on every qubit of `step` and on no fewer qubits;
  /// -1: none.
  int common_last(const Step& step) {
    const int index = last(step.qubits[0]);
    if (index < 0) return -1;
    const Step& before = *placed_[static_cast<std::size_t>(index)].step;
    if (before.wide() || before.qubits.size() < step.qubits.size()) return -1;
    const bool common = std::ranges::all_of(step.qubits, [&](int q) { return last(q) == index; });
    return common ? index : -1;
  }

  void absorb_last(int qubit, Step& step) {
    const int index = last(qubit);
    if (index < 0) return;
    const Step& before = *placed_[static_cast<std::size_t>(index)].step;
    if (before.qubits.size() != 1) return;
    Step both = joined(before, step);
    if (cost(both) > cost(before) + cost(step)) return;
    step = std::move(both);
    take_back(index);
  }

  std::vector<Placed> placed_;
  std::vector<int> last_;
};

void require_supported(const Instruction& instruction) {
  constexpr std::size_t most_qubits = 4, most_with_derivatives = 2;
  const std::size_t n = instruction.qubits.size();
  const auto fail = [&](const std::string& problem) {
    throw InputError("program", fmt::format("channel '{}'", instruction.channel->label),
                     fmt::format("acts on {} qubits{}", n, problem));
  };
  if (n > most_qubits) fail(fmt::format(", at most {} are supported", most_qubits));
  if (n > most_with_derivatives && !instruction.channel->derivatives.empty())
    fail(fmt::format(" and has derivatives, which are supported for at most {}",
                     most_with_derivatives));
}

}  // namespace

NonZeros Factor::non_zeros() const {
  NonZeros result = NonZeros::of(terms[0]);
  const auto add = [&](const TransferMatrix& matrix) {
    const NonZeros more = NonZeros::of(matrix), transpose = more.transposed();
    for (std::size_t i = 0; i < 16; ++i) {
      result.rows[i] |= more.rows[i];
      if (more.rows[i] != 0 || transpose.rows[i] != 0)
        result.fixed &= static_cast<std::uint16_t>(~(1U << i));
    }
  };
  for (std::size_t t = 1; t < terms.size(); ++t)
    if (!terms[t].is_empty()) add(terms[t]);
  for (const Derivative& derivative : derivatives) add(derivative.matrix);
  return result;
}

FusedCircuit fuse(const Circuit& circuit) {
  Fusion fusion(circuit.n_qubits());
  FusedCircuit fused;
  std::map<std::string, std::size_t> index_of;
  for (const Instruction& instruction : circuit.instructions()) {
    if (instruction.op == Op::barrier || instruction.op == Op::id) continue;
    if (instruction.op == Op::measure && !circuit.is_mid_circuit(instruction.bit)) continue;
    require_supported(instruction);
    for (Factor factor : factors_of(instruction)) {
      if (instruction.op == Op::channel)
        for (const ChannelDerivative& derivative : instruction.channel->derivatives) {
          const auto [found, fresh] = index_of.try_emplace(derivative.number, fused.numbers.size());
          if (fresh) fused.numbers.push_back(derivative.number);
          factor.derivatives.push_back({found->second, derivative.ptm});
        }
      Step step{instruction.qubits, {std::move(factor)}, {}};
      if (!step.wide()) step.non_zeros = step.factors.front().non_zeros();
      fusion.add(std::move(step));
    }
  }
  fused.steps = std::move(fusion).steps();
  return fused;
}

FusedCircuit transposed(const FusedCircuit& circuit) {
  const auto transpose = [](const TransferMatrix& matrix) -> TransferMatrix { return matrix.t(); };
  FusedCircuit result{circuit.steps, circuit.numbers};
  std::ranges::reverse(result.steps);
  for (Step& step : result.steps) {
    std::ranges::reverse(step.factors);
    for (Factor& factor : step.factors) factor = mapped(std::move(factor), transpose);
    step.non_zeros = step.non_zeros.transposed();
  }
  return result;
}

}  // namespace rhodrift
