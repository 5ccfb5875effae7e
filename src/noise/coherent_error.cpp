#include "noise/coherent_error.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/circuit/operation.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/transfer_matrix.hpp>

#include "noise/calibration_name.hpp"

namespace rhodrift {

namespace {

const arma::cx_double i1(0.0, 1.0);

// exp(-i slope x G/2), with x a number of the calibration.
struct Rotation {
  std::string number;
  arma::cx_mat generator;
  double value;
  double slope;
};

CoherentError product(const std::vector<Rotation>& rotations, arma::uword dimension) {
  CoherentError error{arma::eye<arma::cx_mat>(dimension, dimension), {}};
  for (const auto& [number, generator, value, slope] : rotations) {
    const arma::cx_mat exponent_in_value = -0.5 * i1 * slope * generator;
    const arma::cx_mat factor = arma::expmat(arma::cx_mat(value * exponent_in_value));
    for (auto& [earlier, derivative] : error.derivatives) derivative = factor * derivative;
    error.unitary = factor * error.unitary;
    error.derivatives.emplace_back(number, exponent_in_value * error.unitary);
  }
  return error;
}

// The two-qubit Pauli with the given digits of operand 0 and operand 1.
arma::cx_mat pauli_pair(std::size_t low, std::size_t high) {
  return pauli_matrix(low + 4 * high, 2);
}

// The rotation of the operation table that the gate is, up to phases and gates on one qubit, and
// its sense.
std::optional<std::pair<Op, double>> own_rotation(Op gate) {
  switch (gate) {
    case Op::x:
    case Op::sx:
      return {{Op::rx, 1.0}};
    case Op::sxdg:
      return {{Op::rx, -1.0}};
    case Op::y:
      return {{Op::ry, 1.0}};
    case Op::z:
    case Op::s:
    case Op::t:
      return {{Op::rz, 1.0}};
    case Op::sdg:
    case Op::tdg:
      return {{Op::rz, -1.0}};
    case Op::cx:
      return {{Op::crx, 1.0}};
    case Op::cy:
      return {{Op::cry, 1.0}};
    case Op::cz:
      return {{Op::cp, 1.0}};
    case Op::iswap:
    case Op::sqrt_iswap:
      return {{Op::xy, 1.0}};
    case Op::iswapdg:
    case Op::sqrt_iswapdg:
      return {{Op::xy, -1.0}};
    default:
      if (info(gate).n_angles == 1) return {{gate, 1.0}};
      return std::nullopt;
  }
}

// G of the gate's own rotation exp(-i angle G/2), as it stands after the gate.
std::optional<arma::cx_mat> own_generator(const std::string& gate) {
  const std::optional<Op> op = find_operation(gate);
  if (!op) return std::nullopt;
  // exp(-i π/4 Z⊗X), then X on the first operand, which turns Z⊗X around.
  if (*op == Op::ecr) return arma::cx_mat(-pauli_pair(3, 1));
  const auto rotation = own_rotation(*op);
  if (!rotation) return std::nullopt;
  // At angle 0 the derivative of exp(-i angle G/2) is -i G/2.
  const auto [family, sense] = *rotation;
  return arma::cx_mat(sense * 2.0 * i1 * info(family).derivative(std::array{0.0}, 0));
}

}  // namespace

CoherentError gate_coherent_error(const Calibration& calibration, const GateCalibration& gate,
                                  const std::string& place, double scale) {
  const auto fail = [&](const std::string& problem) {
    throw InputError(calibration_name(calibration),
                     fmt::format("{} {}", gate.name, fmt::join(gate.qubits, ",")), problem);
  };
  std::vector<Rotation> rotations;
  const auto add = [&](const char* figure, const arma::cx_mat& generator, double angle_rad) {
    if (!std::isfinite(angle_rad)) fail(fmt::format("{} = {} is not finite", figure, angle_rad));
    rotations.push_back({fmt::format("{}/{}", place, figure), generator, angle_rad, scale});
  };
  const arma::uword dimension = arma::uword{1} << gate.qubits.size();
  if (gate.over_rotation_rad) {
    const std::optional<arma::cx_mat> generator = own_generator(gate.name);
    if (!generator || generator->n_rows != dimension)
      fail(fmt::format("over_rotation_rad = {}, but {} on {} qubits is no rotation about one axis",
                       *gate.over_rotation_rad, gate.name, gate.qubits.size()));
    add("over_rotation_rad", *generator, *gate.over_rotation_rad);
  }
  if ((gate.fsim_theta_error_rad || gate.fsim_phi_error_rad) && dimension != 4)
    fail(fmt::format("has FSim angles on {} qubits; an FSim is on 2", gate.qubits.size()));
  // FSim(θ, φ) = exp(-i θ (XX + YY)/2) exp(-i φ |11><11|)
  if (gate.fsim_theta_error_rad)
    add("fsim_theta_error_rad", pauli_pair(1, 1) + pauli_pair(2, 2), *gate.fsim_theta_error_rad);
  if (gate.fsim_phi_error_rad)
    add("fsim_phi_error_rad", arma::diagmat(arma::cx_vec{0.0, 0.0, 0.0, 2.0}),
        *gate.fsim_phi_error_rad);
  return product(rotations, dimension);
}

CoherentError zz_coherent_error(const ZzCoupling& coupling, const std::string& place,
                                double duration_s, double scale) {
  return product({{place + "/shift_hz", pauli_pair(3, 3), coupling.shift_hz,
                   std::numbers::pi * duration_s * scale}},
                 4);
}

}  // namespace rhodrift
