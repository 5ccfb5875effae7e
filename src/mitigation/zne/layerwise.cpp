#include <cmath>
#include <functional>

#include <boost/math/special_functions/binomial.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/layerwise.hpp>

namespace rhodrift::zne {

namespace {

/// All vectors of `layers` whole numbers >= 0 with a sum of at most `degree`, by ascending sum.
std::vector<std::vector<int>> exponents(int layers, int degree) {
  std::vector<std::vector<int>> all;
  std::vector<int> current(static_cast<std::size_t>(layers), 0);
  const std::function<void(std::size_t, int)> fill = [&](std::size_t layer, int left) {
    if (layer + 1 == current.size()) {
      current[layer] = left;
      all.push_back(current);
      return;
    }
    for (int here = left; here >= 0; --here) {
      current[layer] = here;
      fill(layer + 1, left - here);
    }
  };
  for (int sum = 0; sum <= degree; ++sum) fill(0, sum);
  return all;
}

[[noreturn]] void refuse(const std::string& problem) {
  throw InputError("layerwise extrapolation", "", problem);
}

}  // namespace

std::vector<std::vector<double>> layerwise_scale_factors(int layers, int degree) {
  if (layers < 1) refuse(fmt::format("{} layers are below 1", layers));
  if (degree < 1) refuse(fmt::format("degree {} is below 1", degree));
  const double n_points = boost::math::binomial_coefficient<double>(
      static_cast<unsigned>(layers + degree), static_cast<unsigned>(degree));
  if (n_points > static_cast<double>(max_layerwise_points))
    refuse(fmt::format("{} layers to degree {} take {:.0f} circuits, the limit is {}", layers,
                       degree, n_points, max_layerwise_points));
  std::vector<std::vector<double>> points;
  for (const std::vector<int>& m : exponents(layers, degree)) {
    points.emplace_back();
    for (const int fold : m) points.back().push_back(1.0 + 2.0 * fold);
  }
  return points;
}

// Σ_i coefficient_i λ_i^m = 0^m for every monomial m.
arma::vec layerwise_coefficients(const std::vector<std::vector<double>>& scale_factors,
                                 int degree) {
  const std::size_t layers = scale_factors.empty() ? 0 : scale_factors.front().size();
  for (const std::vector<double>& factors : scale_factors)
    if (factors.size() != layers || layers == 0)
      refuse("scale factors are not as many for every point");
  const std::vector<std::vector<int>> monomials = exponents(static_cast<int>(layers), degree);
  const arma::uword n = monomials.size();
  if (scale_factors.size() != n)
    refuse(fmt::format("{} points, degree {} in {} layers takes {}", scale_factors.size(), degree,
                       layers, n));
  arma::mat powers(n, n);
  for (arma::uword m = 0; m < n; ++m)
    for (arma::uword i = 0; i < n; ++i) {
      double product = 1.0;
      for (std::size_t layer = 0; layer < layers; ++layer)
        product *= std::pow(scale_factors[i][layer], monomials[m][layer]);
      powers(m, i) = product;
    }
  arma::vec at_zero(n, arma::fill::zeros), coefficients;
  at_zero(0) = 1.0;
  if (!arma::solve(coefficients, powers, at_zero, arma::solve_opts::no_approx))
    refuse("the points do not determine the polynomial");
  return coefficients;
}

}  // namespace rhodrift::zne
