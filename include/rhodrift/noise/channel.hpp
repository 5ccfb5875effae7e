#pragma once

#include <algorithm>
#include <armadillo>
#include <vector>

#include <rhodrift/core/pauli.hpp>
#include <rhodrift/core/transfer_matrix.hpp>

namespace rhodrift {

/// How far a linear map is from a physical one. Both are 0 for a channel, up to rounding.
struct CptpViolation {
  double complete_positivity;  ///< minus the most negative eigenvalue of Choi/d, or 0
  double trace_preservation;   ///< max |first row of the PTM - (1, 0, …, 0)|
  double worst() const { return std::max(complete_positivity, trace_preservation); }
};

/// A noise channel on k qubits, kept as its Pauli transfer matrix. Operand 0 is the least
/// significant digit or bit of every index. d = 2^k.
///
/// Conventions of the other forms:
///   Kraus           E(ρ) = Σ_m K_m ρ K_m†, each K_m d x d
///   Choi            Σ_ij |i><j| ⊗ E(|i><j|), d² x d², trace d; the reference system is the more
///                   significant factor, so that Choi = Σ_m vec(K_m) vec(K_m)†
///   superoperator   S vec(ρ) = vec(E(ρ)), d² x d², vec stacks columns: S = Σ_m conj(K_m) ⊗ K_m
class Channel {
 public:
  /// How far a constructor lets a map be from completely positive and trace preserving.
  static constexpr double default_tolerance = 1e-9;

  /// Every constructor throws InputError with the violation in numbers when the map is further than
  /// `tolerance` from CPTP, or when a shape is wrong or an entry not finite.
  static Channel from_ptm(TransferMatrix ptm, double tolerance = default_tolerance);
  static Channel from_kraus(const std::vector<arma::cx_mat>& kraus,
                            double tolerance = default_tolerance);
  static Channel from_choi(const arma::cx_mat& choi, double tolerance = default_tolerance);
  static Channel from_superoperator(const arma::cx_mat& superoperator,
                                    double tolerance = default_tolerance);
  static Channel from_unitary(const arma::cx_mat& unitary, double tolerance = default_tolerance);
  /// Throws InputError when n_qubits < 1.
  static Channel identity(int n_qubits);

  const TransferMatrix& ptm() const { return ptm_; }
  int n_qubits() const { return n_qubits_; }

  /// The canonical Kraus operators: orthogonal, in order of decreasing weight, those with weight
  /// below 1e-14 of the largest left out.
  std::vector<arma::cx_mat> kraus() const;
  arma::cx_mat choi() const;
  arma::cx_mat superoperator() const;

  CptpViolation cptp_violation() const;
  /// tr(R)/d², the entanglement fidelity with the identity.
  double process_fidelity() const;
  /// (d F_process + 1)/(d + 1): the fidelity averaged over pure input states.
  double average_fidelity() const;
  double average_infidelity() const { return 1.0 - average_fidelity(); }

  /// How probable each of the 4^k Paulis P is in its Pauli twirl, in the order of their base-4
  /// index: Σ_Q ±R(Q, Q)/4^k, minus where P and Q anticommute.
  std::vector<double> pauli_probabilities() const;
  /// This channel between P and P†, averaged over all Paulis P: the diagonal of the transfer
  /// matrix, a Pauli channel of the same fidelities.
  Channel pauli_twirled() const;

  /// `*this` first, then `next`. Same number of qubits, else InputError.
  Channel then(const Channel& next) const;
  /// `*this` on the lower operands, `upper` on the ones above them.
  Channel tensor(const Channel& upper) const;

 private:
  Channel(TransferMatrix ptm, int n_qubits) : ptm_(std::move(ptm)), n_qubits_(n_qubits) {}

  TransferMatrix ptm_;
  int n_qubits_;
};

/// (1 - λ) ρ + λ 1/d on n qubits, 0 <= λ <= 4^n/(4^n - 1): every non-identity Pauli has probability
/// λ/4^n. Throws InputError outside that range.
Channel depolarizing(int n_qubits, double depolarizing_lambda);

/// Σ_P probability[P] P ρ P over the 4^n Paulis in the order of their base-4 index.
/// Throws InputError when a probability is negative or they do not sum to 1 (to 1e-9).
Channel pauli_channel(const std::vector<double>& probability);

/// K0 = diag(1, √(1-γ)), K1 = √γ |0><1|; 0 <= γ <= 1.
Channel amplitude_damping(double gamma);
/// Amplitude damping towards diag(1 - p1, p1), p1 = `excited_population` in [0, 1]: with
/// probability 1 - p1 amplitude_damping(γ), with p1 the same with |0> and |1> exchanged.
Channel generalized_amplitude_damping(double gamma, double excited_population);
/// K0 = diag(1, √(1-γ)), K1 = diag(0, √γ); 0 <= γ <= 1.
Channel phase_damping(double gamma);

/// Relaxation for `duration_s` >= 0 of a qubit with 0 < T1 <= ∞ and 0 < T2 <= 2 T1. With
/// e1 = exp(-t/T1), e2 = exp(-t/T2) and p1 the excited population at equilibrium, the PTM is
/// diag(1, e2, e2, e1) with (1 - e1)(1 - 2 p1) from I to Z. Throws InputError outside the ranges.
Channel thermal_relaxation(double t1_s, double t2_s, double duration_s,
                           double excited_population = 0.0);

/// The derivatives of a PTM in the arguments of thermal_relaxation, each 4 x 4.
struct RelaxationDerivatives {
  TransferMatrix t1_s;
  TransferMatrix t2_s;
  TransferMatrix duration_s;
  TransferMatrix excited_population;
};

/// Of thermal_relaxation, with T1 and T2 independent; 0 in a time constant that is ∞. Throws as
/// thermal_relaxation does.
RelaxationDerivatives thermal_relaxation_derivatives(double t1_s, double t2_s, double duration_s,
                                                     double excited_population = 0.0);

/// The excited population of a qubit in equilibrium: 1/(1 + exp(hf/kT)); 0 at T = 0.
/// hf/kT = 47.99243e-9 · f_hz / T_mk.
double thermal_population(double frequency_hz, double temperature_mk);

/// ρ -> diag(1 - p1, p1), p1 = `excited_population` in [0, 1]: a reset, perfect with p1 = 0.
Channel reset_channel(double excited_population = 0.0);

/// exp(-i angle P/2) on n qubits: a rotation about a Pauli that turns too far by `angle_rad`.
/// Throws InputError when P has a qubit beyond n.
Channel coherent_rotation(int n_qubits, const PauliString& axis, double angle_rad);
/// Two qubits, each `shift_hz` higher in frequency when the other one is excited, for `duration_s`
/// >= 0, seen at the mean of its two frequencies: exp(-i (π/2) shift_hz t Z⊗Z).
Channel zz_crosstalk(double shift_hz, double duration_s);

}  // namespace rhodrift
