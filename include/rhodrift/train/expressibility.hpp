#pragma once

#include <armadillo>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/warning.hpp>

/// How much of the states a circuit reaches at random weights, uniform in [-π, π], and how
/// entangled they are. S. Sim, P. D. Johnson, A. Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070
/// (2019), arXiv:1905.10876. Both speak of pure states: circuits without noise.
namespace rhodrift {

/// |<ψ(w)|ψ(w')>|² of so many pairs of independent random weights, at the features given: the
/// probability of finding 0…0 after U(w) and then the inverse of U(w'). `executor` runs these
/// circuits exactly. A function of the seed. Throws InputError when there are no pairs, the
/// features are not the circuit's, or a gate has no inverse.
arma::vec random_fidelities(const Circuit& circuit, const std::vector<double>& features,
                            Executor& executor, std::size_t n_pairs, std::uint64_t seed);

/// The relative entropy (natural logarithm) of the distribution of such fidelities to that of
/// states drawn by Haar's measure, 1 - (1 - F)^(2^n - 1), in `n_bins` equal bins over [0, 1]: 0 for
/// a circuit that reaches all states alike, (2^n - 1) ln(n_bins) for one of a single state. It
/// depends on n_bins, 75 in the paper.
///
/// The entropy of frequencies is too large, by about (bins - 1)/(2N) for N fidelities: that is
/// estimated by the jackknife, subtracted, and in diagnostics["bias"] (published figures have it).
/// The value may come out negative. The error is the jackknife's too, the interval is normal and
/// ends at 0. It covers 92 % and more from 1000 fidelities on; of a circuit that reaches all states
/// alike the error is √2 too large.
/// Throws InputError when there are fewer than 2 fidelities, one is outside [0, 1] by more than
/// 1e-9, n_qubits is outside 1..30 or n_bins < 2.
Estimate expressibility(const arma::vec& fidelities, int n_qubits, int n_bins = 75,
                        double level = 0.95);

/// X, Y and Z of qubit 0, then of qubit 1, …: what entangling_capability reads.
std::vector<Observable> bloch_observables(int n_qubits);

/// The mean over `n_states` random weights of D. A. Meyer's and N. R. Wallach's
///   Q = 2 (1 - mean_q tr ρ_q²) = 1 - mean_q (<X_q>² + <Y_q>² + <Z_q>²),
/// ρ_q being the state of qubit q alone: 0 for product states, 1 for GHZ states, on average
/// (2^n - 2)/(2^n + 1) by Haar's measure. J. Math. Phys. 43, 4273 (2002); G. K. Brennen, Quantum
/// Inf. Comput. 3, 619 (2003). The interval is Student's. `bloch_vectors` has the expectations of
/// bloch_observables; a function of the seed. Throws InputError when they are not 3 a qubit, the
/// features are not the circuit's, or n_states < 2.
Estimate entangling_capability(const ExpectationFunction& bloch_vectors, const arma::vec& features,
                               std::size_t n_states, std::uint64_t seed, double level = 0.95);

/// When nothing is entangled: the capability is below 1e-9.
std::optional<Warning> entanglement_warning(const Estimate& capability);

}  // namespace rhodrift
