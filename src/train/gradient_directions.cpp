#include "train/gradient_directions.hpp"

#include "train/generator.hpp"

namespace rhodrift {

namespace {

/// (f(w + h direction) - f(w - h direction))/(2h)
std::vector<GradientDirection::Point> central_difference(const GateAngles& angles,
                                                         const arma::vec& direction, double h) {
  const arma::vec displacement = h * angles.coefficients * direction;
  return {{displacement, 1 / (2 * h)}, {-displacement, -1 / (2 * h)}};
}

}  // namespace

std::vector<GradientDirection> parameter_shift_directions(const GateAngles& angles) {
  const arma::uword n_angles = angles.coefficients.n_rows;
  std::vector<GradientDirection> directions;
  for (arma::uword a = 0; a < n_angles; ++a) {
    const auto& [instruction, k] = angles.places[a];
    GradientDirection direction{angles.coefficients.row(a).t(), {}};
    for (const Shift& shift : shift_rule(angles.circuit.instructions()[instruction].op, k)) {
      arma::vec displacement(n_angles, arma::fill::zeros);
      displacement(a) = shift.angle_rad;
      direction.points.push_back({displacement, shift.factor});
    }
    directions.push_back(direction);
  }
  return directions;
}

std::vector<GradientDirection> difference_directions(const GateAngles& angles, double h) {
  const arma::uword n_weights = angles.coefficients.n_cols;
  std::vector<GradientDirection> directions;
  for (arma::uword i = 0; i < n_weights; ++i) {
    arma::vec axis(n_weights, arma::fill::zeros);
    axis(i) = 1;
    directions.push_back({axis, central_difference(angles, axis, h)});
  }
  return directions;
}

std::vector<GradientDirection> spsa_directions(const GateAngles& angles, double h, int n_draws,
                                               RandomStream random) {
  std::vector<GradientDirection> directions;
  for (int draw = 0; draw < n_draws; ++draw) {
    arma::vec signs(angles.coefficients.n_cols);
    for (double& sign : signs) sign = random.below(2) == 0 ? -1 : 1;
    directions.push_back({signs / n_draws, central_difference(angles, signs, h)});
  }
  return directions;
}

}  // namespace rhodrift
