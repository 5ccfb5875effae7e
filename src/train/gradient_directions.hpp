#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/core/random.hpp>

#include "train/gate_angles.hpp"

namespace rhodrift {

/// A derivative that is estimated from the circuit at a few settings of its angles, and what it is
/// in the gradient: with θ the angles of GateAngles,
///   gradient in the weights = Σ_directions weights · Σ_points factor · f(θ + displacement).
struct GradientDirection {
  struct Point {
    arma::vec displacement;  ///< an entry an angle
    double factor;           ///< those of a direction sum to 0
  };

  arma::vec weights;
  std::vector<Point> points;
};

/// An angle a direction, by shift_rule. Throws InputError naming a gate that has none.
std::vector<GradientDirection> parameter_shift_directions(const GateAngles& angles);
/// A weight a direction: (f(w + h) - f(w - h))/(2h).
std::vector<GradientDirection> difference_directions(const GateAngles& angles, double h);
/// A draw a direction, Δ_i = ±1 with equal probability in each: Δ (f(w + hΔ) - f(w - hΔ))/(2h n).
std::vector<GradientDirection> spsa_directions(const GateAngles& angles, double h, int n_draws,
                                               RandomStream random);

}  // namespace rhodrift
