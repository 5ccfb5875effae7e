#pragma once

#include <armadillo>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rhodrift {

/// Undoes global depolarizing noise. If a fraction s_i of state i survives its circuit and as much
/// its undoing, and the rest becomes 2^-n 1, a device gives
///   k'(i, j) = s_i s_j k(i, j) + (1 - s_i s_j) 2^-n,
/// and as k(i, i) = 1, s_i² = (k'(i, i) - 2^-n)/(1 - 2^-n). For kernels whose diagonal was
/// measured: one of ones says that nothing was lost. T. Hubregtsen et al., Phys. Rev. A 106, 042431
/// (2022), Sec. V.
struct DepolarizingStep {
  enum class Survival {
    each,  ///< every sample has its own s_i; the diagonal becomes 1
    mean,  ///< s² is the mean of all s_i²: fewer shots will do, and new samples need no k'(x, x)
  };
  Survival survival = Survival::each;

  bool operator==(const DepolarizingStep&) const = default;
};

/// Negative eigenvalues become 0: the nearest positive semidefinite matrix in the Frobenius norm.
/// With P the projector on the other eigenvectors K becomes P K, and so does a kernel between the
/// samples trained on and new ones: Y. Chen et al., J. Mach. Learn. Res. 10, 747 (2009), Sec. 3.
struct ClipStep {
  bool operator==(const ClipStep&) const = default;
};

/// K + c 1, which adds c to all eigenvalues; kernels between different samples stay. Without `by`
/// it is the least c >= 0 that makes K positive semidefinite, which Hubregtsen et al. call Tikhonov
/// regularisation.
struct ShiftStep {
  std::optional<double> by;  ///< in (0, 1e6]

  bool operator==(const ShiftStep&) const = default;
};

/// What is done to a noisy kernel matrix, step by step.
///
/// As text, joined by "+": "depolarizing" or "depolarizing:survival=mean", "clip", "shift" or
/// "shift:by=0.1", survival and by needing no key; "none" without steps.
struct KernelMitigation {
  using Step = std::variant<DepolarizingStep, ClipStep, ShiftStep>;
  std::vector<Step> steps;

  /// Throws InputError when a shift is out of range, or depolarizing is not the first step: those
  /// after it leave no diagonal that was measured.
  void validate() const;
  bool operator==(const KernelMitigation&) const = default;
};

/// Throws InputError naming the step and what is known.
KernelMitigation parse_kernel_mitigation(std::string_view text);
/// What parse_kernel_mitigation reads.
std::string to_string(const KernelMitigation& mitigation);

/// What a mitigation that was fitted to the kernel of n samples does to kernels between these and
/// others. Any number of steps are one of these.
struct KernelCorrection {
  double floor;  ///< 2^-n_qubits, what is left of every entry when nothing survives
  /// s_i of the samples trained on, n; 1 where depolarizing is not undone.
  arma::vec survival;
  /// Other samples' s_j is `survival`'s common value, or else must be measured.
  bool own_survival;
  arma::mat projection;  ///< n x n, applied last; the identity when nothing is clipped

  /// n x n_new, of n x n_new as measured, rows being the samples trained on. `diagonal` is k'(x, x)
  /// of the new samples as measured; it may be empty unless own_survival. Throws InputError when
  /// the shapes do not fit, RunError that names the sample when one of the diagonal is not above
  /// the floor.
  arma::mat apply(const arma::mat& kernel, const arma::vec& diagonal = {}) const;
};

struct MitigatedKernel {
  arma::mat kernel;  ///< n x n
  KernelCorrection correction;
};

/// Of the kernel of n samples with themselves, as measured on states of n_qubits. Throws InputError
/// when the mitigation is not valid or the matrix not symmetric, square and finite; RunError that
/// names the sample when depolarizing finds that nothing survives: k'(i, i) is not above
/// 2^-n_qubits.
MitigatedKernel mitigate(const arma::mat& kernel, int n_qubits, const KernelMitigation& mitigation);

}  // namespace rhodrift
