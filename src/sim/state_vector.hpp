#pragma once

#include <armadillo>
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/pauli.hpp>
#include <rhodrift/sim/aligned_vector.hpp>

namespace rhodrift {

/// The amplitudes of n qubits, 2^n complex doubles, qubit 0 the least significant bit of the index.
/// The norm is whatever the operators applied to it left; what is read from the state is not
/// divided by it, unless it says so. Sums are taken chunk by chunk in a fixed order, so that
/// nothing depends on the number of threads.
class StateVector {
 public:
  /// From this size on a state is shared out over the threads, outside of a parallel region: a
  /// sweep then takes milliseconds, and pays for the start of the threads.
  static constexpr int min_shared_qubits = 22;

  /// |0…0>. The caller has seen to it that it fits in memory.
  explicit StateVector(int n_qubits);
  /// Back to |0…0>.
  void reset();

  int n_qubits() const { return n_qubits_; }
  std::span<const std::complex<double>> amplitudes() const { return amplitudes_; }
  /// ψ <- (M on the qubits) ψ; one or two qubits, qubits[0] the least significant bit of M's
  /// indices.
  void apply(const arma::cx_mat& matrix, std::span<const int> qubits);

  /// <ψ|ψ>
  double squared_norm() const;
  /// <ψ|P|ψ>
  double expectation(const PauliString& pauli) const;
  /// tr_rest |ψ><ψ| of one or two qubits; its trace is <ψ|ψ>.
  arma::cx_mat reduced_density(std::span<const int> qubits) const;
  /// |ψ[b]|²/<ψ|ψ>
  std::vector<double> probabilities() const;
  /// The first basis state at which the cumulative sum of the probabilities exceeds u, 0 <= u < 1;
  /// never one of amplitude zero.
  Bitstring sample(double u) const;

 private:
  /// Calls body(first, size) for the chunks of 0, …, n - 1, n a power of 2.
  template <typename Body>
  void for_each_chunk(std::size_t n, Body body) const;
  /// The numbers part(first, size) of the chunks, in their order.
  template <typename Part>
  auto of_each_chunk(std::size_t n, Part part) const;
  std::vector<double> squared_norms_of_chunks() const;

  int n_qubits_;
  AlignedVector<std::complex<double>> amplitudes_;
};

/// Whether this machine's memory holds `count` states of n_qubits and `further` bytes.
bool state_vectors_fit(int n_qubits, std::uint64_t count, std::uint64_t further);
/// Throws InputError with the bytes and the limit when one state and `further` bytes do not fit.
void require_state_vector(int n_qubits, std::uint64_t further);

}  // namespace rhodrift
