#pragma once

#include <cstdint>
#include <optional>

#include <rhodrift/train/quantum_kernel.hpp>
#include <rhodrift/train/warning.hpp>

/// Whether what a quantum kernel is made of still tells samples apart. On many qubits, with wide
/// features or much noise it comes to the same for all of them, and what is left of the differences
/// is lost in shots: S. Thanasilp, S. Wang, M. Cerezo, Z. Holmes, Nat. Commun. 15, 5200 (2024).
namespace rhodrift {

/// Of the numbers that are measured: entries of a fidelity kernel, or expectations behind a
/// projected one.
struct KernelConcentration {
  double mean;        ///< of all numbers
  double spread;      ///< standard deviation over samples, with the shots' share taken out; >= 0
  double shot_error;  ///< root mean square error of one number measured with so many shots; > 0
  std::uint64_t shots;
  /// Where they hardly differ: because the states of all samples are about the same one (features
  /// too narrow), and not because they are as far apart as states are, or lost.
  bool states_alike;

  /// Shots with which the error would be the spread; infinite when there is no spread.
  double shots_needed() const;
};

/// Of the entries beside the diagonal, p(1 - p)/shots being the variance of one; states are alike
/// when their mean is above 1/2. `shots` > 0 is
/// what an entry has, or would have where the kernel is exact. Throws InputError when the kernel is
/// not square, has fewer than 3 samples, or there are no shots.
KernelConcentration fidelity_concentration(const EstimatedMatrix& kernel, std::uint64_t shots);

/// Of one_qubit_expectations, whose spread is over samples, the mean square of all expectations;
/// (1 - <P>²)/shots is the variance of one, and states are alike when qubits' Bloch vectors have a
/// mean square above 1/2. Throws InputError when there are fewer than 2 samples
/// or no shots.
KernelConcentration projected_concentration(const EstimatedMatrix& expectations,
                                            std::uint64_t shots);

/// When the spread is below the shot error: a classifier would learn the shots.
std::optional<Warning> concentration_warning(const KernelConcentration& concentration);

}  // namespace rhodrift
