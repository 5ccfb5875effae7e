#pragma once

#include <array>
#include <string>
#include <vector>

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

/// What is applied at once: a product of factors on one or two digits, or one wide factor, constant
/// and without derivatives, on three or four.
struct Step {
  std::vector<int> qubits;
  std::vector<Factor> factors;  ///< applied first to last
  NonZeros non_zeros;           ///< of the product; not of a wide one, which is run as it is

  bool wide() const { return qubits.size() > 2; }
  bool constant() const { return factors.size() == 1 && factors.front().constant(); }
};

/// A circuit as few steps.
struct FusedCircuit {
  std::vector<Step> steps;
  std::vector<std::string> numbers;  ///< of the calibration, that channels have derivatives in
};

/// What follows each other on the same digits becomes one step, and a 1-qubit step joins a
/// neighbouring 2-qubit step where that costs no more than it saves (see BlockStructure::cost): the
/// relaxation after a cx does, a rotation before one does not. Wide steps stay as they are.
/// Rounding residue (entries within 1e-15 of 0 or 1) is removed from constant matrices first.
/// Throws InputError on channels of more than 4 qubits, and of more than 2 that have derivatives.
FusedCircuit fuse(const Circuit& circuit);

/// The adjoint of the whole circuit: steps in reverse, each transposed.
FusedCircuit transposed(const FusedCircuit& circuit);

}  // namespace rhodrift
