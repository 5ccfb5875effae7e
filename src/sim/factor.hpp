#pragma once

#include <array>
#include <vector>

#include <rhodrift/circuit/angle.hpp>
#include <rhodrift/circuit/circuit.hpp>

#include "sim/block_structure.hpp"

namespace rhodrift {

/// A transfer matrix as a function of one angle,
///   F(θ) = terms[0] + terms[1] cos θ + terms[2] sin θ + terms[3] cos θ/2 + terms[4] sin θ/2:
/// what any gate with one angle is, a controlled rotation being the one that needs the halves.
/// Terms that vanish are empty.
struct Factor {
  /// dF/d(number) of a constant factor, by index into FusedCircuit::numbers.
  struct Derivative {
    std::size_t number;
    TransferMatrix matrix;
  };

  std::array<TransferMatrix, 5> terms;
  Angle angle;
  std::vector<Derivative> derivatives;
  /// Not less than ‖F(θ)⁻¹‖₂ at any angle: infinite when F has no inverse.
  double inverse_norm = 1.0;

  bool constant() const { return angle.is_constant(); }
  bool has_halves() const { return !terms[3].is_empty() || !terms[4].is_empty(); }
  /// Of the factor and of its derivatives.
  NonZeros non_zeros() const;
};

/// The factors of one instruction, first to last, without derivatives. Rounding residue (entries
/// within 1e-15 of 0 or 1) is removed from constant matrices.
std::vector<Factor> factors_of(const Instruction& instruction);

}  // namespace rhodrift
