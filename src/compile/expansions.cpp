#include "compile/expansions.hpp"

#include <numbers>
#include <string>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;

Circuit one(Op op, std::vector<Angle> angles = {}) {
  return Circuit(1).append(op, {0}, std::move(angles));
}

Circuit two(Op op, std::vector<Angle> angles = {}) {
  return Circuit(2).append(op, {0, 1}, std::move(angles));
}

// u3(θ, φ, λ) = rz(φ + π) · sx · rz(θ + π) · sx · rz(λ)
Circuit euler_rotation(const Angle& theta, const Angle& phi, const Angle& lambda) {
  return one(Op::rz, {lambda})
      .append(Op::sx, {0})
      .append(Op::rz, {0}, {theta + Angle(pi)})
      .append(Op::sx, {0})
      .append(Op::rz, {0}, {phi + Angle(pi)});
}

// One pulse: u2(φ, λ) = rz(φ + π/2) · sx · rz(λ - π/2).
Circuit half_turn(const Angle& phi, const Angle& lambda) {
  return one(Op::rz, {lambda - Angle(pi / 2)})
      .append(Op::sx, {0})
      .append(Op::rz, {0}, {phi + Angle(pi / 2)});
}

Circuit of_one_qubit(Op op, const std::vector<Angle>& a) {
  switch (op) {
    case Op::id:
      return Circuit(1);
    case Op::x:
      return one(Op::sx).append(Op::sx, {0});
    case Op::y:
      return one(Op::rz, {pi}).append(Op::x, {0});
    case Op::z:
      return one(Op::p, {pi});
    case Op::h:
      return one(Op::u2, {0.0, pi});
    case Op::s:
      return one(Op::p, {pi / 2});
    case Op::sdg:
      return one(Op::p, {-pi / 2});
    case Op::t:
      return one(Op::p, {pi / 4});
    case Op::tdg:
      return one(Op::p, {-pi / 4});
    case Op::sxdg:
      return one(Op::u2, {pi / 2, -pi / 2});
    case Op::rx:
      return one(Op::u3, {a[0], -pi / 2, pi / 2});
    case Op::ry:
      return one(Op::u3, {a[0], 0.0, 0.0});
    case Op::p:
      return one(Op::rz, {a[0]});
    case Op::u2:
      return half_turn(a[0], a[1]);
    case Op::u3:
      return euler_rotation(a[0], a[1], a[2]);
    default:
      throw InputError("expansion", std::string(info(op).name), "has none");
  }
}

// exp(-iθ/2 ZZ) and a phase on each qubit: cp(θ) = rzz(-θ/2) · p(θ/2) ⊗ p(θ/2).
Circuit controlled_phase(const Angle& theta) {
  return two(Op::rzz, {-0.5 * theta})
      .append(Op::p, {0}, {0.5 * theta})
      .append(Op::p, {1}, {0.5 * theta});
}

// exp(iθ/4 (XX + YY)): sx on both turns Z Z into Y Y, and cx turns X X into X on its control, Z Z
// into Z on its target.
Circuit partial_swap(const Angle& theta) {
  const Circuit apart =
      Circuit(2).append(Op::rx, {0}, {-0.5 * theta}).append(Op::rz, {1}, {-0.5 * theta});
  return conjugated(Circuit(two(Op::cx)).append(apart).append(Op::cx, {0, 1}), one(Op::sx), {0, 1});
}

Circuit of_two_qubits(Op op, const std::vector<Angle>& a) {
  switch (op) {
    case Op::cy:
      return conjugated(two(Op::cx), one(Op::sdg), {1});
    case Op::cz:
      return conjugated(two(Op::cx), one(Op::h), {1});
    case Op::ch:  // Ry(π/4) Z Ry(-π/4) = H
      return conjugated(two(Op::cz), one(Op::ry, {-pi / 4}), {1});
    case Op::swap:
      return two(Op::cx).append(Op::cx, {1, 0}).append(Op::cx, {0, 1});
    case Op::iswap:
      return Circuit(2)
          .append(Op::s, {0})
          .append(Op::s, {1})
          .append(Op::h, {0})
          .append(Op::cx, {0, 1})
          .append(Op::cx, {1, 0})
          .append(Op::h, {1});
    case Op::iswapdg:  // Z on one qubit turns XX + YY around
      return conjugated(two(Op::iswap), one(Op::z), {0});
    case Op::sqrt_iswap:
      return partial_swap(pi / 2);
    case Op::sqrt_iswapdg:
      return conjugated(two(Op::sqrt_iswap), one(Op::z), {0});
    case Op::xy:
      return partial_swap(a[0]);
    case Op::ecr:  // exp(iπ/4 ZX) = cx · exp(iπ/4 Z) ⊗ exp(iπ/4 X), after X on the first operand
      return Circuit(2)
          .append(Op::x, {0})
          .append(Op::cx, {0, 1})
          .append(Op::rz, {0}, {-pi / 2})
          .append(Op::sxdg, {1});
    case Op::crx:
      return conjugated(two(Op::crz, a), one(Op::h), {1});
    case Op::cry:  // exp(iπ/4 X) Z exp(-iπ/4 X) = Y
      return conjugated(two(Op::crz, a), one(Op::sx), {1});
    case Op::crz:
      return two(Op::rzz, {-0.5 * a[0]}).append(Op::rz, {1}, {0.5 * a[0]});
    case Op::cp:
      return controlled_phase(a[0]);
    case Op::rzz:
      return two(Op::cx).append(Op::rz, {1}, {a[0]}).append(Op::cx, {0, 1});
    case Op::rxx:
      return conjugated(two(Op::rzz, a), one(Op::h), {0, 1});
    case Op::ryy:
      return conjugated(two(Op::rzz, a), one(Op::sx), {0, 1});
    default:
      throw InputError("expansion", std::string(info(op).name), "has none");
  }
}

}  // namespace

Circuit expansion(Op op, const std::vector<Angle>& angles) {
  return info(op).n_qubits == 1 ? of_one_qubit(op, angles) : of_two_qubits(op, angles);
}

Circuit conjugated(const Circuit& inner, const Circuit& before, const std::vector<int>& where) {
  Circuit circuit(2);
  for (const int q : where) circuit.append(before, {q});
  circuit.append(inner);
  for (const int q : where) circuit.append(before.inverse(), {q});
  return circuit;
}

}  // namespace rhodrift
