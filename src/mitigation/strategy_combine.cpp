#include "mitigation/strategy_combine.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/layerwise.hpp>

namespace rhodrift {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// --- Intervals ----------------------------------------------------------------------------------

void move(Estimate& estimate, double by) {
  estimate.value += by;
  estimate.ci.low += by;
  estimate.ci.high += by;
}

/// The interval `ratio` times as wide on either side.
void widen(Estimate& estimate, double ratio) {
  estimate.ci.low = estimate.value + ratio * (estimate.ci.low - estimate.value);
  estimate.ci.high = estimate.value + ratio * (estimate.ci.high - estimate.value);
}

/// A standard error from few random instances: Student's quantile in place of the normal one.
void widen_to_student(Estimate& estimate, double degrees_of_freedom) {
  if (!std::isfinite(degrees_of_freedom)) return;
  const double tail = 0.5 + estimate.level / 2.0;
  const boost::math::students_t_distribution<double> student(degrees_of_freedom);
  const boost::math::normal_distribution<double> normal;
  widen(estimate, boost::math::quantile(student, tail) / boost::math::quantile(normal, tail));
}

void rescale(Estimate& estimate, double std_error) {
  if (estimate.std_error == 0.0) return;
  widen(estimate, std_error / estimate.std_error);
  estimate.std_error = std_error;
}

void add_costs(std::vector<Estimate>& estimates, std::span<const Outcomes> outcomes,
               const std::string& method) {
  std::uint64_t shots = 0;
  for (const Outcomes& outcome : outcomes) shots += outcome.shots;
  for (Estimate& estimate : estimates) {
    estimate.method = method;
    estimate.shots = shots;
    estimate.circuits = outcomes.size();
  }
}

// --- Cells --------------------------------------------------------------------------------------

/// What observables are parts of in every cell: point by point, part by part.
struct Cells {
  JointEstimate parts;     // of all sources of error
  arma::vec own_variance;  // of the cell's own shots and instances
  arma::vec degrees_of_freedom;
};

Cells cells_of(const ReadExpectations& cells, const arma::vec& degrees_of_freedom) {
  Cells result{cells.joint(), {}, degrees_of_freedom};
  for (const JointEstimate& cell : cells.readings)
    result.own_variance = arma::join_cols(result.own_variance, cell.covariance.diag());
  return result;
}

/// Of each basis at each point: how many settings it has.
std::vector<std::size_t> settings_by_basis(const StrategyPlan& plan) {
  std::vector<std::size_t> sizes;
  for (std::size_t p = 0; p < plan.points.size(); ++p)
    for (std::size_t s = 0; s < plan.settings.size(); ++s)
      if (s > 0 && plan.settings[s].basis == plan.settings[s - 1].basis)
        ++sizes.back();
      else
        sizes.push_back(1);
  return sizes;
}

/// Of ratios: those of the least known number of each basis.
arma::vec of_ratios(const PooledExpectations& pooled, const std::vector<std::size_t>& n_readings) {
  arma::vec kept;
  arma::uword row = 0;
  auto reading = pooled.readings.begin();
  for (const std::size_t n : n_readings) {
    const arma::uword first = row, n_ratios = reading->values.n_elem - 1;
    for (std::size_t i = 0; i < n; ++i) row += (reading++)->values.n_elem;
    const double least = pooled.degrees_of_freedom.subvec(first, row - 1).min();
    kept = arma::join_cols(kept, arma::vec(n_ratios, arma::fill::value(least)));
  }
  return kept;
}

Cells cells_from(const Strategy& strategy, const StrategyPlan& plan,
                 std::span<const Outcomes> outcomes, const ExpectationEstimator& readout) {
  std::vector<Outcomes> read;  // one an instance
  for (const StrategyPlan::Read& part : plan.reads)
    read.push_back(part.flips
                       ? readout::untwirled(
                             *part.flips, outcomes.subspan(part.first_job, part.flips->jobs.size()))
                       : outcomes[part.first_job]);
  std::vector<Reading> readings;
  for (std::size_t i = 0; i < read.size(); ++i)
    readings.push_back({read[i], plan.settings[plan.reads[i].setting].asked});
  const PooledExpectations pooled = rhodrift::pooled(readout.estimate(readings), plan.instances);
  if (!strategy.distillation && strategy.symmetries.empty())
    return cells_of(pooled, pooled.degrees_of_freedom);
  const std::vector<std::size_t> n_readings = settings_by_basis(plan);
  return cells_of(divided_by_last(summed(pooled, n_readings),
                                  strategy.distillation ? "distillation: tr ρ²"
                                                        : "symmetries: their probability"),
                  of_ratios(pooled, n_readings));
}

// --- From an observable's cells to its estimate -------------------------------------------------

class Combination {
 public:
  Combination(const Strategy& strategy, const PauliMeasurement& measurement,
              const StrategyPlan& plan, const Cells& cells)
      : strategy_(strategy), measurement_(measurement), plan_(plan), cells_(cells) {}

