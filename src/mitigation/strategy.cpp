#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/ctmp.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>
#include <rhodrift/mitigation/strategy.hpp>
#include <rhodrift/mitigation/zne/layerwise.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "mitigation/strategy_plan.hpp"

namespace rhodrift {

namespace {

/// When Bayesian unfolding stops within a strategy.
constexpr readout::UnfoldingStop unfolding_stop{500, 1e-9};

/// What the believed device does to the bits that the circuit reads.
ReadoutError believed_readout_error(const Circuit& circuit, const Device& believed) {
  std::vector<int> qubits;
  for (const int q : circuit.qubit_of_bit())
    qubits.push_back(believed.layout[static_cast<std::size_t>(q)]);
  return believed.model.readout_error(qubits);
}

void require_bits(const Circuit& circuit, std::span<const Observable> observables) {
  const auto n_bits = static_cast<int>(circuit.qubit_of_bit().size());
  for (const Observable& observable : observables)
    if (observable.min_qubits() > n_bits)
      throw InputError(
          "observable " + observable.to_string(), "",
          fmt::format("bit {} is outside 0..{}", observable.min_qubits() - 1, n_bits - 1));
}

ExpectationEstimator make_estimator(ReadoutMethod method,
                                    const readout::MeasuredReadout& measured) {
  switch (method) {
    case ReadoutMethod::none:
      return raw_estimator();
    case ReadoutMethod::inversion:
      return readout::inversion(measured);
    case ReadoutMethod::least_squares:
      return readout::least_squares(measured);
    case ReadoutMethod::subspace:
      return readout::subspace(measured);
    case ReadoutMethod::unfolding:
      return readout::unfolding(measured, unfolding_stop);
    case ReadoutMethod::twirled:
    case ReadoutMethod::ctmp:
      break;
  }
  throw RunError("readout method has no confusion matrices");
}

/// A standard error from few random instances: Student's quantile in place of the normal one.
void widen(Estimate& estimate, double degrees_of_freedom) {
  if (!std::isfinite(degrees_of_freedom)) return;
  const double tail = 0.5 + estimate.level / 2.0;
  const double wider = boost::math::quantile(
                           boost::math::students_t_distribution<double>(degrees_of_freedom), tail) /
                       boost::math::quantile(boost::math::normal_distribution<double>(), tail);
  estimate.ci.low = estimate.value + wider * (estimate.ci.low - estimate.value);
  estimate.ci.high = estimate.value + wider * (estimate.ci.high - estimate.value);
}

/// The same estimate with another standard error, its interval in proportion.
void rescale(Estimate& estimate, double std_error) {
  if (estimate.std_error == 0.0) return;
  const double ratio = std_error / estimate.std_error;
  estimate.ci.low = estimate.value + ratio * (estimate.ci.low - estimate.value);
  estimate.ci.high = estimate.value + ratio * (estimate.ci.high - estimate.value);
  estimate.std_error = std_error;
}

}  // namespace

bool Strategy::runs_as(const Strategy& other) const {
  const bool same_flips = (readout.method == ReadoutMethod::twirled) ==
                          (other.readout.method == ReadoutMethod::twirled);
  return same_flips && readout.calibration_share == other.readout.calibration_share &&
         (readout.calibration_share == 0.0 || readout.scheme == other.readout.scheme) &&
         decoupling == other.decoupling && instances == other.instances && zne == other.zne &&
         pec == other.pec && cdr == other.cdr;
}

class PreparedStrategy::Implementation {
 public:
  Implementation(const Strategy& strategy, const Circuit& circuit,
                 std::span<const Observable> observables, const Device& believed,
                 std::uint64_t total_shots, std::uint64_t seed)
      : strategy_(strategy), measurement_(observables), seed_(seed) {
    if (measurement_.bases.empty())
      throw InputError("observables", "", "there is none that has to be measured");
    require_bits(circuit, observables);
    require_symmetries_read();
    if (strategy.readout.calibration_share == 0.0)
      believed_ =
          make_estimator(strategy.readout.method, {believed_readout_error(circuit, believed), {}});
    plan_ = plan_strategy(strategy, circuit, measurement_, believed, total_shots, seed);
  }

