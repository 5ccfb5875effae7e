#include "sim/unravelling.hpp"

#include <algorithm>
#include <cmath>

#include <rhodrift/noise/channel.hpp>

#include "sim/cumulative_search.hpp"

namespace rhodrift {

namespace {

// Eigenvectors are good to a few units in the last place. A zero that is one makes for a
// permutation or a diagonal, which is applied faster.
constexpr double rounding = 1e-15;
// Weights below it, relative to the largest, are none (as in Channel::kraus).
constexpr double min_weight = 1e-14;

// √p_P P with p_P = vec(P)† Choi vec(P)/d².
std::vector<arma::cx_mat> pauli_kraus(const Channel& channel) {
  const arma::cx_mat choi = channel.choi();
  std::vector<arma::cx_mat> operators;
  double largest = 0.0;
  for (std::size_t k = 0; k < choi.n_rows; ++k) {
    const arma::cx_mat pauli = pauli_matrix(k, channel.n_qubits());
    const arma::cx_vec column = arma::vectorise(pauli);
    const double probability =
        std::real(arma::cdot(column, choi * column)) / static_cast<double>(choi.n_rows);
    if (probability <= min_weight * largest) continue;
    largest = std::max(largest, probability);
    operators.push_back(std::sqrt(probability) * pauli);
  }
  return operators;
}

// Where the Choi matrix has equal eigenvalues its eigenvectors are a matter of choice, and of all
// bases of their space the Paulis are the best: they are unitary and have one entry a row. They are
// eigenvectors when the transfer matrix is diagonal.
std::vector<arma::cx_mat> kraus_operators(const TransferMatrix& ptm) {
  const Channel channel = Channel::from_ptm(ptm);
  const arma::mat off_diagonal = ptm - arma::diagmat(ptm);
  if (arma::abs(off_diagonal).max() <= rounding) return pauli_kraus(channel);
  std::vector<arma::cx_mat> operators = channel.kraus();
  for (arma::cx_mat& kraus : operators) kraus.clean(rounding);
  return operators;
}

bool is_multiple_of_identity(const arma::cx_mat& matrix) {
  const arma::cx_mat identity(arma::size(matrix), arma::fill::eye);
  return arma::approx_equal(matrix, matrix(0, 0) * identity, "absdiff", rounding);
}

}  // namespace

Unravelling::Unravelling(const TransferMatrix& ptm) : Unravelling(kraus_operators(ptm)) {}

Unravelling::Unravelling(const std::vector<arma::cx_mat>& kraus) {
  floors_.set_size(kraus.size());
  for (std::size_t m = 0; m < kraus.size(); ++m) {
    const arma::cx_mat effect = kraus[m].t() * kraus[m];
    const double mean = std::real(arma::trace(effect)) / static_cast<double>(effect.n_rows);
    branches_.push_back({kraus[m], effect, is_multiple_of_identity(kraus[m]), mean});
    floors_(m) = std::max(0.0, arma::eig_sym(effect).min());
  }
  floor_ = arma::accu(floors_);
  // Only rounding keeps it from a mixture of unitaries; channels are given to 1e-9.
  if (floor_ > 1.0 - 1e-12) {
    floors_ /= floor_;
    floor_ = 1.0;
  }
}

arma::vec Unravelling::probabilities(const arma::cx_mat& density) const {
  arma::vec result(branches_.size());
  for (std::size_t m = 0; m < branches_.size(); ++m)
    result(m) = std::max(0.0, std::real(arma::trace(branches_[m].effect * density)));
  return result / arma::accu(result);
}

std::optional<std::size_t> Unravelling::branch_by_floor(double u) const {
  if (u >= floor_) return std::nullopt;
  return draw(floors_, u / floor_);
}

std::size_t Unravelling::branch_above_floor(double u, const arma::vec& probabilities) const {
  const arma::vec above = arma::clamp(probabilities - floors_, 0.0, 1.0);
  return draw(above, (u - floor_) / (1.0 - floor_));
}

std::size_t draw(const arma::vec& weights, double u) {
  double target = u * arma::accu(weights);
  return cumulative_search({weights.memptr(), weights.n_elem}, target);
}

}  // namespace rhodrift
