#include <bit>
#include <complex>

#include <rhodrift/core/transfer_matrix.hpp>

namespace rhodrift {

namespace {

using Complex = std::complex<double>;

int qubits_of(const arma::cx_mat& unitary) {
  int n = 0;
  while ((arma::uword{1} << n) < unitary.n_rows) ++n;
  return n;
}

/// A Pauli as what it does to basis states, P|c> = phase(c) |c ^ flips>, with
/// phase(c) = i^(number of Y) (-1)^popcount(c & signs).
struct PauliAction {
  std::size_t flips = 0;  // X and Y
  std::size_t signs = 0;  // Y and Z
  Complex overall = 1.0;

  PauliAction(std::size_t index, int n_qubits) {
    for (int q = 0; q < n_qubits; ++q) {
      const std::size_t digit = (index >> (2 * q)) & 3, bit = std::size_t{1} << q;
      if (digit == 1 || digit == 2) flips |= bit;
      if (digit == 2 || digit == 3) signs |= bit;
      if (digit == 2) overall *= Complex(0.0, 1.0);
    }
  }
  Complex phase(std::size_t c) const {
    return std::popcount(c & signs) % 2 == 0 ? overall : -overall;
  }
};

}  // namespace

arma::cx_mat pauli_matrix(std::size_t index, int n_qubits) {
  const PauliAction pauli(index, n_qubits);
  const std::size_t d = std::size_t{1} << n_qubits;
  arma::cx_mat matrix(d, d, arma::fill::zeros);
  for (std::size_t c = 0; c < d; ++c) matrix(c ^ pauli.flips, c) = pauli.phase(c);
  return matrix;
}

namespace {

// 2 Re tr(P_i A P_j U†)/d. Paulis have one entry a column, so nothing here is a full matrix
// product; small products through BLAS would also make threads wait for each other on its buffers.
TransferMatrix twice_real_transfer(const arma::cx_mat& a, const arma::cx_mat& unitary) {
  const int n_qubits = qubits_of(unitary);
  const std::size_t d = unitary.n_rows;
  const double scale = 2.0 / static_cast<double>(d);
  TransferMatrix result(d * d, d * d);
  arma::cx_mat image(d, d);
  for (std::size_t j = 0; j < d * d; ++j) {
    const PauliAction in(j, n_qubits);
    image.zeros();  // A P_j U†
    for (std::size_t c = 0; c < d; ++c)
      for (std::size_t b = 0; b < d; ++b) {
        const Complex factor = in.phase(c) * std::conj(unitary(b, c));
        for (std::size_t r = 0; r < d; ++r) image(r, b) += a(r, c ^ in.flips) * factor;
      }
    for (std::size_t i = 0; i < d * d; ++i) {
      const PauliAction out(i, n_qubits);
      double trace = 0.0;  // Re tr(P_i image)
      for (std::size_t c = 0; c < d; ++c) trace += (out.phase(c) * image(c, c ^ out.flips)).real();
      result(i, j) = scale * trace;
    }
  }
  return result;
}

}  // namespace

TransferMatrix unitary_transfer_matrix(const arma::cx_mat& unitary) {
  return twice_real_transfer(0.5 * unitary, unitary);  // tr(P U P' U†) is real
}

TransferMatrix unitary_transfer_derivative(const arma::cx_mat& unitary,
                                           const arma::cx_mat& derivative) {
  TransferMatrix result = twice_real_transfer(derivative, unitary);
  // U stays unitary, so that dU U† is anti-Hermitian: trace and identity are kept.
  result.row(0).zeros();
  result.col(0).zeros();
  return result;
}

}  // namespace rhodrift
