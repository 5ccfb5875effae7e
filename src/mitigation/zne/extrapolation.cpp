#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>

#include "mitigation/zne/linear_fit.hpp"
#include "mitigation/zne/separable_fit.hpp"

namespace rhodrift::zne {

namespace {

using Model = Extrapolation::Model;

/// The largest |rate| · (largest scale factor) that is looked for: exp(60) is as good as infinity.
constexpr double rate_limit = 60.0;

int degree(const Extrapolation& extrapolation, std::size_t n_points) {
  if (extrapolation.model == Model::richardson) return static_cast<int>(n_points) - 1;
  return extrapolation.model == Model::linear ? 1 : extrapolation.order;
}

[[noreturn]] void refuse(const std::string& problem) {
  throw InputError("extrapolation", "", problem);
}

void require_settings(const Extrapolation& extrapolation) {
  const bool has_order =
      extrapolation.model == Model::polynomial || extrapolation.model == Model::poly_exponential;
  const int highest = extrapolation.model == Model::poly_exponential ? 4 : max_order;
  if (has_order && (extrapolation.order < 1 || extrapolation.order > highest))
    refuse(fmt::format("order {} is outside 1..{}", extrapolation.order, highest));
  if (extrapolation.asymptote && is_linear(extrapolation)) refuse("a polynomial has no asymptote");
  if (extrapolation.asymptote && !std::isfinite(*extrapolation.asymptote))
    refuse("the asymptote is not finite");
}

void require_scale_factors(std::span<const double> scale_factors) {
  for (const double factor : scale_factors) {
    if (!(factor >= 1.0 && std::isfinite(factor)))
      refuse(fmt::format("scale factor {} is not a finite number >= 1", factor));
    if (std::ranges::count(scale_factors, factor) > 1)
      refuse(fmt::format("scale factor {} is repeated", factor));
  }
}

void require_covariance(const arma::mat& covariance, std::size_t n) {
  if (covariance.n_rows != n || covariance.n_cols != n)
    refuse(fmt::format("a covariance of {} x {} for {} values", covariance.n_rows,
                       covariance.n_cols, n));
  for (arma::uword j = 0; j < n; ++j)
    if (!(covariance(j, j) >= 0.0 && std::isfinite(covariance(j, j))))
      refuse(
          fmt::format("variance {} of value {} is not a finite number >= 0", covariance(j, j), j));
  const double scale = covariance.diag().max();
  if (!covariance.is_finite() || arma::abs(covariance - covariance.t()).max() > 1e-9 * scale)
    refuse("the covariance is not symmetric and finite");
  if (scale > 0.0 && arma::eig_sym(arma::symmatu(covariance)).min() < -1e-9 * scale)
    refuse("the covariance is not positive semidefinite");
}

void require_values(std::span<const double> scale_factors, const arma::vec& values,
                    const arma::mat& covariance) {
  if (values.n_elem != scale_factors.size())
    refuse(fmt::format("{} values for {} scale factors", values.n_elem, scale_factors.size()));
  if (!values.is_finite()) refuse("a value is not finite");
  require_covariance(covariance, scale_factors.size());
}

/// (1 - exp(-c x))/c, x where c = 0.
arma::vec saturation(const arma::vec& x, double c) {
  if (c == 0.0) return x;
  return arma::vec(x).transform([c](double at) { return -std::expm1(-c * at) / c; });
}

arma::mat with_ones(const arma::mat& columns, bool ones) {
  return ones ? arma::mat(arma::join_rows(arma::ones(columns.n_rows), columns)) : columns;
}

SeparableModel exponential(std::optional<double> asymptote, double largest) {
  if (asymptote)
    return {"exponential",
            *asymptote,
            1,
            1,
            [](const arma::vec& x, const arma::vec& c) { return arma::mat(arma::exp(-c(0) * x)); },
            {rate_limit / largest}};
  // f(0) and f'(0) in place of a and b, which run off as c goes to 0.
  return {
      "exponential",
      0.0,
      2,
      1,
      [](const arma::vec& x, const arma::vec& c) { return with_ones(saturation(x, c(0)), true); },
      {rate_limit / largest}};
}

SeparableModel poly_exponential(std::optional<double> asymptote, int order, double largest) {
  arma::vec limits(static_cast<arma::uword>(order));
  for (arma::uword i = 0; i < limits.n_elem; ++i)
    limits(i) = rate_limit / std::pow(largest, static_cast<double>(i + 1));
  const bool fitted = !asymptote;
  return {"poly-exponential",
          asymptote.value_or(0.0),
          fitted ? 2u : 1u,
          limits.n_elem,
          [fitted](const arma::vec& x, const arma::vec& z) {
            arma::vec exponent(x.n_elem, arma::fill::zeros);
            for (arma::uword i = z.n_elem; i-- > 0;) exponent = (exponent + z(i)) % x;
            return with_ones(arma::exp(exponent), fitted);
          },
          limits};
}

SeparableModel double_exponential(std::optional<double> asymptote, double largest) {
  const bool fitted = !asymptote;
  // The second exponential as a divided difference: the two may meet.
  return {"double-exponential",
          asymptote.value_or(0.0),
          fitted ? 3u : 2u,
          2,
          [fitted](const arma::vec& x, const arma::vec& c) {
            const arma::vec first = arma::exp(-c(0) * x);
            return with_ones(arma::join_rows(first, first % saturation(x, c(1) - c(0))), fitted);
          },
          {rate_limit / largest, rate_limit / largest}};
}

SeparableModel separable(const Extrapolation& extrapolation, double largest) {
  switch (extrapolation.model) {
    case Model::exponential:
      return exponential(extrapolation.asymptote, largest);
    case Model::poly_exponential:
      return poly_exponential(extrapolation.asymptote, extrapolation.order, largest);
    case Model::double_exponential:
      return double_exponential(extrapolation.asymptote, largest);
    default:
      throw RunError(to_string(extrapolation) + " is no model of this kind");
  }
}

double normal_quantile(double level) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), 0.5 + level / 2.0);
}