  Estimate of_observable(arma::uword k) const {
    const auto [values, covariance] = at_points(k);
    if (strategy_.instances > 0) return of_instances(k, values, covariance);
    if (!strategy_.zne) return normal(arma::vec{1.0}, values, covariance);
    return extrapolated(values, covariance);
  }

  /// Where observable k would go on, at a rate as its points have it.
  double next_scale_factor(arma::uword k) const {
    const auto [values, covariance] = at_points(k);
    return zne::next_scale_factor(
        *std::get<zne::Extrapolation>(strategy_.zne->model).asymptote, scale_factors(), values,
        strategy_.instances > 0 ? alike(covariance) : covariance, strategy_.zne->adaptive->highest);
  }

 private:
  JointEstimate at_points(arma::uword k) const {
    const arma::mat sums =
        arma::kron(arma::eye(plan_.points.size(), plan_.points.size()), measurement_.sums.row(k));
    return {measurement_.constants(k) + sums * cells_.parts.values,
            sums * cells_.parts.covariance * sums.t()};
  }

  /// Variances that are themselves estimated from few instances make bad weights: a point that
  /// happens to scatter little would get too much. All points weigh alike, the error is theirs.
  static arma::mat alike(const arma::mat& covariance) {
    return arma::mean(covariance.diag()) * arma::eye(arma::size(covariance));
  }

  static Estimate normal(const arma::vec& influence, const arma::vec& values,
                         const arma::mat& covariance) {
    const double variance = arma::as_scalar(influence.t() * covariance * influence);
    return normal_estimate(arma::dot(influence, values), std::sqrt(std::max(variance, 0.0)), "");
  }

  Estimate of_instances(arma::uword k, const arma::vec& values, const arma::mat& covariance) const {
    if (!strategy_.zne) {
      Estimate estimate = normal(arma::vec{1.0}, values, covariance);
      widen_to_student(estimate, degrees_of_freedom(k, arma::vec{1.0}, covariance));
      return estimate;
    }
    Estimate estimate = extrapolated(values, alike(covariance));
    if (const auto influence = influence_of(values, alike(covariance))) {
      rescale(estimate, normal(*influence, values, covariance).std_error);
      widen_to_student(estimate, degrees_of_freedom(k, *influence, covariance));
    } else {
      // An average over models has the error of its choice besides, and no coefficients.
      widen_to_student(
          estimate, degrees_of_freedom(k, arma::vec(values.n_elem, arma::fill::ones), covariance));
    }
    return estimate;
  }

  std::vector<double> scale_factors() const {
    std::vector<double> factors;
    for (const std::vector<double>& point : plan_.points) factors.push_back(point.front());
    return factors;
  }

  std::optional<arma::vec> influence_of(const arma::vec& values,
                                        const arma::mat& covariance) const {
    if (const auto* layerwise = std::get_if<Layerwise>(&strategy_.zne->model))
      return zne::layerwise_coefficients(plan_.points, layerwise->degree);
    const auto& model = std::get<zne::Extrapolation>(strategy_.zne->model);
    if (model.model == zne::Extrapolation::Model::automatic) return std::nullopt;
    return zne::influence(model, scale_factors(), values, covariance);
  }

  Estimate extrapolated(const arma::vec& values, const arma::mat& covariance) const {
    if (const auto* model = std::get_if<zne::Extrapolation>(&strategy_.zne->model))
      return zne::extrapolate(*model, scale_factors(), values, covariance);
    return normal(*influence_of(values, covariance), values, covariance);
  }

  /// Of Σ influence² Var(cell) over points and bases, each estimated from the scatter between the
  /// cell's instances; what the cells share was measured with the readout and counts as known.
  double degrees_of_freedom(arma::uword k, const arma::vec& influence,
                            const arma::mat& covariance) const {
    const arma::vec weights = arma::kron(influence, measurement_.sums.row(k).t());
    const arma::vec own = arma::square(weights) % cells_.own_variance;
    const double whole = arma::as_scalar(influence.t() * covariance * influence);
    const arma::vec shared{std::max(whole - arma::accu(own), 0.0)};
    return effective_degrees_of_freedom(
        arma::join_cols(own, shared),
        arma::join_cols(cells_.degrees_of_freedom, arma::vec{infinity}));
  }

