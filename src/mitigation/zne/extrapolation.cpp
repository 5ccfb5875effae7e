#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>

namespace rhodrift::zne {

namespace {

void require_points(std::span<const double> scale_factors, const arma::vec& variances) {
  const auto fail = [](const std::string& problem) { throw InputError("zne", "", problem); };
  if (scale_factors.size() < 2)
    fail(fmt::format("{} scale factors, an extrapolation takes at least 2", scale_factors.size()));
  if (variances.n_elem != scale_factors.size())
    fail(fmt::format("{} variances for {} scale factors", variances.n_elem, scale_factors.size()));
  for (std::size_t j = 0; j < scale_factors.size(); ++j) {
    if (!(scale_factors[j] > 0.0 && std::isfinite(scale_factors[j])))
      fail(fmt::format("scale factor {} is not a finite number > 0", scale_factors[j]));
    if (std::ranges::count(scale_factors, scale_factors[j]) > 1)
      fail(fmt::format("scale factor {} is repeated", scale_factors[j]));
    if (!(variances(j) >= 0.0 && std::isfinite(variances(j))))
      fail(fmt::format("variance {} at scale factor {} is not a finite number >= 0", variances(j),
                       scale_factors[j]));
  }
}

arma::vec fit_weights(const arma::vec& variances) {
  const arma::vec positive = variances.elem(arma::find(variances > 0.0));
  if (positive.empty()) return arma::ones(variances.n_elem);
  return 1.0 / arma::clamp(variances, positive.min(), arma::datum::inf);
}

/// A straight line as linear functions of the measured values.
struct LineFit {
  arma::vec intercept;
  arma::vec slope;
};

LineFit fit_line(const arma::vec& x, const arma::vec& weights) {
  const arma::vec share = weights / arma::accu(weights);
  const double center = arma::dot(share, x);
  const arma::vec slope = share % (x - center) / arma::dot(share, arma::square(x - center));
  return {share - center * slope, slope};
}

arma::vec lagrange_at_zero(const arma::vec& x) {
  arma::vec coefficients(x.n_elem, arma::fill::ones);
  for (arma::uword j = 0; j < x.n_elem; ++j)
    for (arma::uword k = 0; k < x.n_elem; ++k)
      if (k != j) coefficients(j) *= x(k) / (x(k) - x(j));
  return coefficients;
}

arma::vec to_arma(std::span<const double> values) {
  return arma::conv_to<arma::vec>::from(std::vector<double>(values.begin(), values.end()));
}

/// How far the values lie from the straight line, in units of their shot errors.
void add_goodness_of_fit(Estimate& estimate, const arma::vec& x, const arma::vec& values,
                         const arma::vec& variances) {
  if (arma::all(variances == 0.0)) return;
  const arma::vec weights = fit_weights(variances);
  const LineFit line = fit_line(x, weights);
  const arma::vec residuals =
      values - arma::dot(line.intercept, values) - arma::dot(line.slope, values) * x;
  estimate.diagnostics["chi2"] = arma::dot(weights, arma::square(residuals));
  estimate.diagnostics["degrees_of_freedom"] = static_cast<double>(x.n_elem - 2);
}

}  // namespace

std::string_view to_string(Extrapolation method) {
  return method == Extrapolation::linear ? "linear" : "richardson";
}

Extrapolation parse_extrapolation(std::string_view text) {
  for (const auto method : {Extrapolation::linear, Extrapolation::richardson})
    if (to_string(method) == text) return method;
  throw InputError("extrapolation", "",
                   fmt::format("'{}' is unknown; known are linear, richardson", text));
}

arma::vec extrapolation_coefficients(Extrapolation method, std::span<const double> scale_factors,
                                     const arma::vec& variances) {
  require_points(scale_factors, variances);
  const arma::vec x = to_arma(scale_factors);
  if (method == Extrapolation::richardson) return lagrange_at_zero(x);
  return fit_line(x, fit_weights(variances)).intercept;
}

Estimate extrapolate(Extrapolation method, std::span<const double> scale_factors,
                     const arma::vec& values, const arma::mat& covariance) {
  const arma::vec variances = covariance.diag();
  const arma::vec coefficients = extrapolation_coefficients(method, scale_factors, variances);
  const double variance = arma::as_scalar(coefficients.t() * covariance * coefficients);
  Estimate estimate = normal_estimate(arma::dot(coefficients, values), std::sqrt(variance),
                                      std::string(to_string(method)));
  for (arma::uword j = 0; j < values.n_elem; ++j) {
    estimate.diagnostics[fmt::format("scale_factor[{}]", j)] = scale_factors[j];
    estimate.diagnostics[fmt::format("coefficient[{}]", j)] = coefficients(j);
    estimate.diagnostics[fmt::format("value[{}]", j)] = values(j);
  }
  if (method == Extrapolation::linear)
    add_goodness_of_fit(estimate, to_arma(scale_factors), values, variances);
  return estimate;
}

}  // namespace rhodrift::zne