void add_goodness_of_fit(Estimate& estimate, const FitPoints& points, double chi2,
                         std::size_t n_fitted) {
  const auto degrees = static_cast<double>(points.size() - n_fitted);
  estimate.diagnostics["degrees_of_freedom"] = degrees;
  if (points.exact()) return;
  estimate.diagnostics["chi2"] = chi2;
  if (degrees > 0.0)
    estimate.diagnostics["p_value"] = boost::math::cdf(boost::math::complement(
        boost::math::chi_squared_distribution<double>(degrees), std::max(chi2, 0.0)));
}

void add_numbers(Estimate& estimate, const char* name, const arma::vec& numbers) {
  for (arma::uword j = 0; j < numbers.n_elem; ++j)
    estimate.diagnostics[fmt::format("{}[{}]", name, j)] = numbers(j);
}

double standard_error(const arma::vec& influence, const FitPoints& points) {
  return std::sqrt(std::max(arma::as_scalar(influence.t() * points.covariance() * influence), 0.0));
}

Estimate linear_estimate(const Extrapolation& extrapolation, const FitPoints& points,
                         double level) {
  const LinearFit fit = fit_polynomial(points, degree(extrapolation, points.size()));
  Estimate estimate =
      normal_estimate(arma::dot(fit.coefficients, points.y()),
                      standard_error(fit.coefficients, points), to_string(extrapolation), level);
  add_numbers(estimate, "coefficient", fit.coefficients);
  add_goodness_of_fit(estimate, points, fit.chi2, n_parameters(extrapolation, points.size()));
  return estimate;
}

Estimate separable_estimate(const Extrapolation& extrapolation, const FitPoints& points,
                            double level) {
  const SeparableModel model = separable(extrapolation, points.x().max());
  const SeparableFit fit(model, points);
  Estimate estimate = normal_estimate(fit.value(), standard_error(fit.influence(), points),
                                      to_string(extrapolation), level);
  if (!points.exact())
    estimate.ci = fit.profile(std::pow(normal_quantile(level), 2.0), estimate.std_error);
  add_numbers(estimate, "parameter", fit.parameters());
  add_goodness_of_fit(estimate, points, fit.chi2(), n_parameters(extrapolation, points.size()));
  return estimate;
}

Estimate single_model(const Extrapolation& extrapolation, const FitPoints& points, double level) {
  return is_linear(extrapolation) ? linear_estimate(extrapolation, points, level)
                                  : separable_estimate(extrapolation, points, level);
}

