#pragma once

#include <string>
#include <vector>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

#include "mitigation/sampling.hpp"
#include "support/observables.hpp"

/// Calibrations and readings of a device whose readout error is known, for tests.
namespace calibrated {

inline std::vector<double> misread(const rhodrift::ReadoutError& error,
                                   std::vector<double> probabilities) {
  rhodrift::apply_readout_error(error, probabilities);
  return probabilities;
}

/// What the device reads exactly when `pattern` is prepared.
inline rhodrift::Outcomes read_exactly(const rhodrift::ReadoutError& device, int n_bits,
                                       std::uint64_t pattern) {
  std::vector<double> p(std::size_t{1} << n_bits, 0.0);
  p[pattern] = 1.0;
  return rhodrift::Outcomes::from_probabilities(misread(device, p));
}

/// The exact outcomes of a calibration plan for `n_bits` bits.
inline std::vector<rhodrift::Outcomes> exact_outcomes(
    const rhodrift::readout::CalibrationPlan& plan, const rhodrift::ReadoutError& device,
    int n_bits) {
  std::vector<rhodrift::Outcomes> outcomes;
  for (const auto& pattern : plan.patterns)
    outcomes.push_back(read_exactly(device, n_bits, pattern[0]));
  return outcomes;
}

inline std::vector<rhodrift::Outcomes> draw_each(const std::vector<rhodrift::Outcomes>& exact,
                                                 std::uint64_t shots,
                                                 rhodrift::RandomStream& random) {
  std::vector<rhodrift::Outcomes> outcomes;
  for (const rhodrift::Outcomes& one : exact)
    outcomes.push_back(rhodrift::draw(one, shots, random));
  return outcomes;
}

/// J Σ Jᵀ for the values of `estimate(measured)`, by differences in the entries of every matrix
/// along the directions that keep a column's sum; Σ is the multinomial's, without pseudo-counts.
template <typename Values>
arma::mat shared_covariance(const rhodrift::readout::MeasuredReadout& measured, Values&& values) {
  const double step = 1e-6;
  arma::mat covariance;
  for (std::size_t g = 0; g < measured.error.size(); ++g)
    for (arma::uword p = 0; p < measured.error[g].matrix.n_cols; ++p) {
      const arma::vec a = measured.error[g].matrix.col(p);
      arma::mat jacobian;  // a column an entry: how it moves the values, others giving way in
                           // proportion, d a = step (e_m - a)
      for (arma::uword m = 0; m < a.n_elem; ++m) {
        arma::vec direction = -a;
        direction(m) += 1.0;
        auto up = measured, down = measured;
        up.error[g].matrix.col(p) += step * direction;
        down.error[g].matrix.col(p) -= step * direction;
        jacobian.insert_cols(m, (values(up) - values(down)) / (2 * step));
      }
      // Σ = Σ_m a_m (e_m - a)(e_m - a)ᵀ / N.
      const arma::mat part = jacobian * arma::diagmat(a) * jacobian.t() / measured.shots[g](p);
      covariance = covariance.empty() ? part : arma::mat(covariance + part);
    }
  return covariance;
}

/// Value k with the whole of its variance.
inline rhodrift::Estimate estimate(const rhodrift::JointEstimate& joint, arma::uword k = 0) {
  return rhodrift::normal_estimate(joint.values(k), std::sqrt(joint.covariance(k, k)), "");
}

}  // namespace calibrated
