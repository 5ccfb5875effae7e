#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/plan.hpp>

/// Twirled readout (TREX): bits are flipped by x before they are read, in patterns that are
/// averaged over, and flipped back in the counts. That makes any readout error A a multiplication
/// of every Z-string's expectation by a number f_s = 2^-n Σ_(m,p) (-1)^(s·(m+p)) A(m, p), which
/// |0…0>, twirled alike, shows: no matrix, no model of the error.
/// E. van den Berg, Z. K. Minev, K. Temme, Phys. Rev. A 105, 032620 (2022).
///
/// The flips are not drawn one by one: they are the rows of an orthogonal array of strength 3,
/// shifted by one random pattern. What A mixes into a string from others that differ from it in up
/// to three bits is then averaged out exactly, whatever the number of twirls; from others it is 0
/// on average over the shift, and for independent errors of fourth order in p10 - p01.
namespace rhodrift::readout {

/// Jobs that differ in what is flipped before the readout.
struct TwirledPlan : Plan {
  std::vector<std::vector<std::uint64_t>> flips;  ///< by job: the bits, in words like an outcome

  /// The same flips for other parameters, see Plan::bound.
  TwirledPlan bound(const std::vector<double>& weights, const std::vector<double>& features) const;
};

/// The fewest twirls for n_bits bits: 2^(1 + ⌈log2 n_bits⌉). Throws InputError when n_bits < 1.
std::uint64_t min_twirls(int n_bits);

/// `circuit` with its bits flipped in n_twirls ways. `shots_per_twirl` 0 asks for exact outcomes.
/// Throws InputError when n_twirls is not a power of two that is at least min_twirls, a measurement
/// is not final or a qubit is read into two bits.
TwirledPlan construct_twirled(const Circuit& circuit, std::uint64_t n_twirls,
                              std::uint64_t shots_per_twirl, RandomStream& random);
/// |0…0> read as `circuit` is, twirled. Throws as construct_twirled.
TwirledPlan construct_twirled_calibration(const Circuit& circuit, std::uint64_t n_twirls,
                                          std::uint64_t shots_per_twirl, RandomStream& random);

/// The outcomes of all twirls with the flips undone, as those of one circuit.
/// Throws InputError as Plan::require_matching, and unless all have the same number of shots.
Outcomes untwirled(const TwirledPlan& plan, std::span<const Outcomes> outcomes);

/// "readout/twirled": for every Z-string the ratio of averages <Z_s>/f_s over all twirls, of the
/// untwirled outcomes and the untwirled calibration. Errors by the delta method; the calibration's
/// part is shared between readings. (Its covariance is taken with one shot more, spread evenly over
/// all outcomes: what was never seen is not impossible.)
/// The estimator throws InputError when the outcomes have another number of bits than the
/// calibration, or f_s is not above 5 of its standard errors and 1/max_condition_number: there is
/// nothing to divide by.
ExpectationEstimator twirled(const Outcomes& calibration);

}  // namespace rhodrift::readout
