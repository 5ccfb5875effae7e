#pragma once

#include <armadillo>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/angle.hpp>

namespace rhodrift {

/// Everything a circuit can hold. `channel` is any linear map given by its transfer matrix;
/// `measure` reads a qubit in Z into a classical bit; `postselect0` and `postselect1` keep what has
/// a qubit in |0> or |1> (see Circuit); `delay` does nothing for a time, which noise models see;
/// `barrier` keeps passes from moving gates across it and does nothing else.
// clang-format off
enum class Op : std::uint8_t {
  id, x, y, z, h, s, sdg, t, tdg, sx, sxdg,                             // fixed, 1 qubit
  rx, ry, rz, p, u2, u3,                                                // angles, 1 qubit
  cx, cy, cz, ch, swap, iswap, iswapdg, sqrt_iswap, sqrt_iswapdg, ecr,  // fixed, 2 qubits
  crx, cry, crz, cp, rxx, ryy, rzz, xy,                                 // angles, 2 qubits
  reset, measure, postselect0, postselect1,                             // Kraus operators, 1 qubit
  barrier, delay, channel,                                              // what the instruction says
};
// clang-format on

/// One row of the operation table: all that distinguishes one operation from another.
/// Matrices have operand 0 as the least significant bit of their indices; for controlled gates
/// operand 0 is the control.
struct OperationInfo {
  Op op;
  std::string_view name;  ///< as in OpenQASM 2's qelib1.inc where that has it
  int n_qubits;           ///< 0: any number (barrier, channel)
  int n_angles;
  /// The unitary at the given angles (radians); nullptr for what is not unitary.
  arma::cx_mat (*unitary)(std::span<const double> angles_rad);
  /// d unitary / d angle k; nullptr when there are no angles.
  arma::cx_mat (*derivative)(std::span<const double> angles_rad, int k);
  /// The operation that undoes it, and its angles; nullopt where there is none.
  std::optional<Op> inverse;
  std::vector<Angle> (*inverse_angles)(const std::vector<Angle>& angles);
  /// K_m of the map ρ -> Σ_m K_m ρ K_m† where it is fixed and not unitary; nullptr where not.
  /// K_m of `measure` is the one with outcome m.
  std::vector<arma::cx_mat> (*kraus)() = nullptr;
};

/// The table, one row an operation, in the order of Op.
std::span<const OperationInfo> operation_table();
const OperationInfo& info(Op op);
inline bool is_postselection(Op op) {
  return op == Op::postselect0 || op == Op::postselect1;
}
/// Also knows the aliases of OpenQASM ("u1" = p, "cu1" = cp, "u" = "U" = u3, "CX" = cx).
std::optional<Op> find_operation(std::string_view name);

}  // namespace rhodrift
