#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>

/// Clifford data regression: what noise does to circuits that can be simulated is learnt, and
/// undone for one like them that cannot. P. Czarnik et al., Quantum 5, 592 (2021); with several
/// noise strengths (vnCDR), A. Lowe et al., Phys. Rev. Research 3, 033098 (2021).
namespace rhodrift::cdr {

/// What takes the place of an angle in a training circuit, among those that make the gate Clifford.
enum class Replacement {
  nearest,  ///< the nearest one
  random,   ///< one at a distance d with a probability in proportion to exp(-d²/(0.5 rad)²)
};

struct TrainingOptions {
  int n_training = 30;      ///< circuits to learn from
  int n_non_clifford = 10;  ///< non-Clifford gates that stay in each of them, at random places
  Replacement replacement = Replacement::random;
  std::uint64_t seed = 0;
  /// More than one: vnCDR. All circuits are folded to each.
  std::vector<double> scale_factors = {1.0};
  zne::FoldingOptions folding = {};
};

/// Jobs: training circuit 0 at every scale factor, training circuit 1, …, at last the target.
struct CdrPlan : Plan {
  /// The training circuits, not folded, for exact outcomes: what a noiseless executor is to run.
  Plan noiseless;
  std::vector<double> scale_factors;  ///< reached

  std::size_t n_training() const { return noiseless.jobs.size(); }
};

/// Training circuits are the circuit with all but n_non_clifford of its non-Clifford gates
/// replaced. Those are t, tdg, rotations (rx, ry, rz, p, u2, u3, rxx, ryy, rzz) with an angle that
/// is no multiple of π/2, and controlled ones and xy with one that is no multiple of π; they become
/// the same gate with such angles, t and tdg become p. ch and sqrt_iswap are not Clifford and stay.
/// Throws InputError when an angle is not a number yet (see Circuit::bound), there are not more
/// than n_non_clifford of those gates, or fewer training circuits than scale factors + 3, on shots
/// of 0 for training or target alone, and as zne::construct does on scale factors (of which one is
/// enough).
CdrPlan construct(const Circuit& circuit, const TrainingOptions& options,
                  std::uint64_t training_shots, std::uint64_t target_shots);

/// One estimate an observable. `exact` are the outcomes of plan.noiseless (sampled ones count with
/// their errors). The model, for training circuits and target alike, at scale factors s:
///   one factor    y = a x + b + ε     y exact, x noisy; ε what the line does not explain
///   more          y = Σ_s a_s x_s + ε
/// x is known with shot errors, which would bias least squares towards a = 0. Corrected least
/// squares takes them out of the moments (W. A. Fuller, Measurement Error Models, 1987, section
/// 2.2): with z_t the x of a training circuit, less their mean where there is a b, and U_t the
/// covariance of its shots,
///   a = (Σ z_t z_tᵀ - U_t)⁻¹ Σ z_t y_t.
/// Linear combinations of the x_s in which the circuits differ by less than twice their shot error
/// (root mean square, errors included) tell nothing and are left out: their coefficient is 0.
/// The std_error has the shots of training circuits and target by the delta method, from the whole
/// covariance `estimator` gives, and the scatter: Var ε is what residuals have beyond their shot
/// errors, and counts for the target and for the training circuits. Where some is found, the
/// interval is Student's with Satterthwaite's degrees of freedom. Where there is none in truth,
/// some is found half of the time: intervals then cover 96 to 97%. Method "cdr over <estimator>" or
/// "vncdr over …"; diagnostics "scatter" (√Var ε), "directions" (how many linear combinations were
/// used), "coefficient[s]", "intercept" of CDR, "value[s]" of the target before. Throws InputError
/// when outcomes do not match the plan, and RunError when the training circuits do not differ
/// beyond their shot errors.
std::vector<Estimate> combine(const CdrPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Outcomes> exact,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator);

/// The same values with the covariance of all observables.
JointEstimate combine_jointly(const CdrPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Outcomes> exact,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator);

}  // namespace rhodrift::cdr
