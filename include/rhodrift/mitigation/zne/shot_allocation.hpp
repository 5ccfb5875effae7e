#pragma once

#include <armadillo>
#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/mitigation/zne/extrapolation.hpp>

namespace rhodrift::zne {

/// `total` shots over the points so that Σ (η_j σ_j)²/N_j is least: N_j ∝ |η_j| σ_j, in whole
/// numbers that add up; a point that would have none gets one of those of the largest.
/// `coefficients` are η, `deviations` σ of one shot.
/// Throws InputError on different numbers of both, a deviation that is negative or not finite, and
/// fewer shots than points.
std::vector<std::uint64_t> allocate_shots(const arma::vec& coefficients,
                                          const arma::vec& deviations, std::uint64_t total);

/// The same for any model: where its coefficients depend on the shots themselves (least squares
/// weighs by them), N_j ∝ |η_j(N)| σ_j is iterated to its fixed point, the optimal design for the
/// value at 0. `values` are what is expected at the scale factors. Throws as extrapolate, too.
std::vector<std::uint64_t> allocate_shots(const Extrapolation& extrapolation,
                                          std::span<const double> scale_factors,
                                          const arma::vec& values, const arma::vec& deviations,
                                          std::uint64_t total);

}  // namespace rhodrift::zne
