#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/ctmp.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>
#include <rhodrift/mitigation/strategy.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/strategy_combine.hpp"

namespace rhodrift {

namespace {

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
      return readout::unfolding(measured, readout::UnfoldingStop{});
    case ReadoutMethod::twirled:
    case ReadoutMethod::ctmp:
      break;
  }
  throw RunError("readout method has no confusion matrices");
}

}  // namespace

void Strategy::validate() const {
  const auto require = [&](bool holds, const char* problem) {
    if (!holds) throw InputError("strategy", "\"" + name + "\"", problem);
  };
  const bool twirled = readout.method == ReadoutMethod::twirled,
             ctmp = readout.method == ReadoutMethod::ctmp;
  const bool amplified = zne && zne->scaling == NoiseScaling::amplified;
  require(readout.calibration_share >= 0.0 && readout.calibration_share < 1.0,
          "the share of the calibration is outside [0, 1)");
  require(readout.calibration_share > 0.0 || !(twirled || ctmp),
          "twirled and ctmp readout have to be calibrated");
  require(!ctmp || readout.scheme == readout::CalibrationScheme::balanced,
          "ctmp takes the balanced scheme");
  require(pec + zne.has_value() + cdr.has_value() <= 1,
          "zne, pec and cdr stand outside; one of them will do");
  require(!(pec || amplified) || instances > 0, "pec and zne by pauli have random instances");
  require(!cdr || instances == 0, "cdr's circuits are not twirled");
  require(!cdr || !twirled, "cdr's circuits are not read with random flips, as twirled readout is");
  require(!cdr || symmetries.empty(),
          "cdr's training circuits do not have the circuit's symmetries");
  require(!cdr || !distillation, "cdr's training circuits have no copies to be distilled");
  require(!distillation || symmetries.empty(),
          "symmetries of one copy are not looked at in distillation");
  if (!zne) return;
  const auto* model = std::get_if<zne::Extrapolation>(&zne->model);
  if (zne->adaptive) {
    require(model && model->model == zne::Extrapolation::Model::exponential && model->asymptote,
            "adaptive takes an exponential with an asymptote");
    require(zne->scale_factors.size() >= 2, "adaptive starts from two scale factors or more");
    require(static_cast<std::size_t>(zne->adaptive->n_points) >= zne->scale_factors.size(),
            "adaptive has fewer points than it starts from");
    require(zne->adaptive->highest > 1.0 && std::isfinite(zne->adaptive->highest),
            "adaptive's highest scale factor is not a number above 1");
  }
  if (!zne->optimal_shots) return;
  require(model && is_linear(*model),
          "shots=optimal takes a linear model: the others' coefficients follow the values");
}

bool Strategy::is_random() const {
  const bool folds_at_random =
      zne && std::holds_alternative<zne::Extrapolation>(zne->model) &&
      zne->scaling == NoiseScaling::folding &&
      (zne->folding == zne::Folding::gates_random || zne->folding == zne::Folding::layers);
  return instances > 0 || readout.method == ReadoutMethod::twirled || cdr || folds_at_random;
}

bool Strategy::runs_fixed_circuits() const {
  return !is_random() && !(zne && zne->adaptive);
}

bool Strategy::runs_as(const Strategy& other) const {
  const bool same_flips = (readout.method == ReadoutMethod::twirled) ==
                          (other.readout.method == ReadoutMethod::twirled);
  return same_flips && readout.calibration_share == other.readout.calibration_share &&
         (readout.calibration_share == 0.0 || readout.scheme == other.readout.scheme) &&
         decoupling == other.decoupling && distillation == other.distillation &&
         instances == other.instances && zne == other.zne && pec == other.pec && cdr == other.cdr;
}

