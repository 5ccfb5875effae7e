#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/cdr.hpp>

namespace rhodrift::cdr {

namespace {

/// Directions with less than this times the variance that shots alone make are left out.
constexpr double least_variance_ratio = 4.0;

/// One observable's numbers, at all scale factors: training circuits t, then the target.
struct Data {
  arma::mat z;       ///< a column a training circuit, centred where there is a b
  arma::vec y;       ///< exact, centred likewise
  arma::vec target;  ///< less the same mean
  arma::vec mean_z;  ///< 0 without a b
  double mean_y = 0.0;
  std::vector<arma::mat> shots;  ///< U_t
};

struct Fit {
  arma::mat basis;      ///< a column a linear combination of the x_s that is used
  arma::vec a;          ///< coefficients of the x_s
  arma::vec residuals;  ///< y_t - a·z_t
  arma::vec leverage;   ///< d prediction / d y_t
  double prediction;
  /// d prediction / d x_t, a column a training circuit, then that of the target.
  arma::mat gradient;

  double n_parameters(bool has_intercept) const {
    return static_cast<double>(basis.n_cols) + (has_intercept ? 1.0 : 0.0);
  }
};

/// Columns w with wᵀ Ū w = 1 that make moments and mean shot covariance diagonal, where the former
/// is large enough beside the latter. Without shots: all that is not zero to rounding.
arma::mat informative_directions(const arma::mat& moments, const arma::mat& mean_shots) {
  const double scale = arma::trace(moments) / static_cast<double>(moments.n_rows);
  // Rounding is a noise too, and keeps the whitening defined when there are no shots.
  const arma::mat noise = mean_shots + 1e-13 * scale * arma::eye(arma::size(moments));
  arma::vec eigenvalues;
  arma::mat vectors, factor;
  if (scale <= 0.0 || !arma::chol(factor, noise, "lower")) return arma::mat(moments.n_rows, 0);
  const arma::mat whitening = arma::inv(arma::trimatl(factor));
  const arma::mat whitened = whitening * moments * whitening.t();
  arma::eig_sym(eigenvalues, vectors, arma::symmatu(whitened));
  const arma::uvec kept = arma::find(eigenvalues > least_variance_ratio);
  return whitening.t() * vectors.cols(kept);
}

Fit fit(const Data& data, bool has_intercept, const Observable& observable) {
  const arma::uword n = data.z.n_cols;
  const auto n_training = static_cast<double>(n);
  const double share =
      has_intercept ? 1.0 / n_training : 0.0;  // of a training circuit in the means
  arma::mat mean_shots(data.z.n_rows, data.z.n_rows, arma::fill::zeros);
  for (const arma::mat& u : data.shots) mean_shots += u / n_training;
  const arma::mat moments = data.z * data.z.t() / n_training;
  Fit result;
  result.basis = informative_directions(moments, mean_shots);
  if (result.basis.n_cols == 0)
    throw RunError(
        fmt::format("cdr: the training circuits' values of {} do not differ beyond their shot "
                    "errors; take more shots or other circuits",
                    observable.to_string()));
  const arma::mat w = result.basis.t() * data.z;
  const arma::mat corrected = result.basis.t() * (moments - mean_shots) * result.basis;
  const arma::vec in_basis = arma::solve(corrected, w * data.y / n_training);
  result.a = result.basis * in_basis;
  result.residuals = data.y - data.z.t() * result.a;
  result.prediction = data.mean_y + arma::dot(result.a, data.target);
  const arma::vec pull = arma::solve(corrected, result.basis.t() * data.target);
  result.leverage = w.t() * pull / n_training + share;
  // dγ = C⁻¹ Σ (dw_t r_t - w_t γ·dw_t)/n with γ the coefficients of the w and C their corrected
  // moments; the mean of the z moves with the z.
  const arma::vec pull_z = result.basis * pull;
  result.gradient.set_size(data.z.n_rows, n + 1);
  for (arma::uword t = 0; t < n; ++t)
    result.gradient.col(t) =
        pull_z * result.residuals(t) / n_training - result.a * result.leverage(t);
  result.gradient.col(n) = result.a;
  return result;
}

/// All that the readings say, in the order in which the estimator gives it.
struct Readings {
  arma::uword n_training, n_factors, n_observables;
  ReadExpectations noisy;
  std::vector<JointEstimate> exact;

