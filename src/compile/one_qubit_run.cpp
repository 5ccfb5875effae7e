#include "compile/one_qubit_run.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/euler_angles.hpp"

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;
/// Matrix elements below are rounding errors.
constexpr double negligible = 1e-10;

arma::cx_mat22 constant(Op op, const std::vector<double>& angles_rad = {}) {
  return info(op).unitary(angles_rad);
}

bool is_diagonal(const arma::cx_mat22& matrix) {
  return std::abs(matrix(1, 0)) < negligible;
}

bool is_antidiagonal(const arma::cx_mat22& matrix) {
  return std::abs(matrix(0, 0)) < negligible;
}

void add_z(PulseTrain& train, const Angle& angle) {
  train.z.back() = train.z.back() + angle;
}

void add_pulse(PulseTrain& train, Op op) {
  train.pulses.push_back({op, 0.0});
  train.z.push_back(0.0);
}

// rz(φ) ry(θ) rz(λ) in 0, 1 or 2 pulses.
void add_constant(PulseTrain& train, const arma::cx_mat22& matrix) {
  const auto [theta, phi, lambda] = EulerAngles::of(matrix);
  if (theta == 0.0) return add_z(train, phi);
  if (theta == pi) {  // ry(π) = x · rz(π) up to a phase, and rz(φ) x = x rz(-φ)
    add_z(train, pi - phi);
    return add_pulse(train, Op::x);
  }
  add_z(train, lambda);
  if (std::abs(theta - pi / 2) < negligible) {
    add_z(train, -pi / 2);
    add_pulse(train, Op::sx);
    return add_z(train, phi + pi / 2);
  }
  add_pulse(train, Op::sx);
  add_z(train, theta + pi);
  add_pulse(train, Op::sx);
  add_z(train, phi + pi);
}

}  // namespace

void OneQubitRun::append(Op op, const std::vector<Angle>& a) {
  empty_ = false;
  if (std::ranges::all_of(a, &Angle::is_constant)) {
    std::vector<double> values;
    for (const Angle& angle : a) values.push_back(angle.offset_rad());
    return append_constant(constant(op, values));
  }
  // Symbolic turns about x and y are turns about z in another frame: H Z H = X, and
  // exp(iπ/4 X) Z exp(-iπ/4 X) = Y.
  const auto turn = [this](Op into_frame, const Angle& angle) {
    append_constant(constant(into_frame));
    append_z(angle);
    append_constant(constant(into_frame).t());
  };
  switch (op) {
    case Op::rx:
      return turn(Op::h, a[0]);
    case Op::ry:
      return turn(Op::sx, a[0]);
    case Op::u2:
      append_z(a[1]);
      append_constant(constant(Op::ry, {pi / 2}));
      return append_z(a[0]);
    case Op::u3:
      append_z(a[2]);
      turn(Op::sx, a[0]);
      return append_z(a[1]);
    default:  // rz, p
      return append_z(a[0]);
  }
}

void OneQubitRun::append_constant(const arma::cx_mat22& matrix) {
  constants_.back() = arma::cx_mat22(matrix * constants_.back());
}

void OneQubitRun::append_z(const Angle& angle) {
  if (angle.is_constant()) return append_constant(constant(Op::rz, {angle.offset_rad()}));
  const bool joins =
      !angles_.empty() && (is_diagonal(constants_.back()) || is_antidiagonal(constants_.back()));
  if (!joins) {
    angles_.push_back(angle);
    constants_.emplace_back(arma::fill::eye);
    return;
  }
  // A matrix with zeros on its diagonal turns z around: rz(a) C = C rz(-a).
  const arma::cx_mat22 between = constants_.back();
  const Angle sum = angles_.back() + (is_diagonal(between) ? angle : -angle);
  angles_.pop_back();
  constants_.pop_back();
  append_z(sum);
  append_constant(between);
}

PulseTrain OneQubitRun::pulses() const {
  PulseTrain train;
  add_constant(train, constants_.front());
  for (std::size_t k = 0; k < angles_.size(); ++k) {
    add_z(train, angles_[k]);
    add_constant(train, constants_[k + 1]);
  }
  return train;
}

}  // namespace rhodrift