class PreparedStrategy::Implementation {
 public:
  Implementation(const Strategy& strategy, const Circuit& circuit,
                 std::span<const Observable> observables, const Device& believed,
                 std::uint64_t total_shots, std::uint64_t seed)
      : strategy_(strategy),
        circuit_(circuit),
        observables_(observables.begin(), observables.end()),
        device_(believed),
        total_shots_(total_shots),
        measurement_(observables),
        seed_(seed) {
    strategy.validate();
    if (measurement_.bases.empty())
      throw InputError("observables", "", "there is none that has to be measured");
    for (const Observable& observable : observables)
      require_bits(observable, static_cast<int>(circuit.qubit_of_bit().size()));
    require_symmetries_read();
    plan_ = plan_strategy(strategy, circuit, measurement_, believed, total_shots, seed);
    if (strategy.readout.calibration_share == 0.0)
      believed_ = make_estimator(strategy.readout.method,
                                 {believed.model.readout_error(plan_.read_qubits), {}});
  }

  const Strategy& strategy() const { return strategy_; }
  const StrategyPlan& plan() const { return plan_; }

  std::optional<PreparedStrategy> next_round(std::span<const Outcomes> outcomes) const {
    plan_.plan.require_matching(outcomes);
    if (is_whole()) return std::nullopt;
    Strategy next = strategy_;
    next.zne->scale_factors.push_back(
        next_scale_factor(strategy_, measurement_, plan_, outcomes, readout_estimator(outcomes)));
    return PreparedStrategy(next, circuit_, observables_, device_, total_shots_, seed_);
  }

  std::vector<Estimate> combine(std::span<const Outcomes> outcomes,
                                std::span<const Outcomes> noiseless) const {
    plan_.plan.require_matching(outcomes);
    plan_.noiseless.require_matching(noiseless);
    if (!is_whole())
      throw InputError("strategy", "\"" + strategy_.name + "\"",
                       "chooses circuits by their outcomes: the next round is still to be run");
    const ExpectationEstimator readout = readout_estimator(outcomes);
    return strategy_.cdr ? combine_regressions(measurement_, plan_, outcomes, noiseless, readout)
                         : combine_cells(strategy_, measurement_, plan_, outcomes, readout);
  }

 private:
  bool is_whole() const {
    return !strategy_.zne || !strategy_.zne->adaptive ||
           plan_.points.size() == static_cast<std::size_t>(strategy_.zne->adaptive->n_points);
  }

  /// From the outcomes of the whole plan, of which those of the calibration come first.
  ExpectationEstimator readout_estimator(std::span<const Outcomes> outcomes) const {
    const std::span<const Outcomes> calibration = outcomes.first(plan_.n_calibration_jobs());
    if (plan_.twirled_calibration)
      return readout::twirled(readout::untwirled(*plan_.twirled_calibration, calibration));
    if (!plan_.calibration) return *believed_;
    if (strategy_.readout.method == ReadoutMethod::ctmp)
      return readout::ctmp(readout::learn_ctmp(*plan_.calibration, calibration, seed_));
    return make_estimator(strategy_.readout.method,
                          readout::combine_calibration(*plan_.calibration, calibration));
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
  Circuit circuit_;
  std::vector<Observable> observables_;
  Device device_;
  std::uint64_t total_shots_;
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

std::optional<PreparedStrategy> PreparedStrategy::next_round(
    std::span<const Outcomes> outcomes) const {
  return implementation_->next_round(outcomes);
}
const Strategy& PreparedStrategy::strategy() const {
  return implementation_->strategy();
}
const Plan& PreparedStrategy::plan() const {
  return implementation_->plan().plan;
}
const Layout& PreparedStrategy::layout() const {
  return implementation_->plan().layout;
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

std::vector<Estimate> run(PreparedStrategy prepared, Executor& device, Executor& noiseless) {
  std::vector<Outcomes> outcomes = device.run(prepared.plan().jobs);
  while (std::optional<PreparedStrategy> next = prepared.next_round(outcomes)) {
    const std::span<const Job> jobs(next->plan().jobs);
    std::ranges::move(device.run(jobs.subspan(outcomes.size())), std::back_inserter(outcomes));
    prepared = *std::move(next);
  }
  return prepared.combine(outcomes, noiseless.run(prepared.noiseless_plan().jobs));
}

}  // namespace rhodrift
