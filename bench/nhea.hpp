#pragma once

#include <cmath>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/noise/channel.hpp>

namespace rhodrift::bench {

/// The standard job NHEA(n, L): a noisy hardware-efficient ansatz from |0…0>. For each layer l and
/// qubit q, with k = l n + q: RX(θ(2k)), depolarizing, RZ(θ(2k+1)), depolarizing; then on a ring
/// cx(i, i+1), 2-qubit depolarizing, and on either operand amplitude and phase damping. Then <Z_q>
/// for all q. θ(m) = 1.3 sin(1 + 0.7 m). bench/peers/job.py says the same to the other simulators.
struct Nhea {
  Circuit circuit;
  std::vector<double> weights;
  std::vector<Observable> observables;
};

/// Every non-identity Pauli has probability λ/4^k, so all of them together λ (4^k - 1)/4^k.
inline double lambda_of(double pauli_error_prob, int n_qubits) {
  const double n_paulis = std::ldexp(1.0, 2 * n_qubits);
  return pauli_error_prob * n_paulis / (n_paulis - 1);
}

inline Nhea nhea(int n, int n_layers) {
  const TransferMatrix after_rotation = depolarizing(1, lambda_of(1e-3, 1)).ptm();
  const TransferMatrix after_cx = depolarizing(2, lambda_of(1e-2, 2)).ptm();
  const TransferMatrix amplitude = amplitude_damping(0.002).ptm(),
                       phase = phase_damping(0.003).ptm();
  Nhea job{Circuit(n), {}, {}};
  const auto rotate = [&](Op op, int qubit) {
    const int m = static_cast<int>(job.weights.size());
    job.weights.push_back(1.3 * std::sin(1 + 0.7 * m));
    job.circuit.append(op, {qubit}, {Angle::weight(m)});
    job.circuit.append_channel("depolarizing", {qubit}, after_rotation);
  };
  for (int layer = 0; layer < n_layers; ++layer) {
    for (int q = 0; q < n; ++q) {
      rotate(Op::rx, q);
      rotate(Op::rz, q);
    }
    for (int i = 0; i < n; ++i) {
      const int next = (i + 1) % n;
      job.circuit.append(Op::cx, {i, next});
      job.circuit.append_channel("depolarizing", {i, next}, after_cx);
      for (const int q : {i, next}) {
        job.circuit.append_channel("amplitude damping", {q}, amplitude);
        job.circuit.append_channel("phase damping", {q}, phase);
      }
    }
  }
  for (int q = 0; q < n; ++q) job.observables.push_back(Observable::z(q));
  return job;
}

}  // namespace rhodrift::bench
