#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

namespace rhodrift::readout {

/// Up to so many outcomes the equations are solved directly, beyond by iteration.
inline constexpr std::size_t max_direct_outcomes = 128;

struct SubspaceOptions {
  /// Outcomes that differ in more bits do not mix (mthree's default); none: all do.
  std::optional<int> distance = 3;
  /// At which |f - A p|₂ / |f|₂ the iteration ends.
  double tolerance = 1e-10;
  /// What the entries of the matrix may take up; those that do not fit are computed anew whenever
  /// they are needed. Vectors come on top, some 70 numbers an outcome.
  std::size_t matrix_bytes = std::size_t{96} << 20;
};

/// Readout mitigation within the outcomes that were seen, of any number of bits (M3):
/// P. D. Nation, H. Kang, N. Sundaresan, J. M. Gambetta, PRX Quantum 2, 040326 (2021).
/// The confusion matrix is restricted to the seen outcomes and to pairs of them that differ in at
/// most `distance` bits, and its columns are made to sum to 1 again:
///   Ã(r,c) = A(r,c) / n_c,  n_c = Σ_r A(r,c);  the quasi-distribution is p = Ã^-1 f.
/// Biased by what was not seen: what readout error takes out of the seen outcomes, the renormalised
/// columns do not give back (see `captured`). Where only expectations are asked for, `inversion`
/// needs no subspace for any number of bits, has no such bias and hardly a larger error. Without a
/// distance, pairs are still left out beyond the one where what is left out of a column is less
/// than 1e-12 of it.
class Subspace {
 public:
  /// Throws InputError on an invalid error, one of a bit that the outcomes do not have, no
  /// outcomes, a negative distance, a tolerance outside 1e-14..0.1, a matrix of a group past
  /// max_condition_number, or an outcome of a group that is never read as itself; and, of up to
  /// max_direct_outcomes, when Ã's own condition number (1-norm) is past that limit.
  Subspace(const ReadoutError& error, const Outcomes& outcomes,
           const SubspaceOptions& options = {});
  /// Of a measured error. Throws InputError also as MeasuredReadout::validate.
  Subspace(const MeasuredReadout& measured, const Outcomes& outcomes,
           const SubspaceOptions& options = {});
  ~Subspace();
  Subspace(Subspace&&) noexcept;
  Subspace& operator=(Subspace&&) noexcept;

  /// The quasi-distribution (see distribution.hpp) over the seen outcomes; of sum 1.
  /// Here and below, throws RunError with the residual when the iteration does not converge: a
  /// matrix cut off at a distance may be singular where the confusion matrix itself is not.
  Outcomes distribution() const;
  /// Σ_c p_c n_c: with how much probability the quasi-distribution would be read as what was seen
  /// and is within the distance. Near 1 there is nothing that the subspace lacks.
  double captured() const;
  /// oᵀ p = wᵀ f with w = Ã^-T o, and the multinomial's covariance of w, with that of a measured
  /// error besides. Which outcomes were seen
  /// is taken as given, the distribution over them as what is estimated.
  JointEstimate expectations(std::span<const Observable> observables) const;
  /// γ², γ = |Ã^-1|₁, as inversion_overhead ("mitigation overhead" in the paper). Exact up to
  /// max_direct_outcomes, beyond from the estimate of γ, a lower bound, of N. J. Higham, ACM Trans.
  /// Math. Softw. 14, 381 (1988), with solutions to 1e-4.
  double overhead() const;

 private:
  class Implementation;
  friend ExpectationEstimator subspace(const MeasuredReadout& measured,
                                       const SubspaceOptions& options);
  std::unique_ptr<Implementation> implementation_;
};

/// "readout/subspace": Subspace::expectations. The calibration's own error goes into
/// ReadExpectations::shared by the exact derivative, with the seen outcomes taken as given as well,
///   dv = -Σ_rc (w_r - o_c) p_c/n_c dA(r,c)
/// over the pairs within the distance, in A = ⊗ A_g by groups. Pairs that differ in a flip which
/// the calibration has never seen count among them. Takes no longer than some products with Ã.
/// Throws InputError also as MeasuredReadout::validate.
ExpectationEstimator subspace(const MeasuredReadout& measured, const SubspaceOptions& options = {});
/// The same for an error that is known exactly.
ExpectationEstimator subspace(const ReadoutError& error, const SubspaceOptions& options = {});

}  // namespace rhodrift::readout
