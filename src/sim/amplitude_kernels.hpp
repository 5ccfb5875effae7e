#pragma once

#include <array>
#include <complex>
#include <cstddef>

/// The loops that multiply amplitudes, compiled for special processors as kernels.hpp has it for
/// Pauli vectors.
namespace rhodrift::amplitude_kernels {

/// A matrix on one or two qubits, and where the amplitudes are that it mixes: they stand at
/// base + offset[m], m the value of the operands, for every base in which those qubits are 0. Such
/// bases are counted as groups.
struct GroupMatrix {
  int n_qubits;                                  ///< 1 or 2
  std::array<int, 2> qubits;                     ///< ascending
  std::array<std::size_t, 4> offset;             ///< 2^n_qubits of them
  std::array<std::complex<double>, 16> entries;  ///< row by row
  /// Whether every row has one entry only (a Pauli, a phase, cx, …), and in which column.
  bool one_a_row;
  std::array<std::size_t, 4> column;
};

/// v <- M v for the groups first, …, last - 1 of a state; last - first is a power of 2 that
/// divides `first`. The state is aligned as an AlignedVector is.
void multiply(const GroupMatrix& matrix, std::complex<double>* state, std::size_t first,
              std::size_t last);

/// The base of a group: zeros put in at the operands.
inline std::size_t base_of(std::size_t group, const GroupMatrix& matrix) {
  for (int k = 0; k < matrix.n_qubits; ++k) {
    const std::size_t below = (std::size_t{1} << matrix.qubits[static_cast<std::size_t>(k)]) - 1;
    group = ((group & ~below) << 1) | (group & below);
  }
  return group;
}

}  // namespace rhodrift::amplitude_kernels
