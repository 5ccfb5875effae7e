#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/mitigation/expectations.hpp>

#include "mitigation/outcome_average.hpp"

/// How two copies of a state are read for virtual distillation (distillation.hpp).
namespace rhodrift::distillation {

/// The qubits of the Pauli strings that a reading is for, ascending. That of none is for tr ρ² and
/// strings on one qubit.
using Support = std::vector<int>;

/// The readings that diagonal observables on bits take: first that of no qubits.
std::vector<Support> supports_of(std::span<const Observable> observables,
                                 const std::vector<int>& qubit_of_bit);

/// Two copies of a circuit, the copy of qubit q being n + q, and a gate on each pair. What differs
/// between readings are angles, so that it is compiled, and placed on a device, once.
class TwoCopies {
 public:
  /// `rotated_bits` are those that some reading takes in X or Y. Throws InputError when the circuit
  /// measures mid-circuit.
  explicit TwoCopies(const Circuit& circuit, std::vector<int> rotated_bits = {});

  /// Qubit i is read into bit i. The weights are those of the original, then the angles.
  const Circuit& circuit() const { return circuit_; }
  /// For a support, with these bits read in X or Y.
  std::vector<double> angles(const Support& support, const PauliString& rotated = {}) const;
  /// functions_in the reading of a support, as observables.
  std::vector<Observable> asked(const Support& support,
                                std::span<const Observable> observables) const;

 private:
  int n_;
  std::vector<int> qubit_of_bit_;
  std::vector<int> rotated_bits_;
  Circuit circuit_;
};

/// A function of the bits (qubit, copy) of a pair, at index qubit + 2 copy.
using PairTable = std::array<std::complex<double>, 4>;

/// The real part of a product of tables, one a pair, times a number.
struct PairProduct {
  double coefficient;
  std::vector<const PairTable*> tables;

  double operator()(OutcomeBits outcome) const;
};
/// A sum of products.
using PairFunction = std::vector<PairProduct>;

/// What one reading is averaged over: of each observable its share, and at last, in the reading of
/// no qubits, tr ρ².
std::vector<PairFunction> functions_in(const Support& support,
                                       std::span<const Observable> observables,
                                       const std::vector<int>& qubit_of_bit, int n_qubits);
/// As Pauli strings on the bits, up to 4^n_qubits of them.
std::vector<Observable> as_observables(const std::vector<PairFunction>& functions);

}  // namespace rhodrift::distillation
