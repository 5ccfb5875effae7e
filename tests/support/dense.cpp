#include "support/dense.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace oracle {

using rhodrift::RandomStream;

namespace {

using C = arma::cx_double;
constexpr double pi = std::numbers::pi;
const C i1(0.0, 1.0);

arma::cx_mat gaussian(arma::uword rows, arma::uword columns, RandomStream& random) {
  arma::cx_mat m(rows, columns);
  for (C& entry : m) entry = C(random.normal(), random.normal());
  return m;
}

}  // namespace

arma::cx_mat complex(const arma::mat& real) {
  return arma::conv_to<arma::cx_mat>::from(real);
}

arma::cx_mat pauli(std::size_t index, int n_qubits) {
  arma::cx_mat product(1, 1, arma::fill::ones);
  for (int q = 0; q < n_qubits; ++q, index /= 4) {
    arma::cx_mat factor(2, 2, arma::fill::zeros);
    switch (index % 4) {
      case 0:
        factor(0, 0) = factor(1, 1) = 1.0;
        break;
      case 1:
        factor(0, 1) = factor(1, 0) = 1.0;
        break;
      case 2:
        factor(0, 1) = -i1, factor(1, 0) = i1;
        break;
      default:
        factor(0, 0) = 1.0, factor(1, 1) = -1.0;
    }
    product = arma::kron(factor, product);
  }
  return product;
}

arma::cx_mat embed(const arma::cx_mat& local, const std::vector<int>& qubits, int n_qubits) {
  const arma::uword dim = arma::uword{1} << n_qubits;
  std::vector<int> order = qubits;  // order[i]: the qubit that position i stands for
  for (int q = 0; q < n_qubits; ++q)
    if (std::find(qubits.begin(), qubits.end(), q) == qubits.end()) order.push_back(q);
  arma::cx_mat permutation(dim, dim, arma::fill::zeros);  // |by position> -> |by qubit>
  for (arma::uword by_position = 0; by_position < dim; ++by_position) {
    arma::uword by_qubit = 0;
    for (std::size_t i = 0; i < order.size(); ++i) by_qubit |= ((by_position >> i) & 1) << order[i];
    permutation(by_qubit, by_position) = 1.0;
  }
  const arma::uword rest = dim / local.n_rows;
  return permutation * arma::kron(arma::eye<arma::cx_mat>(rest, rest), local) * permutation.t();
}

arma::cx_mat apply_kraus(const Kraus& kraus, const arma::cx_mat& x) {
  arma::cx_mat sum(arma::size(x), arma::fill::zeros);
  for (const arma::cx_mat& k : kraus) sum += k * x * k.t();
  return sum;
}

arma::mat transfer_matrix(const Kraus& kraus) {
  const arma::uword d = kraus.front().n_rows;
  const int n_qubits = static_cast<int>(std::lround(std::log2(d)));
  arma::mat result(d * d, d * d);
  for (arma::uword j = 0; j < d * d; ++j) {
    const arma::cx_mat image = apply_kraus(kraus, pauli(j, n_qubits));
    for (arma::uword i = 0; i < d * d; ++i)
      result(i, j) = std::real(arma::trace(pauli(i, n_qubits) * image)) / static_cast<double>(d);
  }
  return result;
}

Kraus kraus_of(const arma::mat& transfer_matrix) {
  const auto d = static_cast<arma::uword>(std::lround(std::sqrt(transfer_matrix.n_rows)));
  const int n_qubits = static_cast<int>(std::lround(std::log2(d)));
  arma::cx_mat choi(d * d, d * d, arma::fill::zeros);  // Σ_ij R(i, j) P_j^T ⊗ P_i / d
  for (arma::uword i = 0; i < d * d; ++i)
    for (arma::uword j = 0; j < d * d; ++j)
      choi += transfer_matrix(i, j) / static_cast<double>(d) *
              arma::kron(arma::cx_mat(pauli(j, n_qubits).st()), pauli(i, n_qubits));
  arma::vec weights;
  arma::cx_mat vectors;
  arma::eig_sym(weights, vectors, arma::cx_mat(0.5 * (choi + choi.t())));
  Kraus kraus;
  for (arma::uword m = 0; m < weights.n_elem; ++m)
    if (weights(m) > 0.0)
      kraus.push_back(std::sqrt(weights(m)) * arma::reshape(vectors.col(m), d, d));
  return kraus;
}

// --- Random material -------------------------------------------------------------------------

Kraus random_kraus(int n_qubits, int n_kraus, RandomStream& random) {
  const arma::uword d = arma::uword{1} << n_qubits;
  arma::cx_mat isometry, triangle;
  arma::qr_econ(isometry, triangle, gaussian(d * static_cast<arma::uword>(n_kraus), d, random));
  Kraus kraus;
  for (arma::uword row = 0; row < isometry.n_rows; row += d)
    kraus.push_back(isometry.rows(row, row + d - 1));
  return kraus;
}

arma::cx_mat random_unitary(int n_qubits, RandomStream& random) {
  return random_kraus(n_qubits, 1, random).front();
}

arma::cx_mat random_density(int n_qubits, RandomStream& random) {
  const arma::uword d = arma::uword{1} << n_qubits;
  const arma::cx_mat g = gaussian(d, d, random);
  const arma::cx_mat positive = g * g.t();
  return positive / std::real(arma::trace(positive));
}

std::vector<int> random_operands(int count, int n_qubits, RandomStream& random) {
  std::vector<int> qubits(static_cast<std::size_t>(n_qubits));
  std::iota(qubits.begin(), qubits.end(), 0);
  for (std::size_t i = qubits.size(); i > 1; --i) std::swap(qubits[i - 1], qubits[random.below(i)]);
  qubits.resize(static_cast<std::size_t>(count));
  return qubits;
}

std::vector<double> random_angles(int count, RandomStream& random) {
  std::vector<double> angles;
  for (int k = 0; k < count; ++k) angles.push_back(2 * pi * (2 * random.uniform() - 1));
  return angles;
}

}  // namespace oracle