  bool has_intercept() const { return n_factors == 1; }
  arma::uword reading(arma::uword circuit, arma::uword factor) const {
    return circuit * n_factors + factor;
  }
  /// x of a circuit (the target is the last one) for observable k.
  arma::vec values(arma::uword circuit, arma::uword k) const {
    arma::vec x(n_factors);
    for (arma::uword s = 0; s < n_factors; ++s)
      x(s) = noisy.readings[reading(circuit, s)].values(k);
    return x;
  }
  /// Of its shots, between observables k and l: folded circuits have shots of their own.
  arma::mat shots(arma::uword circuit, arma::uword k, arma::uword l) const {
    arma::vec covariance(n_factors);
    for (arma::uword s = 0; s < n_factors; ++s)
      covariance(s) = noisy.readings[reading(circuit, s)].covariance(k, l);
    return arma::diagmat(covariance);
  }

  Data data(arma::uword k) const {
    Data result;
    result.z.set_size(n_factors, n_training);
    result.y.set_size(n_training);
    for (arma::uword t = 0; t < n_training; ++t) {
      result.z.col(t) = values(t, k);
      result.y(t) = exact[t].values(k);
      result.shots.push_back(shots(t, k, k));
    }
    result.target = values(n_training, k);
    result.mean_z.zeros(n_factors);
    if (!has_intercept()) return result;
    result.mean_z = arma::mean(result.z, 1);
    result.mean_y = arma::mean(result.y);
    result.z.each_col() -= result.mean_z;
    result.target -= result.mean_z;
    result.y -= result.mean_y;
    // Centring leaves (1 - 1/n) of the errors.
    for (arma::mat& u : result.shots) u *= 1.0 - 1.0 / static_cast<double>(n_training);
    return result;
  }
};

Readings read(const CdrPlan& plan, std::span<const Outcomes> outcomes,
              std::span<const Outcomes> exact, std::span<const Observable> observables,
              const ExpectationEstimator& estimator) {
  plan.require_matching(outcomes);
  plan.noiseless.require_matching(exact);
  std::vector<Reading> readings;
  for (const Outcomes& outcome : outcomes) readings.push_back({outcome, observables});
  Readings result{plan.n_training(),
                  plan.scale_factors.size(),
                  observables.size(),
                  estimator.estimate(readings),
                  {}};
  for (const Outcomes& outcome : exact)
    result.exact.push_back(raw_expectations(outcome, observables));
  return result;
}

/// Predictions of all observables, their covariance by source.
struct Prediction {
  std::vector<Fit> fits;
  std::vector<double> intercepts;
  arma::vec values;
  arma::mat shots;    ///< of training circuits and target, and what the readings share
  arma::mat scatter;  ///< Cov(ε_k, ε_l)
  arma::mat from_scatter;
};

/// Cov(ε_k, ε_l): that of the residuals beyond their shot errors. Variances below 0 are 0, and the
/// correlations are the nearest that belong to a covariance.
arma::mat scatter_covariance(const Readings& readings, const std::vector<Fit>& fits) {
  const arma::uword n_observables = readings.n_observables;
  arma::mat excess(n_observables, n_observables);
  for (arma::uword k = 0; k < n_observables; ++k)
    for (arma::uword l = 0; l < n_observables; ++l) {
      const double n_parameters = std::max(fits[k].n_parameters(readings.has_intercept()),
                                           fits[l].n_parameters(readings.has_intercept()));
      excess(k, l) = arma::dot(fits[k].residuals, fits[l].residuals) /
                     (static_cast<double>(readings.n_training) - n_parameters);
      for (arma::uword t = 0; t < readings.n_training; ++t)
        excess(k, l) -= (arma::dot(fits[k].a, readings.shots(t, k, l) * fits[l].a) +
                         readings.exact[t].covariance(k, l)) /
                        static_cast<double>(readings.n_training);
    }
  arma::vec eigenvalues;
  arma::mat vectors;
  arma::eig_sym(eigenvalues, vectors, arma::symmatu(excess));
  const arma::vec clipped = arma::clamp(eigenvalues, 0.0, arma::datum::inf);
  arma::mat nearest = vectors * arma::diagmat(clipped) * vectors.t();
  // What one observable's scatter is does not depend on the others that were asked for.
  arma::vec rescale(n_observables, arma::fill::zeros);
  for (arma::uword k = 0; k < n_observables; ++k)
    if (excess(k, k) > 0.0) rescale(k) = std::sqrt(excess(k, k) / nearest(k, k));
  return arma::diagmat(rescale) * nearest * arma::diagmat(rescale);
}

Prediction predict(const Readings& readings, std::span<const Observable> observables) {
  Prediction result;
  const arma::uword n_observables = readings.n_observables;
  const arma::uword n_readings = (readings.n_training + 1) * readings.n_factors;
  result.values.set_size(n_observables);
  arma::mat gradient(n_readings * n_observables, n_observables, arma::fill::zeros);
  for (arma::uword k = 0; k < n_observables; ++k) {
    const Data data = readings.data(k);
    const Fit& one = result.fits.emplace_back(fit(data, readings.has_intercept(), observables[k]));
    result.values(k) = one.prediction;
    result.intercepts.push_back(data.mean_y - arma::dot(one.a, data.mean_z));
    for (arma::uword c = 0; c <= readings.n_training; ++c)
      for (arma::uword s = 0; s < readings.n_factors; ++s)
        gradient(readings.reading(c, s) * n_observables + k, k) = one.gradient(s, c);
  }
  result.shots = gradient.t() * readings.noisy.joint().covariance * gradient;
  result.scatter = scatter_covariance(readings, result.fits);
  result.from_scatter.set_size(n_observables, n_observables);
  for (arma::uword k = 0; k < n_observables; ++k)
    for (arma::uword l = 0; l < n_observables; ++l) {
      const arma::vec leverages = result.fits[k].leverage % result.fits[l].leverage;
      for (arma::uword t = 0; t < readings.n_training; ++t)
        result.shots(k, l) += leverages(t) * readings.exact[t].covariance(k, l);
      result.from_scatter(k, l) = result.scatter(k, l) * (1.0 + arma::accu(leverages));
    }
  return result;
}

Estimate estimate_of(const Prediction& prediction, const Readings& readings, arma::uword k,
                     const std::string& method) {
  const Fit& fit = prediction.fits[k];
  const double variance = prediction.shots(k, k) + prediction.from_scatter(k, k);
  if (prediction.scatter(k, k) <= 0.0)
    return normal_estimate(fit.prediction, std::sqrt(variance), method);
  // The scatter is known as well as the residuals' variance that shot errors were subtracted from.
  const double n_left =
      static_cast<double>(readings.n_training) - fit.n_parameters(readings.has_intercept());
  const double uncertain = arma::dot(fit.residuals, fit.residuals) / n_left *
                           (1.0 + arma::dot(fit.leverage, fit.leverage));
  const double degrees = std::clamp(n_left * std::pow(variance / uncertain, 2), 1.0, 1e15);
  return student_estimate(fit.prediction, std::sqrt(variance), static_cast<std::uint64_t>(degrees),
                          method);
}

}  // namespace

std::vector<Estimate> combine(const CdrPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Outcomes> exact,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  const Readings readings = read(plan, outcomes, exact, observables, estimator);
  const Prediction prediction = predict(readings, observables);
  const std::string method =
      fmt::format("{} over {}", readings.has_intercept() ? "cdr" : "vncdr", estimator.method);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < readings.n_observables; ++k) {
    Estimate estimate = estimate_of(prediction, readings, k, method);
    const arma::vec before = readings.values(readings.n_training, k);
    for (arma::uword s = 0; s < readings.n_factors; ++s) {
      estimate.diagnostics[fmt::format("coefficient[{}]", s)] = prediction.fits[k].a(s);
      estimate.diagnostics[fmt::format("value[{}]", s)] = before(s);
    }
    if (readings.has_intercept()) estimate.diagnostics["intercept"] = prediction.intercepts[k];
    estimate.diagnostics["scatter"] = std::sqrt(prediction.scatter(k, k));
    estimate.diagnostics["directions"] = static_cast<double>(prediction.fits[k].basis.n_cols);
    for (const Outcomes& outcome : outcomes) estimate.shots += outcome.shots;
    estimate.circuits = outcomes.size();
    estimates.push_back(std::move(estimate));
  }
  return estimates;
}

JointEstimate combine_jointly(const CdrPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Outcomes> exact,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  const Prediction prediction =
      predict(read(plan, outcomes, exact, observables, estimator), observables);
  return {prediction.values, prediction.shots + prediction.from_scatter};
}

}  // namespace rhodrift::cdr
