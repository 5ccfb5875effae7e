#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/strategy.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift {

namespace {

ExpectationEstimator make_estimator(const ReadoutStage& stage, const ReadoutError& error) {
  switch (stage.method) {
    case ReadoutMethod::none:
      return raw_estimator();
    case ReadoutMethod::inversion:
      return readout::inversion(error);
    case ReadoutMethod::least_squares:
      return readout::least_squares(error);
  }
  throw RunError("readout method out of range");
}

/// What the believed device does to the bits that the circuit reads.
ReadoutError believed_readout_error(const Circuit& circuit, const Device& believed) {
  std::vector<int> qubits;
  for (const int q : circuit.qubit_of_bit())
    qubits.push_back(believed.layout[static_cast<std::size_t>(q)]);
  return NoiseModel(believed.calibration, believed.policy).readout_error(qubits);
}

void require_bits(const Circuit& circuit, std::span<const Observable> observables) {
  const auto n_bits = static_cast<int>(circuit.qubit_of_bit().size());
  for (const Observable& observable : observables)
    if (observable.min_qubits() > n_bits)
      throw InputError(
          "observable " + observable.to_string(), "",
          fmt::format("bit {} is outside 0..{}", observable.min_qubits() - 1, n_bits - 1));
}

/// `total` shots as evenly as whole shots allow, the first ones getting one more.
std::vector<std::uint64_t> evenly(std::uint64_t total, std::size_t n_circuits) {
  std::vector<std::uint64_t> shots(n_circuits, total / n_circuits);
  for (std::size_t j = 0; j < total % n_circuits; ++j) ++shots[j];
  return shots;
}

struct ScaledCircuit {
  Circuit circuit;
  double scale_factor;  // reached
  double noise_scale;   // of the job
};

ScaledCircuit scaled(const Circuit& circuit, double factor, NoiseScaling scaling) {
  if (factor == 1.0) return {circuit, 1.0, 1.0};
  if (scaling == NoiseScaling::analog) return {circuit, factor, factor};
  zne::FoldedCircuit folded = zne::fold_global(circuit, factor);
  return {std::move(folded.circuit), folded.scale_factor, 1.0};
}

}  // namespace

PreparedStrategy::PreparedStrategy(const Strategy& strategy, const Circuit& circuit,
                                   std::span<const Observable> observables, const Device& believed,
                                   std::uint64_t total_shots, std::uint64_t)
    : strategy_(strategy),
      measurement_(observables),
      estimator_(make_estimator(strategy.readout, believed_readout_error(circuit, believed))) {
  if (measurement_.bases.empty())
    throw InputError("observables", "", "there is none that has to be measured");
  require_bits(circuit, observables);
  add_targets(circuit, believed, total_shots);
}

void PreparedStrategy::add_targets(const Circuit& circuit, const Device& believed,
                                   std::uint64_t total_shots) {
  const ZneStage zne = strategy_.zne.value_or(ZneStage{.scale_factors = {1.0}});
  const std::size_t n_circuits = zne.scale_factors.size() * measurement_.bases.size();
  if (total_shots > 0 && total_shots < n_circuits)
    throw InputError("shots", "",
                     fmt::format("{} are too few for {} circuits", total_shots, n_circuits));
  const std::vector<std::uint64_t> shots = evenly(total_shots, n_circuits);
  for (std::size_t s = 0; s < zne.scale_factors.size(); ++s)
    for (std::size_t b = 0; b < measurement_.bases.size(); ++b) {
      const Circuit native = translate(in_basis(circuit, measurement_.bases[b].rotated),
                                       believed.calibration, believed.layout);
      ScaledCircuit at_scale = scaled(native, zne.scale_factors[s], zne.scaling);
      if (strategy_.decoupling != DecouplingSequence::none)
        at_scale.circuit = native_circuit(at_scale.circuit, believed, strategy_.decoupling);
      if (b == 0) add_scale_factor(zne.scale_factors[s], at_scale.scale_factor);
      targets_.push_back({s, b});
      job_names_.push_back(job_name(scale_factors_.back(), b));
      Job job;
      job.circuit = std::make_shared<const Circuit>(std::move(at_scale.circuit));
      job.shots = shots[plan_.jobs.size()];
      job.noise_scale = at_scale.noise_scale;
      plan_.jobs.push_back(std::move(job));
    }
}

void PreparedStrategy::add_scale_factor(double wanted, double reached) {
  if (std::ranges::count(scale_factors_, reached) > 0)
    throw InputError(
        "zne", "scale factors",
        fmt::format("{} folds to {} times the gates, as an earlier one does", wanted, reached));
  scale_factors_.push_back(reached);
}

std::string PreparedStrategy::job_name(double scale_factor, std::size_t basis) const {
  std::string name = strategy_.zne ? fmt::format("zne-scale-{:.4g}", scale_factor) : "raw";
  if (measurement_.bases.size() > 1) name += fmt::format("-basis-{}", basis);
  return name;
}

JointEstimate PreparedStrategy::at_every_scale(std::span<const Outcomes> outcomes) const {
  std::vector<Reading> readings;
  for (std::size_t j = 0; j < targets_.size(); ++j)
    readings.push_back({outcomes[j], measurement_.bases[targets_[j].basis].terms});
  const JointEstimate terms = estimator_.estimate(readings).joint();
  // Jobs are in the order of scale factors, and within one in the order of terms.
  const arma::mat map = arma::kron(arma::eye(scale_factors_.size(), scale_factors_.size()),
                                   measurement_.coefficients);
  return {arma::repmat(measurement_.constants, scale_factors_.size(), 1) + map * terms.values,
          map * terms.covariance * map.t()};
}

std::vector<Estimate> PreparedStrategy::combine(std::span<const Outcomes> outcomes) const {
  plan_.require_matching(outcomes);
  const JointEstimate at_scales = at_every_scale(outcomes);
  std::uint64_t shots = 0;
  for (const Outcomes& outcome : outcomes) shots += outcome.shots;
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < measurement_.n_observables(); ++k) {
    estimates.push_back(extrapolated(at_scales, k));
    estimates.back().method = method();
    estimates.back().shots = shots;
    estimates.back().circuits = outcomes.size();
  }
  return estimates;
}

Estimate PreparedStrategy::extrapolated(const JointEstimate& at_scales, arma::uword k) const {
  const arma::uvec of_k =
      arma::regspace<arma::uvec>(k, measurement_.n_observables(), at_scales.values.n_elem - 1);
  const arma::vec values = at_scales.values.elem(of_k);
  const arma::mat covariance = at_scales.covariance.submat(of_k, of_k);
  if (strategy_.zne)
    return zne::extrapolate(strategy_.zne->extrapolation, scale_factors_, values, covariance);
  return normal_estimate(values(0), std::sqrt(std::max(covariance(0, 0), 0.0)), "");
}

std::string PreparedStrategy::method() const {
  if (!strategy_.zne) return estimator_.method;
  return fmt::format("zne/{} over {}", to_string(strategy_.zne->extrapolation), estimator_.method);
}

}  // namespace rhodrift
