#include "circuit/qasm_expansion.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include <rhodrift/circuit/pair_unitary.hpp>

namespace rhodrift::qasm {

namespace {

constexpr double pi = std::numbers::pi;

/// The exponent that the powers are together when all are whole: then their order does not matter.
std::optional<double> whole_exponent(const std::vector<double>& powers) {
  double product = 1.0;
  for (const double power : powers) {
    if (power != std::nearbyint(power)) return std::nullopt;
    product *= power;
  }
  if (std::abs(product) > 0x1p53) throw TooManySteps();
  return product;
}

/// In (-π, π]. What rounding has put just above -π is meant to be π: (-1)^(1/2) is i.
double principal(double phase_rad) {
  const double reduced = std::remainder(phase_rad, 2 * pi);
  return reduced < -pi + 1e-9 ? reduced + 2 * pi : reduced;
}

double principal_power(double phase_rad, const std::vector<double>& powers) {
  for (const double power : powers) phase_rad = power * principal(phase_rad);
  return phase_rad;
}

std::optional<Op> under_one_control(Op op) {
  switch (op) {
    case Op::x:
      return Op::cx;
    case Op::y:
      return Op::cy;
    case Op::z:
      return Op::cz;
    case Op::h:
      return Op::ch;
    case Op::rx:
      return Op::crx;
    case Op::ry:
      return Op::cry;
    case Op::rz:
      return Op::crz;
    case Op::p:
      return Op::cp;
    default:
      return std::nullopt;
  }
}

void require_constant(const std::vector<Angle>& angles) {
  if (!std::ranges::all_of(angles, &Angle::is_constant))
    throw ExpressionError{{}, "a power that is no whole number needs constant angles"};
}

}  // namespace

// --- Calls ------------------------------------------------------------------------------------

void Expansion::append(const GateCall& call, std::span<const Angle> parameters,
                       std::span<const int> qubits) {
  apply(resolve(call, parameters, qubits), {}, {});
}

void Expansion::append(const GatePointer& gate, std::span<const Angle> angles,
                       std::span<const int> qubits) {
  apply({gate, {angles.begin(), angles.end()}, {qubits.begin(), qubits.end()}, {}, {}, {}}, {}, {});
}

Expansion::Applied Expansion::resolve(const GateCall& call, std::span<const Angle> parameters,
                                      std::span<const int> qubits) {
  Applied applied;
  applied.gate = call.gate;
  for (const Expression& angle : call.angles) applied.angles.push_back(angle.evaluate(parameters));
  Qubits operands;
  for (const int q : call.qubits) operands.push_back(qubits[static_cast<std::size_t>(q)]);
  auto next = operands.begin();
  for (const Modifier& modifier : call.modifiers) {
    const auto end = next + static_cast<std::ptrdiff_t>(modifier.n_controls);
    applied.controls.insert(applied.controls.end(), next, end);
    if (modifier.kind == Modifier::Kind::negative_control)
      applied.negated.insert(applied.negated.end(), next, end);
    next = end;
    if (modifier.kind == Modifier::Kind::inverse) applied.powers.push_back(-1.0);
    if (!modifier.exponent) continue;
    const Angle exponent = modifier.exponent->evaluate(parameters);
    if (!exponent.is_constant())
      throw ExpressionError{call.position, "'pow' needs a number, not an input"};
    applied.powers.push_back(exponent.offset_rad());
  }
  std::ranges::reverse(applied.powers);
  applied.targets.assign(next, operands.end());
  return applied;
}

void Expansion::apply(const Applied& call, const Qubits& outer_controls,
                      const Powers& outer_powers) {
  spend(1);
  if (!call.gate) return push(Op::barrier, call.targets);
  Qubits controls = outer_controls;
  controls.insert(controls.end(), call.controls.begin(), call.controls.end());
  Powers powers = call.powers;
  powers.insert(powers.end(), outer_powers.begin(), outer_powers.end());
  for (const int q : call.negated) push(Op::x, {q});
  gate(call, controls, powers);
  for (const int q : call.negated) push(Op::x, {q});
}

void Expansion::apply_all(std::span<const Applied> calls) {
  for (const Applied& call : calls) apply(call, {}, {});
}

void Expansion::gate(const Applied& call, const Qubits& controls, const Powers& powers) {
  const std::optional<double> exponent = whole_exponent(powers);
  if (!exponent) return fractional_power(call, controls, powers);
  if (*exponent == 0.0) return;
  const Gate& called = *call.gate;
  if (called.n_qubits == 0)
    phase_of_all_ones(*exponent * call.angles[0], controls);
  else if (called.native && (controls.empty() || !called.body))
    operation(*called.native, call.angles, call.targets, controls, *exponent);
  else
    body(call, controls, *exponent);
}

void Expansion::operation(Op op, const Angles& angles, const Qubits& targets,
                          const Qubits& controls, double exponent) {
  const auto once = [&](Op which, const Angles& at) {
    if (controls.empty()) return push(which, targets, at);
    controlled(which, at, targets.front(), controls);
  };
  // Every operation with one angle is a one-parameter group.
  if (angles.size() == 1) return once(op, {exponent * angles[0]});
  spend(static_cast<std::uint64_t>(std::abs(exponent)) - 1);
  const bool is_inverse = exponent < 0.0;
  const OperationInfo& row = info(op);
  for (double n = std::abs(exponent); n > 0.0; --n)
    once(is_inverse ? *row.inverse : op, is_inverse ? row.inverse_angles(angles) : angles);
}

// --- Bodies -----------------------------------------------------------------------------------

std::vector<Expansion::Applied> Expansion::calls_of(const Gate& gate, const Angles& angles,
                                                    const Qubits& targets) {
  std::vector<Applied> calls;
  for (const GateCall& call : *gate.body) calls.push_back(resolve(call, angles, targets));
  return calls;
}

/// To the phase, which only standard gates are known to.
bool Expansion::undo_each_other(const Applied& a, const Applied& b) {
  const auto is_plain = [](const Applied& call) {
    return call.gate && call.gate->is_standard && call.gate->native && call.controls.empty() &&
           call.powers.empty();
  };
  if (!is_plain(a) || !is_plain(b) || a.targets != b.targets) return false;
  const OperationInfo& row = info(*a.gate->native);
  // u3 and U are one operation, but with different phases.
  if (row.inverse == a.gate->native && a.gate != b.gate) return false;
  return row.inverse == b.gate->native && row.inverse_angles(a.angles) == b.angles;
}

std::size_t Expansion::n_framing(const std::vector<Applied>& calls) {
  std::size_t n = 0;
  while (2 * n + 1 < calls.size() && undo_each_other(calls[n], calls[calls.size() - 1 - n])) ++n;
  return n;
}

void Expansion::body(const Applied& call, const Qubits& controls, double exponent) {
  const std::vector<Applied> calls = calls_of(*call.gate, call.angles, call.targets);
  const std::span<const Applied> all(calls);
  const bool is_plain = controls.empty() && exponent == 1.0;
  const std::size_t n = is_plain ? 0 : n_framing(calls);
  const std::span<const Applied> middle = all.subspan(n, calls.size() - 2 * n);
  spend(static_cast<std::uint64_t>(std::abs(exponent)) - 1);
  apply_all(all.first(n));
  for (double k = std::abs(exponent); k > 0.0; --k)
    for (std::size_t i = 0; i < middle.size(); ++i)
      if (exponent > 0.0)
        apply(middle[i], controls, {});
      else
        apply(middle[middle.size() - 1 - i], controls, {-1.0});
  apply_all(all.last(n));
}

// --- Powers that are no whole number ----------------------------------------------------------

void Expansion::fractional_power(const Applied& call, const Qubits& controls,
                                 const Powers& powers) {
  require_constant(call.angles);
  if (call.gate->n_qubits == 0)
    return phase_of_all_ones(principal_power(call.angles[0].offset_rad(), powers), controls);
  if (call.gate->n_qubits == 1) return one_qubit_power(call, controls, powers);
  const std::vector<Applied> calls = calls_of(*call.gate, call.angles, call.targets);
  const std::size_t n = n_framing(calls);
  if (calls.size() != 2 * n + 1 || !calls[n].gate)
    throw ExpressionError{
        {}, "a power that is no whole number needs a gate of one qubit, or one between W and W⁻¹"};
  apply_all(std::span(calls).first(n));
  apply(calls[n], controls, powers);
  apply_all(std::span(calls).last(n));
}

/// U = e^{iα} exp(-iβ n·σ), with the eigenphase α - β along n and α + β against it.
void Expansion::one_qubit_power(const Applied& call, const Qubits& controls, const Powers& powers) {
  // Under a control the phase is in the matrix.
  std::vector<Instruction> instructions;
  Applied alone = call;
  alone.targets = {1};
  Expansion(instructions, steps_left_).gate(alone, {0}, {});
  const arma::uvec where_control_is_1{1, 3};
  const arma::cx_mat unitary = pair_unitary(instructions)(where_control_is_1, where_control_is_1);

  const double alpha = std::arg(arma::det(unitary)) / 2;
  const arma::cx_mat v = std::polar(1.0, -alpha) * unitary;
  const arma::vec axis{-std::imag(v(0, 1) + v(1, 0)) / 2, std::real(v(1, 0) - v(0, 1)) / 2,
                       std::imag(v(1, 1) - v(0, 0)) / 2};
  const double beta = std::atan2(arma::norm(axis), std::real(v(0, 0) + v(1, 1)) / 2);
  const double along = principal_power(alpha - beta, powers);
  const double against = principal_power(alpha + beta, powers);
  const double phase = (along + against) / 2;
  const double angle = against - along;

  const int target = call.targets[0];
  constexpr double rounding = 1e-15;
  if (arma::norm(axis) <= rounding) return phase_of_all_ones(phase, controls);
  const arma::vec n = arma::normalise(axis);
  constexpr std::array rotations{Op::rx, Op::ry, Op::rz};
  for (arma::uword k = 0; k < 3; ++k)
    if (std::hypot(n((k + 1) % 3), n((k + 2) % 3)) <= rounding) {
      controlled(rotations[k], {n(k) * angle}, target, controls);
      return phase_of_all_ones(phase, controls);
    }
  // As e^{-i(φ+λ)/2} U(θ, φ, λ).
  const arma::cx_double v00(std::cos(angle / 2), -n(2) * std::sin(angle / 2));
  const arma::cx_double v10(n(1) * std::sin(angle / 2), -n(0) * std::sin(angle / 2));
  const double half_sum = -std::arg(v00), half_difference = std::arg(v10);
  controlled(Op::u3,
             {2 * std::atan2(std::abs(v10), std::abs(v00)), half_sum + half_difference,
              half_sum - half_difference},
             target, controls);
  phase_of_all_ones(phase - half_sum, controls);
}

// --- Controls ---------------------------------------------------------------------------------

void Expansion::controlled(Op op, const Angles& angles, int target, const Qubits& controls) {
  if (controls.empty()) return push(op, {target}, angles);
  if (controls.size() == 1)
    if (const std::optional<Op> row = under_one_control(op))
      return push(*row, {controls[0], target}, angles);
  // `first`, then the operation on whose axis that puts this one, then what undoes `first`.
  const auto in_basis = [&](Op first, const Angles& first_angles, Op inner) {
    const OperationInfo& row = info(first);
    push(first, {target}, first_angles);
    controlled(inner, angles, target, controls);
    push(*row.inverse, {target}, row.inverse_angles(first_angles));
  };
  Qubits all = controls;
  all.push_back(target);
  switch (op) {
    case Op::z:
      return phase_of_all_ones(pi, all);
    case Op::p:
      return phase_of_all_ones(angles[0], all);
    case Op::rz:  // = e^{-iθ/2} p(θ)
      phase_of_all_ones(-0.5 * angles[0], controls);
      return phase_of_all_ones(angles[0], all);
    case Op::x:
      return in_basis(Op::h, {}, Op::z);
    case Op::rx:
      return in_basis(Op::h, {}, Op::rz);
    case Op::y:
      return in_basis(Op::sdg, {}, Op::x);
    case Op::ry:
      return in_basis(Op::sdg, {}, Op::rx);
    case Op::h:
      return in_basis(Op::ry, {-pi / 4}, Op::z);
    default: {  // U(θ, φ, λ)
      const Angle &theta = angles[0], &phi = angles[1], &lambda = angles[2];
      push(Op::p, {target}, {0.5 * (lambda - phi)});
      controlled(Op::x, {}, target, controls);
      push(Op::u3, {target}, {-0.5 * theta, 0.0, -0.5 * (phi + lambda)});
      controlled(Op::x, {}, target, controls);
      push(Op::u3, {target}, {0.5 * theta, phi, 0.0});
      phase_of_all_ones(0.5 * (lambda + phi), controls);
    }
  }
}

void Expansion::phase_of_all_ones(const Angle& angle, const Qubits& qubits) {
  const std::size_t k = qubits.size();
  if (k == 0) return;
  if (k <= 2) return push(k == 1 ? Op::p : Op::cp, qubits, {angle});
  if (k > 40) throw TooManySteps();
  spend(std::uint64_t{1} << k);
  const Angle part = std::ldexp(1.0, 1 - static_cast<int>(k)) * angle;
  for (std::size_t j = k; j-- > 0;) {
    // The parities of qubit j with every subset of the qubits below it.
    push(Op::p, {qubits[j]}, {part});
    for (std::uint64_t i = 1; i < std::uint64_t{1} << j; ++i) {
      push(Op::cx, {qubits[static_cast<std::size_t>(std::countr_zero(i))], qubits[j]});
      const bool is_even = std::popcount(i ^ (i >> 1)) % 2 == 1;
      push(Op::p, {qubits[j]}, {is_even ? -part : part});
    }
    if (j > 0) push(Op::cx, {qubits[j - 1], qubits[j]});
  }
}

void Expansion::push(Op op, Qubits qubits, Angles angles) {
  instructions_.push_back({op, std::move(qubits), std::move(angles), nullptr});
}

void Expansion::spend(std::uint64_t steps) {
  if (steps > steps_left_) throw TooManySteps();
  steps_left_ -= steps;
}

}  // namespace rhodrift::qasm
