#include <array>
#include <vector>

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

// All Paulis on k qubits by index; k = 1 and 2, which circuits use at every binding, are kept.
std::vector<arma::cx_mat> make_paulis(int n_qubits) {
  std::vector<arma::cx_mat> paulis;
  for (std::size_t i = 0; i < (std::size_t{1} << (2 * n_qubits)); ++i)
    paulis.push_back(pauli_matrix(i, n_qubits));
  return paulis;
}

const std::vector<arma::cx_mat>& paulis_of_gate(int n_qubits) {
  static const std::array<std::vector<arma::cx_mat>, 2> kept{make_paulis(1), make_paulis(2)};
  return kept[static_cast<std::size_t>(n_qubits - 1)];
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
  const auto& paulis = n_qubits <= 2 ? paulis_of_gate(n_qubits) : make_paulis(n_qubits);
  const double scale = 2.0 / static_cast<double>(unitary.n_rows);
  const arma::cx_mat adjoint = unitary.t();
  TransferMatrix result(paulis.size(), paulis.size());
  for (std::size_t j = 0; j < paulis.size(); ++j) {
    const arma::cx_mat image = derivative * paulis[j] * adjoint;
    for (std::size_t i = 0; i < paulis.size(); ++i)
      result(i, j) = scale * real_trace_of_product(paulis[i], image);
  }
  return result;
}

}  // namespace rhodrift