  const Strategy& strategy_;
  const PauliMeasurement& measurement_;
  const StrategyPlan& plan_;
  const Cells& cells_;
};

std::string method_of(const Strategy& strategy, const std::string& readout) {
  std::string name = readout;
  if (!strategy.symmetries.empty()) name = "symmetry/expanded over " + name;
  if (strategy.distillation) name = "distillation over " + name;
  if (strategy.pec) return "pec over " + name;
  if (strategy.instances > 0) name = "twirling over " + name;
  if (!strategy.zne) return name;
  const auto* layerwise = std::get_if<Layerwise>(&strategy.zne->model);
  return fmt::format("zne/{}{} over {}",
                     layerwise ? fmt::format("layerwise:degree={}", layerwise->degree)
                               : to_string(std::get<zne::Extrapolation>(strategy.zne->model)),
                     strategy.zne->adaptive ? ":adaptive" : "", name);
}

/// Of independent estimates; intervals by the squares of their half-widths.
Estimate sum_of(const std::vector<Estimate>& parts) {
  Estimate sum = parts.front();
  double variance = 0.0, below = 0.0, above = 0.0;
  sum.value = 0.0;
  for (const Estimate& part : parts) {
    sum.value += part.value;
    variance += part.std_error * part.std_error;
    below += std::pow(part.value - part.ci.low, 2);
    above += std::pow(part.ci.high - part.value, 2);
  }
  sum.std_error = std::sqrt(variance);
  sum.ci.low = sum.value - std::sqrt(below);
  sum.ci.high = sum.value + std::sqrt(above);
  if (parts.size() > 1) sum.diagnostics.clear();  // each part has its own
  return sum;
}

}  // namespace

std::vector<Estimate> combine_cells(const Strategy& strategy, const PauliMeasurement& measurement,
                                    const StrategyPlan& plan, std::span<const Outcomes> outcomes,
                                    const ExpectationEstimator& readout) {
  const Cells cells = cells_from(strategy, plan, outcomes, readout);
  const Combination combination(strategy, measurement, plan, cells);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < measurement.n_observables(); ++k)
    estimates.push_back(combination.of_observable(k));
  add_costs(estimates, outcomes, method_of(strategy, readout.method));
  return estimates;
}

double next_scale_factor(const Strategy& strategy, const PauliMeasurement& measurement,
                         const StrategyPlan& plan, std::span<const Outcomes> outcomes,
                         const ExpectationEstimator& readout) {
  const Cells cells = cells_from(strategy, plan, outcomes, readout);
  const Combination combination(strategy, measurement, plan, cells);
  std::vector<double> proposals;
  for (arma::uword k = 0; k < measurement.n_observables(); ++k) {
    try {
      proposals.push_back(combination.next_scale_factor(k));
    } catch (const RunError&) {
      // Its points do not look like an exponential, yet.
    }
  }
  return proposals.empty() ? strategy.zne->adaptive->highest : arma::mean(arma::vec(proposals));
}

std::vector<Estimate> combine_regressions(const PauliMeasurement& measurement,
                                          const StrategyPlan& plan,
                                          std::span<const Outcomes> outcomes,
                                          std::span<const Outcomes> noiseless,
                                          const ExpectationEstimator& readout) {
  std::vector<Estimate> parts;  // basis by basis
  for (std::size_t b = 0; b < plan.regressions.size(); ++b) {
    const StrategyPlan::Regression& regression = plan.regressions[b];
    const cdr::CdrPlan& of_basis = regression.plan;
    std::ranges::copy(
        cdr::combine(of_basis, outcomes.subspan(regression.first_job, of_basis.jobs.size()),
                     noiseless.subspan(regression.first_noiseless, of_basis.n_training()),
                     measurement.bases[b].parts, readout),
        std::back_inserter(parts));
  }
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < measurement.n_observables(); ++k) {
    std::vector<Estimate> own;
    for (const arma::uword j : arma::find(measurement.sums.row(k)).eval()) own.push_back(parts[j]);
    estimates.push_back(own.empty() ? normal_estimate(0.0, 0.0, "") : sum_of(own));
    move(estimates.back(), measurement.constants(k));
  }
  add_costs(estimates, outcomes, parts.front().method);
  return estimates;
}

}  // namespace rhodrift