  const Strategy& strategy() const { return strategy_; }
  const StrategyPlan& plan() const { return plan_; }

  std::vector<Estimate> combine(std::span<const Outcomes> outcomes,
                                std::span<const Outcomes> noiseless) const {
    plan_.plan.require_matching(outcomes);
    plan_.noiseless.require_matching(noiseless);
    const ExpectationEstimator estimator = estimator_from(outcomes);
    if (strategy_.cdr) return regressed(outcomes, noiseless, estimator);
    const PooledExpectations cells = cells_from(outcomes, estimator);
    const JointEstimate at_scales = observables_at_scales(cells.joint());
    std::vector<Estimate> estimates;
    for (arma::uword k = 0; k < measurement_.n_observables(); ++k)
      estimates.push_back(of_observable(k, at_scales, cells));
    add_costs(estimates, outcomes, method(estimator));
    return estimates;
  }

 private:
  static void add_costs(std::vector<Estimate>& estimates, std::span<const Outcomes> outcomes,
                        const std::string& method) {
    std::uint64_t shots = 0;
    for (const Outcomes& outcome : outcomes) shots += outcome.shots;
    for (Estimate& estimate : estimates) {
      estimate.method = method;
      estimate.shots = shots;
      estimate.circuits = outcomes.size();
    }
  }

  /// Every basis has training circuits of its own, and every observable that is read in one basis a
  /// line of its own; of others the terms have, basis by basis.
  std::vector<Estimate> regressed(std::span<const Outcomes> outcomes,
                                  std::span<const Outcomes> noiseless,
                                  const ExpectationEstimator& estimator) const {
    if (plan_.regressions.size() == 1 && arma::all(measurement_.constants == 0.0)) {
      std::vector<Observable> observables;
      for (arma::uword k = 0; k < measurement_.n_observables(); ++k)
        observables.push_back(read_in_basis(k));
      std::vector<Estimate> estimates =
          cdr::combine(plan_.regressions[0].plan, outcomes.subspan(plan_.regressions[0].first_job),
                       noiseless, observables, estimator);
      add_costs(estimates, outcomes, estimates.front().method);
      return estimates;
    }
    JointEstimate terms{arma::vec(measurement_.n_terms()),
                        arma::zeros(measurement_.n_terms(), measurement_.n_terms())};
    arma::uword first = 0;
    for (std::size_t b = 0; b < plan_.regressions.size(); ++b) {
      const StrategyPlan::Regression& part = plan_.regressions[b];
      const JointEstimate joint = cdr::combine_jointly(
          part.plan, outcomes.subspan(part.first_job, part.plan.jobs.size()),
          noiseless.subspan(part.first_noiseless, part.plan.noiseless.jobs.size()),
          measurement_.bases[b].terms, estimator);
      const arma::span rows(first, first + joint.values.n_elem - 1);
      terms.values(rows) = joint.values;
      terms.covariance(rows, rows) = joint.covariance;
      first += joint.values.n_elem;
    }
    const JointEstimate joint = measurement_.observables(terms);
    std::vector<Estimate> estimates;
    for (arma::uword k = 0; k < joint.values.n_elem; ++k)
      estimates.push_back(
          normal_estimate(joint.values(k), std::sqrt(std::max(joint.covariance(k, k), 0.0)), ""));
    add_costs(estimates, outcomes, "cdr over " + estimator.method);
    return estimates;
  }

