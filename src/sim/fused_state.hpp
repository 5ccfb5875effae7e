#pragma once

#include <armadillo>
#include <span>
#include <vector>

#include "sim/state_vector.hpp"

namespace rhodrift {

/// A state vector to which operators are applied late: those that follow each other on the same
/// qubit or pair of qubits are multiplied first, and the state is swept once for all of them. A
/// 1-qubit operator joins whatever waits on its qubit, a 2-qubit operator takes in what waits on
/// its qubits alone. In a noisy circuit that is about one sweep a 2-qubit gate: the noise of which
/// the branch is known costs none of its own.
class FusedState {
 public:
  /// |0…0>
  explicit FusedState(int n_qubits) : state_(n_qubits) {}
  void reset();

  /// ψ <- M ψ for one or two qubits, qubits[0] the least significant bit of M's indices.
  void apply(const arma::cx_mat& matrix, std::span<const int> qubits);
  /// The state with everything applied.
  const StateVector& state();

 private:
  struct Waiting {
    std::vector<int> qubits;
    arma::cx_mat matrix;
  };
  std::vector<Waiting>::iterator waiting_on(int qubit);

  StateVector state_;
  std::vector<Waiting> waiting_;  // no qubit in two of them
};

}  // namespace rhodrift
