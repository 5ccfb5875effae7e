#include <rhodrift/core/transfer_matrix.hpp>

namespace rhodrift {

namespace {

const arma::cx_mat& single_pauli(std::size_t digit) {
  using C = arma::cx_double;
  static const std::array<arma::cx_mat, 4> paulis{
      arma::cx_mat{{C(1, 0), C(0, 0)}, {C(0, 0), C(1, 0)}},
      arma::cx_mat{{C(0, 0), C(1, 0)}, {C(1, 0), C(0, 0)}},
      arma::cx_mat{{C(0, 0), C(0, -1)}, {C(0, 1), C(0, 0)}},
      arma::cx_mat{{C(1, 0), C(0, 0)}, {C(0, 0), C(-1, 0)}},
  };
  return paulis[digit];
}

int qubits_of(const arma::cx_mat& unitary) {
  int n = 0;
  while ((arma::uword{1} << n) < unitary.n_rows) ++n;
  return n;
}

// Re tr(A B) without forming the product.
double real_trace_of_product(const arma::cx_mat& a, const arma::cx_mat& b) {
  return arma::accu(arma::real(a % b.st()));
}

}  // namespace

arma::cx_mat pauli_matrix(std::size_t index, int n_qubits) {
  arma::cx_mat matrix(1, 1, arma::fill::ones);
  // Operand 0 is the least significant digit, hence the rightmost Kronecker factor.
  for (int q = 0; q < n_qubits; ++q)
    matrix = arma::kron(single_pauli((index >> (2 * q)) & 3), matrix);
  return matrix;
}

TransferMatrix unitary_transfer_matrix(const arma::cx_mat& unitary) {
  // tr(P U P' U†) is real; the derivative formula with dU = U/2 gives exactly it.
  return unitary_transfer_derivative(unitary, 0.5 * unitary);
}

TransferMatrix unitary_transfer_derivative(const arma::cx_mat& unitary,
                                           const arma::cx_mat& derivative) {
  const int n_qubits = qubits_of(unitary);
  const std::size_t dim = std::size_t{1} << (2 * n_qubits);
  const double scale = 2.0 / static_cast<double>(unitary.n_rows);
  const arma::cx_mat adjoint = unitary.t();
  TransferMatrix result(dim, dim);
  for (std::size_t j = 0; j < dim; ++j) {
    const arma::cx_mat image = derivative * pauli_matrix(j, n_qubits) * adjoint;
    for (std::size_t i = 0; i < dim; ++i)
      result(i, j) = scale * real_trace_of_product(pauli_matrix(i, n_qubits), image);
  }
  return result;
}

}  // namespace rhodrift