  /// Observable k as it is read in the only basis.
  Observable read_in_basis(arma::uword k) const {
    std::vector<Observable::Term> terms;
    for (std::size_t t = 0; t < measurement_.bases[0].terms.size(); ++t)
      if (measurement_.coefficients(k, t) != 0.0)
        terms.push_back(
            {measurement_.coefficients(k, t), measurement_.bases[0].terms[t].terms()[0].pauli});
    return Observable(std::move(terms));
  }

  ExpectationEstimator estimator_from(std::span<const Outcomes> outcomes) const {
    ExpectationEstimator readout = readout_estimator(outcomes.first(plan_.n_calibration_jobs()));
    if (strategy_.symmetries.empty()) return readout;
    return symmetry::expanded(strategy_.symmetries, readout);
  }

  ExpectationEstimator readout_estimator(std::span<const Outcomes> calibration) const {
    if (plan_.twirled_calibration)
      return readout::twirled(readout::untwirled(*plan_.twirled_calibration, calibration));
    if (!plan_.calibration) return *believed_;
    if (strategy_.readout.method == ReadoutMethod::ctmp)
      return readout::ctmp(readout::learn_ctmp(*plan_.calibration, calibration, seed_));
    return make_estimator(strategy_.readout.method,
                          readout::combine_calibration(*plan_.calibration, calibration));
  }

  PooledExpectations cells_from(std::span<const Outcomes> outcomes,
                                const ExpectationEstimator& estimator) const {
    std::vector<Outcomes> read;  // one an instance
    for (const StrategyPlan::Read& part : plan_.reads)
      read.push_back(
          part.flips ? readout::untwirled(*part.flips,
                                          outcomes.subspan(part.first_job, part.flips->jobs.size()))
                     : outcomes[part.first_job]);
    std::vector<Reading> readings;
    for (std::size_t i = 0; i < read.size(); ++i)
      readings.push_back({read[i], measurement_.bases[plan_.reads[i].basis].terms});
    return pooled(estimator.estimate(readings), plan_.instances);
  }

  /// Scale factor by scale factor, every observable. Cells are in the order of scale factors, and
  /// within one in the order of terms.
  JointEstimate observables_at_scales(const JointEstimate& terms) const {
    const arma::uword n = plan_.points.size();
    const arma::mat map = arma::kron(arma::eye(n, n), measurement_.coefficients);
    return {arma::repmat(measurement_.constants, n, 1) + map * terms.values,
            map * terms.covariance * map.t()};
  }

  Estimate of_observable(arma::uword k, const JointEstimate& at_scales,
                         const PooledExpectations& cells) const {
    const arma::uvec of_k =
        arma::regspace<arma::uvec>(k, measurement_.n_observables(), at_scales.values.n_elem - 1);
    const arma::vec values = at_scales.values.elem(of_k);
    const arma::mat covariance = at_scales.covariance.submat(of_k, of_k);
    if (!strategy_.zne) {
      Estimate estimate =
          normal_estimate(values(0), std::sqrt(std::max(covariance(0, 0), 0.0)), "");
      if (strategy_.instances > 0) widen(estimate, degrees_of_freedom(k, {1.0}, cells));
      return estimate;
    }
    if (strategy_.instances == 0)
      return extrapolated(values, covariance, influence_of(values, covariance));
    // Variances that are themselves estimated from few instances make bad weights: a point that
    // happens to scatter little would get too much. All points weigh alike, the error is theirs.
    const arma::mat alike = arma::mean(covariance.diag()) * arma::eye(arma::size(covariance));
    const arma::vec influence = influence_of(values, alike);
    Estimate estimate = extrapolated(values, alike, influence);
    rescale(estimate,
            std::sqrt(std::max(arma::as_scalar(influence.t() * covariance * influence), 0.0)));
    widen(estimate, degrees_of_freedom(k, influence, cells));
    return estimate;
  }

  std::vector<double> scale_factors() const {
    std::vector<double> factors;
    for (const std::vector<double>& point : plan_.points) factors.push_back(point.front());
    return factors;
  }

