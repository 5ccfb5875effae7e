#pragma once

#include <armadillo>
#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

/// Correlated readout error as a continuous-time Markov process: A = exp(G), G = Σ_i r_i G_i, where
/// G_i flips one bit, or two bits at once, at rate r_i when they are in one given state.
/// S. Bravyi, S. Sheldon, A. Kandala, D. C. McKay, J. M. Gambetta, Phys. Rev. A 103, 042605 (2021).
///
/// The paper samples A^-1 at the price of e^(4γ) times the shots, γ = max_x -G(x, x). For
/// expectations that is not needed. A^-T o = e^(-Gᵀ) o is worked out in the basis of Z-strings,
/// where Gᵀ turns a string into strings that differ in the bits of one generator and only
/// generators that flip the string's parity act, and is averaged over the outcomes that were seen:
/// unbiased as inversion is, for any number of bits.
namespace rhodrift::readout {

inline constexpr int max_ctmp_bits = 64;
/// Of all strings that an observable turns into, those with a coefficient below are left out.
inline constexpr double ctmp_coefficient_cutoff = 1e-8;
inline constexpr std::size_t max_ctmp_strings = 1'000'000;

struct CtmpModel {
  /// `bits`, one or two of them, go from the value `from` (bits[0] the least significant) to its
  /// complement.
  struct Generator {
    std::vector<int> bits;
    unsigned from;
    double rate;  ///< the whole readout takes one unit of time; see learn_ctmp for negative ones
  };
  int n_bits = 0;
  std::vector<Generator> generators;

  /// Throws InputError when a generator has another number of bits than one or two, a bit is
  /// outside 0..n_bits-1 or repeated, `from` does not fit, or a rate is not finite.
  void validate() const;
};

/// A model with what is known about its rates: they have the covariance errors·errorsᵀ, a row a
/// generator. No columns: known exactly.
struct MeasuredCtmp {
  CtmpModel model;
  arma::mat errors;
};

/// The rates from calibration outcomes: for every pair of bits the 4 x 4 matrix of what happens to
/// it while all other bits are read right, its logarithm, and of that the entries of single flips
/// (averaged over partners and their states) and double flips. The rates of flips that do not
/// happen come out as small numbers of either sign. The paper, which has to sample, sets the
/// negative ones to 0; here they do no harm, and leaving them out would bias: for a bit of many the
/// positive halves of the noise add up.
/// The errors are a bootstrap's: 200 draws of the outcomes, `seed` fixes them. Flips of up to two
/// bits that were not seen may be drawn too: for each state of a pair the outcomes count as one
/// shot more that is spread evenly, as MeasuredReadout has it. Every pair must have been prepared
/// in its four states, as the balanced scheme with single bits does. Throws InputError as
/// Plan::require_matching, when some outcomes are exact and others not, when bits are
/// not 2..max_ctmp_bits, or when a pair in one of its states was never seen with all others right;
/// RunError when a matrix has no logarithm, or in so few shots that in more than 20 draws one has
/// none.
MeasuredCtmp learn_ctmp(const CalibrationPlan& plan, std::span<const Outcomes> outcomes,
                        std::uint64_t seed);

/// "readout/ctmp". The error of the rates, to first order, is shared between readings.
/// The estimator throws InputError when the outcomes have another number of bits than the model,
/// and RunError when an observable turns into more than max_ctmp_strings strings.
ExpectationEstimator ctmp(const MeasuredCtmp& measured);

/// Σ over bits and pairs of the highest rate out of one of its states: γ, or somewhat more. The
/// paper's overhead is e^(4γ).
double ctmp_gamma(const CtmpModel& model);

}  // namespace rhodrift::readout
