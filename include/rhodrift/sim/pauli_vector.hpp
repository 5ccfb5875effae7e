#pragma once

#include <armadillo>
#include <span>
#include <vector>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/sim/aligned_vector.hpp>

namespace rhodrift {

/// A density matrix of n qubits as the real vector of its Pauli coefficients,
///   r[P] = tr(P ρ),  ρ = 2^-n Σ_P r[P] P,
/// 4^n doubles. Qubit q is base-4 digit q of the index (bits 2q and 2q+1), I=0 X=1 Y=2 Z=3.
class PauliVector {
 public:
  /// |0…0><0…0|. Throws InputError with the bytes it would take when they exceed this machine
  /// memory, or when n_qubits < 1.
  explicit PauliVector(int n_qubits);
  /// Coefficients all 0: not a state, a place to put an observable or a sum.
  static PauliVector zeros(int n_qubits);
  /// From a 2^n x 2^n matrix (column-major, qubit 0 the least significant bit). Only the Hermitian
  /// part is kept. Throws InputError when the dimension is not a power of 2, an entry is not finite
  /// or the state does not fit in memory.
  static PauliVector from_density_matrix(const arma::cx_mat& density);

  int n_qubits() const { return n_qubits_; }
  std::span<double> coefficients() { return coefficients_; }
  std::span<const double> coefficients() const { return coefficients_; }

  /// tr ρ, the coefficient of I…I.
  double trace() const { return coefficients_[0]; }
  double expectation(const PauliString& pauli) const;
  double expectation(const Observable& observable) const;
  /// p[b] = <b|ρ|b>, 2^n entries, by a Walsh-Hadamard transform of the {I,Z}^n coefficients.
  std::vector<double> probabilities() const;
  /// tr ρ² = 2^-n r·r
  double purity() const;
  /// tr(ρ σ) = 2^-n r·s
  double overlap(const PauliVector& other) const;
  arma::cx_mat density_matrix() const;

 private:
  struct Uninitialised {};
  PauliVector(int n_qubits, Uninitialised);

  int n_qubits_;
  AlignedVector<double> coefficients_;
};

/// Bytes of a Pauli vector in double.
std::uint64_t pauli_vector_bytes(int n_qubits);
/// The physical memory of this machine.
std::uint64_t machine_memory_bytes();
/// Throws InputError when `bytes` exceed the machine's physical memory; `what` says for what.
void require_memory(std::uint64_t bytes, const std::string& what);
/// Throws InputError when there can be no Pauli vector of n_qubits on this machine.
void require_pauli_vector(int n_qubits);

}  // namespace rhodrift