/// Models and their fits, as far as they exist.
std::vector<Estimate> candidates(const Extrapolation& extrapolation, const FitPoints& points,
                                 double level) {
  std::vector<Extrapolation> models{{Model::linear}, {Model::polynomial, 2}, {Model::exponential}};
  if (extrapolation.asymptote) models.push_back({Model::exponential, 1, extrapolation.asymptote});
  std::vector<Estimate> fits;
  for (const Extrapolation& model : models) {
    if (n_parameters(model, points.size()) >= points.size()) continue;
    try {
      fits.push_back(single_model(model, points, level));
    } catch (const RunError&) {
      // A model that the data have no fit of is not chosen.
    }
  }
  return fits;
}

Estimate averaged(const Extrapolation& extrapolation, const FitPoints& points, double level) {
  if (points.exact()) refuse("automatic weighs models by the errors of the values; there are none");
  const std::vector<Estimate> fits = candidates(extrapolation, points, level);
  if (fits.empty()) throw RunError("automatic: none of the models has a fit");
  arma::vec weights(fits.size());
  for (std::size_t m = 0; m < fits.size(); ++m) {
    const auto& figures = fits[m].diagnostics;
    const double parameters = static_cast<double>(points.size()) - figures.at("degrees_of_freedom");
    weights(m) = -0.5 * figures.at("chi2") - parameters;
  }
  weights = arma::exp(weights - weights.max());
  weights /= arma::accu(weights);
  double value = 0.0, std_error = 0.0;
  for (std::size_t m = 0; m < fits.size(); ++m) value += weights(m) * fits[m].value;
  for (std::size_t m = 0; m < fits.size(); ++m)
    std_error += weights(m) * std::hypot(fits[m].std_error, fits[m].value - value);
  Estimate estimate = normal_estimate(value, std_error, to_string(extrapolation), level);
  for (std::size_t m = 0; m < fits.size(); ++m)
    estimate.diagnostics[fmt::format("weight({})", fits[m].method)] = weights(m);
  return estimate;
}

const std::map<std::string, Model, std::less<>>& model_names() {
  static const std::map<std::string, Model, std::less<>> names{
      {"linear", Model::linear},
      {"polynomial", Model::polynomial},
      {"richardson", Model::richardson},
      {"exponential", Model::exponential},
      {"poly-exponential", Model::poly_exponential},
      {"double-exponential", Model::double_exponential},
      {"automatic", Model::automatic}};
  return names;
}

void read_setting(Extrapolation& extrapolation, std::string_view setting) {
  const auto number = [&](std::string_view text, auto& target) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
    if (error != std::errc() || end != text.data() + text.size())
      refuse(fmt::format("\"{}\" is no number", text));
  };
  constexpr std::string_view order = "order=", asymptote = "asymptote=";
  const bool has_order =
      extrapolation.model == Model::polynomial || extrapolation.model == Model::poly_exponential;
  if (setting.starts_with(order) && has_order)
    number(setting.substr(order.size()), extrapolation.order);
  else if (setting.starts_with(asymptote) && !is_linear(extrapolation))
    number(setting.substr(asymptote.size()), extrapolation.asymptote.emplace());
  else
    refuse(
        fmt::format("unknown setting \"{}\"; polynomial has order=, poly-exponential order= and "
                    "asymptote=, exponential, double-exponential and automatic asymptote=",
                    setting));
}

}  // namespace

bool is_linear(const Extrapolation& extrapolation) {
  return extrapolation.model == Model::linear || extrapolation.model == Model::polynomial ||
         extrapolation.model == Model::richardson;
}

Extrapolation parse_extrapolation(std::string_view text) {
  std::size_t end = std::min(text.find(':'), text.size());
  const auto found = model_names().find(text.substr(0, end));
  if (found == model_names().end()) {
    std::string known;
    for (const auto& [name, model] : model_names()) known += (known.empty() ? "" : ", ") + name;
    refuse(fmt::format("unknown model \"{}\"; known are {}", text.substr(0, end), known));
  }
  Extrapolation extrapolation;
  extrapolation.model = found->second;
  while (end < text.size()) {
    const std::size_t begin = end + 1;
    end = std::min(text.find(':', begin), text.size());
    read_setting(extrapolation, text.substr(begin, end - begin));
  }
  if (extrapolation.model == Model::polynomial && text.find("order=") == text.npos)
    refuse("polynomial needs an order");
  if (extrapolation.model == Model::poly_exponential && text.find("order=") == text.npos)
    refuse("poly-exponential needs an order");
  require_settings(extrapolation);
  return extrapolation;
}

