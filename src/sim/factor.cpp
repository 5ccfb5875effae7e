#include "sim/factor.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

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

}  // namespace

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

}  // namespace rhodrift
