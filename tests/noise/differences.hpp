#pragma once

#include <armadillo>
#include <string>
#include <utility>

#include <rhodrift/noise/gate_noise.hpp>

#include "noise/small_device.hpp"

/// Numerical derivatives of a gate's noise, to hold the analytic ones against.
namespace rhodrift::testing {

/// The PTM when the figure is `value`.
inline arma::mat ptm_at(Calibration& calibration, std::size_t gate, const NoisePolicy& policy,
                        const std::string& number, double value) {
  const double recorded = std::exchange(figure(calibration, number), value);
  const arma::mat ptm = gate_noise(calibration, calibration.gates[gate], policy).channel.ptm();
  figure(calibration, number) = recorded;
  return ptm;
}

constexpr double relative_step = 1e-3;

/// Central differences, extrapolated from steps h and h/2 (Richardson): error O(h⁴).
inline arma::mat central_difference(Calibration& calibration, std::size_t gate,
                                    const NoisePolicy& policy, const std::string& number) {
  const double x = figure(calibration, number);
  const auto difference = [&](double step) -> arma::mat {
    return (ptm_at(calibration, gate, policy, number, x + step) -
            ptm_at(calibration, gate, policy, number, x - step)) /
           (2 * step);
  };
  const double h = relative_step * x;
  return (4 * difference(h / 2) - difference(h)) / 3;
}

/// Largest difference of an entry over the largest entry; any difference from 0 is too large.
inline double relative_deviation(const arma::mat& actual, const arma::mat& expected) {
  const double off = arma::abs(actual - expected).max();
  return off == 0 ? 0 : off / arma::abs(actual).max();
}

}  // namespace rhodrift::testing
