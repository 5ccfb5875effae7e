#pragma once

#include <armadillo>
#include <cstddef>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// A circuit whose every angle that depends on weights has a weight of its own: with θ for all of
/// these and w for the weights it had, θ = coefficients · w. Offsets and features stay in the
/// angles. By the chain rule df/dw = coefficientsᵀ df/dθ, wherever and how often a weight stands.
struct GateAngles {
  struct Place {
    std::size_t instruction;
    int angle;  ///< which of the instruction's
  };

  explicit GateAngles(const Circuit& with_weights);

  Circuit circuit;
  std::vector<Place> places;  ///< of the weights of `circuit`
  arma::mat coefficients;     ///< places.size() x with_weights.n_weights()
};

/// The weights' part of an angle, an entry a weight.
arma::rowvec weight_coefficients(const Angle& angle, int n_weights);
bool depends_on_weights(const Angle& angle);

}  // namespace rhodrift