std::string to_string(const Extrapolation& extrapolation) {
  std::string text;
  for (const auto& [name, model] : model_names())
    if (model == extrapolation.model) text = name;
  if (extrapolation.model == Model::polynomial || extrapolation.model == Model::poly_exponential)
    text += fmt::format(":order={}", extrapolation.order);
  if (extrapolation.asymptote) text += fmt::format(":asymptote={}", *extrapolation.asymptote);
  return text;
}

std::size_t n_parameters(const Extrapolation& extrapolation, std::size_t n_points) {
  const std::size_t fitted_asymptote = extrapolation.asymptote ? 0 : 1;
  switch (extrapolation.model) {
    case Model::linear:
      return 2;
    case Model::polynomial:
      return static_cast<std::size_t>(extrapolation.order) + 1;
    case Model::richardson:
      return n_points;
    case Model::exponential:
      return 2 + fitted_asymptote;
    case Model::poly_exponential:
      return static_cast<std::size_t>(extrapolation.order) + 1 + fitted_asymptote;
    case Model::double_exponential:
      return 4 + fitted_asymptote;
    case Model::automatic:
      break;
  }
  throw InputError("extrapolation", "automatic", "has no number of parameters of its own");
}

void require_points(const Extrapolation& extrapolation, std::span<const double> scale_factors) {
  require_settings(extrapolation);
  require_scale_factors(scale_factors);
  const std::size_t needed =
      extrapolation.model == Model::automatic
          ? 3
          : std::max<std::size_t>(2, n_parameters(extrapolation, scale_factors.size()));
  if (scale_factors.size() < needed)
    refuse(fmt::format("{} points, {} takes at least {}", scale_factors.size(),
                       to_string(extrapolation), needed));
}

Estimate extrapolate(const Extrapolation& extrapolation, std::span<const double> scale_factors,
                     const arma::vec& values, const arma::mat& covariance, double level) {
  require_points(extrapolation, scale_factors);
  require_values(scale_factors, values, covariance);
  const FitPoints points(arma::vec(std::vector<double>(scale_factors.begin(), scale_factors.end())),
                         values, covariance);
  return extrapolation.model == Model::automatic ? averaged(extrapolation, points, level)
                                                 : single_model(extrapolation, points, level);
}

arma::vec influence(const Extrapolation& extrapolation, std::span<const double> scale_factors,
                    const arma::vec& values, const arma::mat& covariance) {
  require_points(extrapolation, scale_factors);
  require_values(scale_factors, values, covariance);
  const FitPoints points(arma::vec(std::vector<double>(scale_factors.begin(), scale_factors.end())),
                         values, covariance);
  if (is_linear(extrapolation))
    return fit_polynomial(points, degree(extrapolation, points.size())).coefficients;
  if (extrapolation.model == Model::automatic)
    refuse("automatic has no coefficients: its weights depend on the values");
  const SeparableModel model = separable(extrapolation, points.x().max());
  return SeparableFit(model, points).influence();
}

std::vector<double> chebyshev_scale_factors(int n, double highest) {
  if (n < 2) refuse(fmt::format("{} Chebyshev nodes, an extrapolation takes at least 2", n));
  if (!(highest > 1.0 && std::isfinite(highest)))
    refuse(fmt::format("highest scale factor {} is not a finite number above 1", highest));
  // cos of odd multiples of π/2n, stretched so that the first is 1 and the last the highest.
  std::vector<double> factors;
  const double edge = std::cos(arma::datum::pi / (2.0 * n));
  for (int j = 0; j < n; ++j) {
    const double node = -std::cos(arma::datum::pi * (2.0 * j + 1.0) / (2.0 * n)) / edge;
    factors.push_back(1.0 + (highest - 1.0) * (node + 1.0) / 2.0);
  }
  return factors;
}

double next_scale_factor(double asymptote, std::span<const double> scale_factors,
                         const arma::vec& values, const arma::mat& covariance, double highest) {
  if (!(highest > 1.0 && std::isfinite(highest)))
    refuse(fmt::format("highest scale factor {} is not a finite number above 1", highest));
  const Extrapolation model{Model::exponential, 1, asymptote};
  const double rate =
      extrapolate(model, scale_factors, values, covariance).diagnostics.at("parameter[1]");
  // Minimises the variance of the extrapolated value; the constant solves its condition.
  constexpr double optimum = 1.27846;
  return rate > 0.0 ? std::min(1.0 + optimum / rate, highest) : highest;
}

}  // namespace rhodrift::zne
