#pragma once

#include <armadillo>

namespace rhodrift {

/// The matrix is u3(θ, φ, λ) = rz(φ) ry(θ) rz(λ) up to a phase.
struct EulerAngles {
  double theta;  ///< 0..π; λ is 0 at either end
  double phi;
  double lambda;

  static EulerAngles of(const arma::cx_mat22& unitary);
};

}  // namespace rhodrift
