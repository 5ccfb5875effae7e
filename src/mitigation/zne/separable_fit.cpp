#include "mitigation/zne/separable_fit.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/roots.hpp>
#include <fmt/format.h>
#include <nlopt.hpp>

#include <rhodrift/core/error.hpp>

namespace rhodrift::zne {

namespace {

constexpr int max_evaluations = 4000;
/// What is below these parts of the largest counts as 0.
constexpr double rank_tolerance = 1e-12;
constexpr double value_tolerance = 1e-8;

/// Points along each of the η where the search for the minimum begins.
int grid_points(arma::uword n_nonlinear) {
  return n_nonlinear == 1 ? 65 : n_nonlinear == 2 ? 21 : 9;
}

/// Least squares of a whitened basis; an η for which it is degenerate counts as no fit at all.
bool solve(arma::vec& beta, const arma::mat& basis, const arma::vec& target) {
  return basis.is_finite() && arma::solve(beta, basis, target, arma::solve_opts::no_approx);
}

/// From `start` downhill to three points around a minimum, then by Brent's method.
double minimise_one(const std::function<double(double)>& f, double start, double step,
                    double limit) {
  double low = std::max(start - step, -limit), high = std::min(start + step, limit);
  double middle = start, at_middle = f(start);
  for (;;) {
    if (const double at_low = f(low); at_low < at_middle && low > -limit) {
      high = middle;
      middle = low;
      at_middle = at_low;
    } else if (const double at_high = f(high); at_high < at_middle && high < limit) {
      low = middle;
      middle = high;
      at_middle = at_high;
    } else {
      break;
    }
    step *= 2.0;
    low = std::max(middle - step, -limit);
    high = std::min(middle + step, limit);
  }
  return boost::math::tools::brent_find_minima(f, low, high, 30).first;
}

}  // namespace

SeparableFit::SeparableFit(const SeparableModel& model, const FitPoints& points)
    : model_(model), points_(points), target_(points.whitened(points.y() - model.offset)) {
  set(global_minimum());
  polish();
  if (arma::any(arma::abs(eta_) >= 0.99 * model.eta_limits))
    throw RunError(
        fmt::format("{}: the data do not look like one: the rates of the best fit run off "
                    "to {:.3g}",
                    model.name, arma::abs(eta_).max()));
  linearise();
}

void SeparableFit::set(const arma::vec& eta) {
  eta_ = eta;
  if (!solve(beta_, points_.whitened(model_.basis(points_.x(), eta)), target_))
    throw RunError(model_.name + ": the points do not tell its parameters apart");
  chi2_ = chi2_at(eta);
  value_ = model_.offset + arma::dot(model_.basis(arma::zeros(1), eta).row(0), beta_);
}

double SeparableFit::chi2_at(const arma::vec& eta) const {
  const arma::mat basis = points_.whitened(model_.basis(points_.x(), eta));
  arma::vec beta;
  if (!solve(beta, basis, target_)) return arma::datum::inf;
  const arma::vec residuals = target_ - basis * beta;
  return arma::dot(residuals, residuals);
}

// With f(0) = v one β follows from the others: the one of the largest φ(0) is eliminated.
double SeparableFit::chi2_at(const arma::vec& eta, double value) const {
  const arma::rowvec at_zero = model_.basis(arma::zeros(1), eta).row(0);
  const arma::mat basis = points_.whitened(model_.basis(points_.x(), eta));
  if (!basis.is_finite() || !at_zero.is_finite()) return arma::datum::inf;
  const arma::uword fixed = arma::abs(at_zero).index_max();
  if (at_zero(fixed) == 0.0) return arma::datum::inf;
  const arma::vec along = basis.col(fixed) / at_zero(fixed);
  arma::mat rest = basis - along * at_zero;
  rest.shed_col(fixed);
  const arma::vec target = target_ - (value - model_.offset) * along;
  if (rest.n_cols == 0) return arma::dot(target, target);
  arma::vec beta;
  if (!solve(beta, rest, target)) return arma::datum::inf;
  const arma::vec residuals = target - rest * beta;
  return arma::dot(residuals, residuals);
}

arma::vec SeparableFit::minimise(const Objective& chi2, const arma::vec& start) const {
  const arma::vec& limits = model_.eta_limits;
  const auto n = static_cast<double>(grid_points(start.n_elem));
  if (start.n_elem == 1) {
    const auto f = [&](double eta) { return chi2(arma::vec{eta}); };
    return arma::vec{
        minimise_one(f, start(0), (std::abs(start(0)) + 1e-2 * limits(0)) / n, limits(0))};
  }
  nlopt::opt search(nlopt::LN_NELDERMEAD, static_cast<unsigned>(start.n_elem));
  search.set_lower_bounds(arma::conv_to<std::vector<double>>::from(-limits));
  search.set_upper_bounds(arma::conv_to<std::vector<double>>::from(limits));
  search.set_initial_step(
      arma::conv_to<std::vector<double>>::from(arma::vec((arma::abs(start) + 1e-2 * limits) / n)));
  search.set_xtol_rel(1e-9);
  search.set_xtol_abs(1e-10);
  search.set_maxeval(max_evaluations);
  const auto objective = [](const std::vector<double>& eta, std::vector<double>&, void* data) {
    const double value = (*static_cast<const Objective*>(data))(arma::vec(eta));
    return std::isfinite(value) ? value : 1e300;
  };
  search.set_min_objective(objective, const_cast<Objective*>(&chi2));
  std::vector<double> eta = arma::conv_to<std::vector<double>>::from(start);
  double least = 0.0;
  try {
    search.optimize(eta, least);
  } catch (const nlopt::roundoff_limited&) {
    // As near as doubles come.
  }
  return arma::vec(eta);
}

// χ² may have several minima in η: the best point of a grid begins the search.
arma::vec SeparableFit::global_minimum() const {
  const arma::vec& limits = model_.eta_limits;
  const int n = grid_points(limits.n_elem);
  // No rate at all unless another one is better by more than rounding: of a flat line any will do.
  arma::vec best(limits.n_elem, arma::fill::zeros);
  double least = chi2_at(best);
  const double rounding = 1e-24 * arma::dot(target_, target_);
  std::vector<int> index(limits.n_elem, 0);
  for (;;) {
    arma::vec eta(limits.n_elem);
    for (arma::uword i = 0; i < eta.n_elem; ++i) {
      // Finer near 0, where the rates of most data are.
      const double t = 2.0 * (index[i] + 0.5) / n - 1.0;
      eta(i) = limits(i) * t * t * t;
    }
    if (const double chi2 = chi2_at(eta); chi2 < least - rounding) {
      least = chi2;
      best = eta;
    }
    std::size_t digit = 0;
    while (digit < index.size() && ++index[digit] == n) index[digit++] = 0;
    if (digit == index.size()) break;
  }
  return minimise([this](const arma::vec& eta) { return chi2_at(eta); }, best);
}

arma::mat SeparableFit::jacobian() const {
  const arma::mat basis = model_.basis(points_.x(), eta_);
  arma::mat columns = arma::join_rows(basis, arma::zeros(points_.size(), model_.n_nonlinear));
  for (arma::uword i = 0; i < model_.n_nonlinear; ++i) {
    const double step = 1e-6 * model_.eta_limits(i);
    arma::vec up = eta_, down = eta_;
    up(i) += step;
    down(i) -= step;
    columns.col(model_.n_linear + i) =
        (model_.basis(points_.x(), up) - model_.basis(points_.x(), down)) * beta_ / (2 * step);
  }
  return points_.whitened(columns);
}

// Gauss-Newton from where the search ended: it does not see differences below √u.
void SeparableFit::polish() {
  for (int step = 0; step < 4; ++step) {
    const arma::vec residuals = target_ - points_.whitened(model_.basis(points_.x(), eta_)) * beta_;
    arma::vec change;
    if (!solve(change, jacobian(), residuals)) return;
    const arma::vec eta = eta_ + change.tail(model_.n_nonlinear);
    if (!(chi2_at(eta) < chi2_)) return;
    set(eta);
  }
}

// The delta method: v = gᵀθ with dθ = (JᵀJ)^-1 Jᵀ W dy for the whitened Jacobian J.
void SeparableFit::linearise() {
  const arma::vec zero(1, arma::fill::zeros);
  arma::vec gradient = arma::join_cols(model_.basis(zero, eta_).row(0).t(),
                                       arma::zeros<arma::vec>(model_.n_nonlinear));
  for (arma::uword i = 0; i < model_.n_nonlinear; ++i) {
    const double step = 1e-6 * model_.eta_limits(i);
    arma::vec up = eta_, down = eta_;
    up(i) += step;
    down(i) -= step;
    gradient(model_.n_linear + i) =
        arma::as_scalar((model_.basis(zero, up) - model_.basis(zero, down)) * beta_) / (2 * step);
  }
  // A direction that the points do not see (the rate of a flat line) is no harm where the value
  // does not see it either.
  arma::mat u, v;
  arma::vec stretch;
  arma::svd_econ(u, stretch, v, jacobian());
  arma::vec row(u.n_rows, arma::fill::zeros);
  for (arma::uword i = 0; i < stretch.n_elem; ++i) {
    const double along = arma::dot(v.col(i), gradient);
    if (stretch(i) > rank_tolerance * stretch(0))
      row += along / stretch(i) * u.col(i);
    else if (std::abs(along) > value_tolerance * arma::norm(gradient))
      throw RunError(model_.name + ": the points do not tell its parameters apart");
  }
  influence_ = points_.whitening().t() * row;
}

Interval SeparableFit::profile(double threshold, double std_error) const {
  return {end_of_profile(threshold, -std_error), end_of_profile(threshold, std_error)};
}

double SeparableFit::end_of_profile(double threshold, double step) const {
  arma::vec eta = eta_;  // from one v to the next the best η moves a little
  const auto excess = [&](double v) {
    eta = minimise([&](const arma::vec& at) { return chi2_at(at, v); }, eta);
    return chi2_at(eta, v) - chi2_ - threshold;
  };
  double inside = value_, outside = value_ + step;
  double at_inside = -threshold, at_outside = excess(outside);
  for (int doubling = 0; at_outside < 0.0; ++doubling) {
    if (doubling == 12)
      throw RunError(fmt::format("{}: the data do not bound its value at 0", model_.name));
    inside = outside;
    at_inside = at_outside;
    outside = value_ + step * std::pow(2.0, doubling + 1);
    at_outside = excess(outside);
  }
  if (at_outside == 0.0) return outside;
  std::uintmax_t iterations = 60;
  const auto near = [&](double a, double b) { return std::abs(a - b) <= 1e-5 * std::abs(step); };
  const bool upwards = inside < outside;
  const auto bracket = boost::math::tools::toms748_solve(
      excess, std::min(inside, outside), std::max(inside, outside),
      upwards ? at_inside : at_outside, upwards ? at_outside : at_inside, near, iterations);
  return (bracket.first + bracket.second) / 2.0;
}

}  // namespace rhodrift::zne