  /// Of an average over models, whose weights follow the values, every point counts alike.
  arma::vec influence_of(const arma::vec& values, const arma::mat& covariance) const {
    if (strategy_.zne->layerwise_degree > 0)
      return zne::layerwise_coefficients(plan_.points, strategy_.zne->layerwise_degree);
    const zne::Extrapolation& model = strategy_.zne->extrapolation;
    if (model.model == zne::Extrapolation::Model::automatic)
      return arma::vec(values.n_elem, arma::fill::ones);
    return zne::influence(model, scale_factors(), values, covariance);
  }

  Estimate extrapolated(const arma::vec& values, const arma::mat& covariance,
                        const arma::vec& influence) const {
    if (strategy_.zne->layerwise_degree == 0)
      return zne::extrapolate(strategy_.zne->extrapolation, scale_factors(), values, covariance);
    const double variance = arma::as_scalar(influence.t() * covariance * influence);
    return normal_estimate(arma::dot(influence, values), std::sqrt(std::max(variance, 0.0)), "");
  }

  /// Of the variance Σ (influence_s coefficient_t)² Var(cell s, term t), each estimated from the
  /// scatter between instances.
  double degrees_of_freedom(arma::uword k, const arma::vec& influence,
                            const PooledExpectations& cells) const {
    const arma::vec weights = arma::kron(influence, measurement_.coefficients.row(k).t());
    const arma::vec variances = arma::square(weights) % cells.joint().covariance.diag();
    return effective_degrees_of_freedom(variances, cells.degrees_of_freedom);
  }

  std::string method(const ExpectationEstimator& estimator) const {
    std::string name = estimator.method;
    if (strategy_.pec) return "pec over " + name;
    if (strategy_.instances > 0) name = "twirling over " + name;
    if (strategy_.zne)
      name = fmt::format("zne/{} over {}",
                         strategy_.zne->layerwise_degree > 0
                             ? fmt::format("layerwise:degree={}", strategy_.zne->layerwise_degree)
                             : to_string(strategy_.zne->extrapolation),
                         name);
    return name;
  }

  /// A symmetry is looked at in every basis.
  void require_symmetries_read() const {
    for (const symmetry::Symmetry& symmetry : strategy_.symmetries)
      for (const PauliMeasurement::Basis& basis : measurement_.bases)
        for (const PauliString::Factor& rotated : basis.rotated.factors())
          for (const PauliString::Factor& factor : symmetry.pauli.factors())
            if (factor.qubit == rotated.qubit)
              throw InputError("symmetry " + symmetry.pauli.to_string(), "",
                               fmt::format("bit {} is read in {} for an observable", factor.qubit,
                                           rotated.pauli == Pauli::X ? "X" : "Y"));
  }

  Strategy strategy_;
  PauliMeasurement measurement_;
  std::uint64_t seed_;
  std::optional<ExpectationEstimator> believed_;  // unless the readout is measured
  StrategyPlan plan_;
};

PreparedStrategy::PreparedStrategy(const Strategy& strategy, const Circuit& circuit,
                                   std::span<const Observable> observables, const Device& believed,
                                   std::uint64_t total_shots, std::uint64_t seed)
    : implementation_(std::make_shared<const Implementation>(strategy, circuit, observables,
                                                             believed, total_shots, seed)) {}

const Strategy& PreparedStrategy::strategy() const {
  return implementation_->strategy();
}
const Plan& PreparedStrategy::plan() const {
  return implementation_->plan().plan;
}
const std::vector<std::string>& PreparedStrategy::job_names() const {
  return implementation_->plan().job_names;
}
const Plan& PreparedStrategy::noiseless_plan() const {
  return implementation_->plan().noiseless;
}
std::vector<Estimate> PreparedStrategy::combine(std::span<const Outcomes> outcomes,
                                                std::span<const Outcomes> noiseless) const {
  return implementation_->combine(outcomes, noiseless);
}

}  // namespace rhodrift
