#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/barren_plateau.hpp>

#include "train/names.hpp"
#include "train/random.hpp"

namespace rhodrift {

namespace {

using Verdict = Decay::Verdict;
using Variance = BarrenPlateauProbe::Variance;
using DecayAt = BarrenPlateauProbe::DecayAt;

constexpr const char* source = "barren plateau";
constexpr std::size_t fewest_draws = 3;
/// Derivatives are exact to some 1e-14.
constexpr double rounding_variance = 1e-28;
constexpr arma::uword fewest_sizes_of_slope = 3;
constexpr arma::uword fewest_sizes_of_rate = 4;

constexpr Names<Verdict, 3> verdict_names{{{Verdict::exponential, "exponential"},
                                           {Verdict::not_exponential, "not exponential"},
                                           {Verdict::not_known, "not known"}}};

void require(bool holds, const std::string& place, const std::string& problem) {
  if (!holds) throw InputError(source, place, problem);
}

void require_sizes(const std::vector<int>& sizes, const char* name) {
  require(!sizes.empty(), name, "there are none");
  for (const int size : sizes) require(size >= 1, name, fmt::format("{} is not >= 1", size));
  require(std::set(sizes.begin(), sizes.end()).size() == sizes.size(), name, "one is there twice");
}

// --- Fits ----------------------------------------------------------------------------------------

/// Coefficient 1 of the weighted least squares fit of y, whose errors are known.
Estimate coefficient_of_size(const arma::mat& columns, const arma::vec& y, const arma::vec& errors,
                             double level) {
  const arma::mat weighted = columns.each_col() / errors;
  const arma::mat covariance = arma::inv_sympd(weighted.t() * weighted);
  const arma::vec coefficients = covariance * (weighted.t() * (y / errors));
  const double chi_square = arma::accu(arma::square((y - columns * coefficients) / errors));
  const auto freedom = static_cast<double>(y.n_elem - columns.n_cols);
  const double widening = std::max(1.0, chi_square / freedom);
  Estimate estimate = normal_estimate(coefficients(1), std::sqrt(widening * covariance(1, 1)),
                                      "weighted least squares", level);
  estimate.diagnostics = {{"chi_square", chi_square}, {"degrees_of_freedom", freedom}};
  return estimate;
}

Verdict verdict_of(const Estimate& slope, const Estimate& rate, double slowest_rate) {
  if (slope.ci.high < 0 && rate.ci.high < 0) return Verdict::exponential;
  if (rate.ci.low > -slowest_rate) return Verdict::not_exponential;
  return Verdict::not_known;
}

// --- The probe -----------------------------------------------------------------------------------

void require_probed(const ProbedCircuit& probed, const std::string& place) {
  const ExpectationFunction& f = *probed.expectations;
  require(f.n_observables() == 1, place, fmt::format("{} observables, not one", f.n_observables()));
  require(probed.weight < f.n_weights(), place,
          fmt::format("weight {} of {} weights", probed.weight, f.n_weights()));
  if (f.n_features() == 0) return;
  require(probed.features.n_rows == f.n_features() && probed.features.n_cols > 0, place,
          fmt::format("{} x {} features, the circuit has {}", probed.features.n_rows,
                      probed.features.n_cols, f.n_features()));
}

/// A column a draw; `size_index` tells the sizes' random streams apart.
arma::mat draw_derivatives(const ProbedCircuit& probed, const std::string& place,
                           std::size_t size_index, const BarrenPlateauOptions& options) {
  const ExpectationFunction& f = *probed.expectations;
  RandomStream seeds = training_stream(options.seed, StreamPurpose::probed_starts, size_index);
  arma::mat derivatives(f.n_weights(), options.draws);
  for (arma::uword s = 0; s < options.draws; ++s) {
    const arma::vec weights = probed.start(seeds());
    require(
        weights.n_elem == f.n_weights(), place,
        fmt::format("a start of {} weights, the circuit has {}", weights.n_elem, f.n_weights()));
    const arma::mat sample = f.n_features() == 0
                                 ? arma::mat(0, 1)
                                 : arma::mat(probed.features.col(s % probed.features.n_cols));
    derivatives.col(s) = f.gradient(weights, sample, [](std::size_t, const arma::vec&) {
                            return arma::vec{1.0};
                          }).weights;
  }
  return derivatives;
}

/// How the variances of one number of layers fall with n_qubits, or the other way round.
DecayAt decay_at(const std::vector<Variance>& all, int Variance::*held, int at, int Variance::*size,
                 const BarrenPlateauOptions& options) {
  std::vector<double> sizes;
  std::vector<Estimate> one, mean;
  for (const Variance& variance : all) {
    if (variance.*held != at) continue;
    sizes.push_back(variance.*size);
    one.push_back(variance.one_weight);
    mean.push_back(variance.mean_over_weights);
  }
  return {at, fit_decay(sizes, one, options.slowest_rate, options.level),
          fit_decay(sizes, mean, options.slowest_rate, options.level)};
}

std::string fall_of(const Decay& decay) {
  const Estimate& slope = *decay.slope;
  return fmt::format("the gradient's variance falls exponentially, by 2^{:.2f} [{:.2f}, {:.2f}]",
                     -slope.value, -slope.ci.high, -slope.ci.low);
}

std::vector<Warning> warnings_of(const BarrenPlateauProbe& probe) {
  std::vector<Warning> warnings;
  for (const auto& [layers, one, mean] : probe.in_qubits)
    if (mean.verdict == Verdict::exponential)
      warnings.push_back(
          {Warning::Code::barren_plateau,
           fmt::format("at {} layers {} a qubit", layers, fall_of(mean)),
           "read single qubits where observables are on several, use fewer layers, or "
           "start near the identity (identity-blocks, gaussian, small-angles)"});
  for (const auto& [n_qubits, one, mean] : probe.in_layers)
    if (mean.verdict == Verdict::exponential)
      warnings.push_back({Warning::Code::barren_plateau,
                          fmt::format("on {} qubits {} a layer", n_qubits, fall_of(mean)),
                          "use fewer layers, start near the identity (identity-blocks, gaussian, "
                          "small-angles) or, where noise does it, take better qubits"});
  return warnings;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return name_of(verdict_names, verdict);
}

Estimate gradient_variance(const arma::mat& derivatives, double level) {
  const auto n = static_cast<double>(derivatives.n_cols);
  require(derivatives.n_rows > 0, "derivatives", "there are no weights");
  require(derivatives.n_cols >= fewest_draws, "derivatives",
          fmt::format("{} draws, at least {} are needed", derivatives.n_cols, fewest_draws));
  require(derivatives.is_finite(), "derivatives", "one is not finite");
  const arma::mat deviations = derivatives.each_col() - arma::mean(derivatives, 1);
  // Each draw's share of the sum of squares, and the variance without it.
  const arma::rowvec squares = arma::sum(arma::square(deviations), 0);
  const double sum = arma::accu(squares);
  const auto weights = static_cast<double>(derivatives.n_rows);
  Estimate estimate = student_estimate(sum / ((n - 1) * weights), 0, derivatives.n_cols - 1,
                                       "jackknife of the logarithm", level);
  if (sum == 0) return estimate;
  const arma::rowvec left_out = arma::log((sum - squares * (n / (n - 1))) / ((n - 2) * weights));
  require(left_out.is_finite(), "derivatives", "all draws but one are alike");
  const double log_error = std::sqrt((n - 1) * (n - 1) / n * arma::var(left_out));
  const double log_value = std::log(estimate.value);
  const Estimate log_estimate =
      student_estimate(log_value, log_error, derivatives.n_cols - 1, estimate.method, level);
  estimate.std_error = estimate.value * log_error;
  estimate.ci = {std::exp(log_estimate.ci.low), std::exp(log_estimate.ci.high)};
  return estimate;
}

Decay fit_decay(std::span<const double> sizes, std::span<const Estimate> variances,
                double slowest_rate, double level) {
  require(sizes.size() == variances.size(), "decay",
          fmt::format("{} sizes, {} variances", sizes.size(), variances.size()));
  require(slowest_rate > 0, "slowest_rate", fmt::format("{} is not > 0", slowest_rate));
  require(std::set(sizes.begin(), sizes.end()).size() == sizes.size(), "sizes",
          "one is there twice");
  const arma::uword n = sizes.size();
  arma::vec x(n), y(n), errors(n);
  bool all_vary = true;
  for (arma::uword i = 0; i < n; ++i) {
    const Estimate& variance = variances[i];
    require(sizes[i] > 0 && std::isfinite(sizes[i]), "sizes",
            fmt::format("{} is not > 0", sizes[i]));
    require(variance.value >= 0, "variances", fmt::format("{} is not >= 0", variance.value));
    all_vary = all_vary && variance.value > rounding_variance && variance.std_error > 0;
    x(i) = sizes[i];
    y(i) = std::log2(variance.value);
    errors(i) = variance.std_error / (variance.value * std::numbers::ln2);
  }
  Decay decay;
  if (!all_vary || n < fewest_sizes_of_slope) return decay;
  const arma::mat line = arma::join_rows(arma::ones(n), x);
  decay.slope = coefficient_of_size(line, y, errors, level);
  if (n < fewest_sizes_of_rate) return decay;
  decay.rate = coefficient_of_size(arma::join_rows(line, arma::log2(x)), y, errors, level);
  decay.verdict = verdict_of(*decay.slope, *decay.rate, slowest_rate);
  return decay;
}

void BarrenPlateauOptions::validate() const {
  require_sizes(n_qubits, "n_qubits");
  require_sizes(layers, "layers");
  require(draws >= fewest_draws, "draws", fmt::format("{} is not >= {}", draws, fewest_draws));
  require(slowest_rate > 0, "slowest_rate", fmt::format("{} is not > 0", slowest_rate));
  require(level > 0 && level < 1, "level", fmt::format("{} is outside (0, 1)", level));
}

BarrenPlateauProbe probe_barren_plateau(const ProbedCircuits& circuits,
                                        const BarrenPlateauOptions& options) {
  options.validate();
  BarrenPlateauProbe probe;
  for (const int n_qubits : options.n_qubits)
    for (const int layers : options.layers) {
      const std::string place = fmt::format("{} qubits, {} layers", n_qubits, layers);
      const ProbedCircuit probed = circuits(n_qubits, layers);
      require_probed(probed, place);
      const arma::mat derivatives =
          draw_derivatives(probed, place, probe.variances.size(), options);
      probe.variances.push_back({n_qubits, layers, probed.expectations->n_weights(),
                                 gradient_variance(derivatives.row(probed.weight), options.level),
                                 gradient_variance(derivatives, options.level)});
    }
  for (const int layers : options.layers)
    probe.in_qubits.push_back(
        decay_at(probe.variances, &Variance::layers, layers, &Variance::n_qubits, options));
  for (const int n_qubits : options.n_qubits)
    probe.in_layers.push_back(
        decay_at(probe.variances, &Variance::n_qubits, n_qubits, &Variance::layers, options));
  probe.warnings = warnings_of(probe);
  return probe;
}

}  // namespace rhodrift
