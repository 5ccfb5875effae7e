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
  /// Of 4^n numbers, n >= 1; throws InputError when they are as many as no n gives.
  static PauliVector from_coefficients(AlignedVector<double> coefficients);
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
  /// The same for a few qubits whatever the others give, 2^k entries: bit i of b is qubits[i].
  /// Throws InputError when the list is empty or names a qubit twice or one that there is not.
  std::vector<double> probabilities(const std::vector<int>& qubits) const;
  /// tr_rest ρ, in which qubit i is qubits[i] of this one: the coefficients with I on the rest.
  /// Throws InputError as `probabilities` does.
  PauliVector reduced(const std::vector<int>& qubits) const;

  /// tr ρ² = 2^-n r·r
  double purity() const;
  /// tr(ρ σ) = 2^-n r·s
  double overlap(const PauliVector& other) const;
  /// <ψ|ρ|ψ>, in 4^n n operations and 2^n numbers of memory. Qubit 0 is the least significant bit
  /// of ψ's index. Throws InputError when ψ has not 2^n finite entries or its norm is not 1 within
  /// 1e-9.
  double fidelity(const arma::cx_vec& pure_state) const;
  /// Uhlmann's fidelity, the squared one, (tr √(√ρ σ √ρ))²: <ψ|σ|ψ> when ρ = |ψ><ψ|. It has an
  /// infinite slope where an eigenvalue is 0: eigenvalues below 2^n 2.2e-16 of the largest, which
  /// rounding may have made, are taken for 0. By eigenvectors, in 8^n operations and 96·4^n bytes;
  /// throws InputError above 11 qubits, when the memory does not suffice, when the numbers of
  /// qubits differ, and when either has an eigenvalue below -1e-9 and so is no state.
  double fidelity(const PauliVector& other) const;
  /// ½ tr |ρ - σ|. By eigenvalues, in 8^n operations and 48·4^n bytes; throws InputError above 11
  /// qubits, when the memory does not suffice and when the numbers of qubits differ.
  double trace_distance(const PauliVector& other) const;
  /// The 2^n x 2^n matrix, in 4^n n operations. Throws InputError when its 16·4^n bytes exceed the
  /// memory of this machine.
  arma::cx_mat density_matrix() const;

 private:
  PauliVector(int n_qubits, AlignedVector<double> coefficients);

  int n_qubits_;
  AlignedVector<double> coefficients_;
};

/// Bytes of a Pauli vector in double.
std::uint64_t pauli_vector_bytes(int n_qubits);
/// Of `count` things of so many bytes, at most 2^62: no machine has more, and a few of these can be
/// added.
std::uint64_t bytes_of(std::uint64_t count, std::uint64_t bytes_each);
/// The physical memory of this machine.
std::uint64_t machine_memory_bytes();
/// Throws InputError when `bytes` exceed the machine's physical memory; `what` says for what.
void require_memory(std::uint64_t bytes, const std::string& what);
/// Throws InputError when there can be no Pauli vector of n_qubits on this machine.
void require_pauli_vector(int n_qubits);

}  // namespace rhodrift
