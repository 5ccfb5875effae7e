#include "sim/fused_state.hpp"

#include <algorithm>

namespace rhodrift {

namespace {

/// A matrix on the qubits `from` as one on `to`, which holds them.
arma::cx_mat lifted(const arma::cx_mat& matrix, std::span<const int> from,
                    std::span<const int> to) {
  if (std::ranges::equal(from, to)) return matrix;
  if (from.size() == 2) {  // the operands exchanged
    const arma::uvec order{0, 2, 1, 3};
    return matrix(order, order);
  }
  const arma::cx_mat identity(2, 2, arma::fill::eye);
  return from[0] == to[0] ? arma::kron(identity, matrix) : arma::kron(matrix, identity);
}

}  // namespace

void FusedState::reset() {
  waiting_.clear();
  state_.reset();
}

std::vector<FusedState::Waiting>::iterator FusedState::waiting_on(int qubit) {
  return std::ranges::find_if(waiting_, [qubit](const Waiting& waiting) {
    return std::ranges::find(waiting.qubits, qubit) != waiting.qubits.end();
  });
}

void FusedState::apply(const arma::cx_mat& matrix, std::span<const int> qubits) {
  const auto first = waiting_on(qubits[0]);
  if (first != waiting_.end() && waiting_on(qubits.back()) == first &&
      first->qubits.size() >= qubits.size()) {
    first->matrix = lifted(matrix, qubits, first->qubits) * first->matrix;
    return;
  }
  Waiting next{{qubits.begin(), qubits.end()}, matrix};
  for (const int qubit : qubits) {
    const auto before = waiting_on(qubit);
    if (before == waiting_.end()) continue;
    if (before->qubits.size() == 1)
      next.matrix = next.matrix * lifted(before->matrix, before->qubits, next.qubits);
    else
      state_.apply(before->matrix, before->qubits);
    waiting_.erase(before);
  }
  waiting_.push_back(std::move(next));
}

const StateVector& FusedState::state() {
  for (const Waiting& waiting : waiting_) state_.apply(waiting.matrix, waiting.qubits);
  waiting_.clear();
  return state_;
}

}  // namespace rhodrift
