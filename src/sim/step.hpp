#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

#include "sim/factor.hpp"

namespace rhodrift {

/// What is applied at once: a product of factors on one or two digits, or one wide factor, constant
/// and without derivatives, on three or four.
struct Product {
  explicit Product(std::vector<Factor> applied);

  std::vector<Factor> factors;  ///< applied first to last
  NonZeros non_zeros;           ///< of the product; not of a wide one, as the next
  const BlockStructure* structure = nullptr;

  bool wide() const { return factors.front().terms[0].n_rows > 16; }
  bool constant() const { return factors.size() == 1 && factors.front().constant(); }
};

/// A product and the digits it is applied to. Steps that do the same share it: circuits repeat
/// their gates, those that were folded above all.
struct Step {
  std::vector<int> qubits;
  std::shared_ptr<const Product> product;
};

/// A circuit as few steps.
struct FusedCircuit {
  std::vector<Step> steps;
  std::vector<std::string> numbers;  ///< of the calibration, that channels have derivatives in
};

/// What follows each other on the same digits becomes one step, and a 1-qubit step joins a
/// neighbouring 2-qubit step where that costs no more than it saves (see BlockStructure::cost): the
/// relaxation after a cx does, a rotation before one does not. Wide steps stay as they are.
/// Throws InputError on channels of more than 4 qubits, and of more than 2 that have derivatives.
FusedCircuit fuse(const Circuit& circuit);

/// The adjoint of the whole circuit: steps in reverse, each transposed.
FusedCircuit transposed(const FusedCircuit& circuit);

}  // namespace rhodrift
