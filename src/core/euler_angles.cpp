#include "core/euler_angles.hpp"

#include <cmath>
#include <numbers>

namespace rhodrift {

EulerAngles EulerAngles::of(const arma::cx_mat22& unitary) {
  constexpr double negligible = 1e-10;  // elements below are rounding errors
  const double cosine = std::abs(unitary(0, 0)), sine = std::abs(unitary(1, 0));
  if (sine < negligible) return {0.0, std::arg(unitary(1, 1)) - std::arg(unitary(0, 0)), 0.0};
  if (cosine < negligible)
    return {std::numbers::pi, std::arg(unitary(1, 0)) - std::arg(-unitary(0, 1)), 0.0};
  return {2.0 * std::atan2(sine, cosine), std::arg(unitary(1, 0)) - std::arg(unitary(0, 0)),
          std::arg(unitary(1, 1)) - std::arg(unitary(1, 0))};
}

}  // namespace rhodrift
