#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/shot_expectations.hpp>

#include "core/named_settings.hpp"
#include "train/gate_angles.hpp"
#include "train/gradient_directions.hpp"
#include "train/names.hpp"
#include "train/random.hpp"

namespace rhodrift {

namespace {

using Options = ShotExpectations::Options;

constexpr const char* source = "shot expectations";

constexpr Names<GradientMethod, 3> names{
    {{GradientMethod::parameter_shift, "parameter-shift"},
     {GradientMethod::finite_differences, "finite-differences"},
     {GradientMethod::spsa, "spsa"}}};

/// Each qubit as the bit that it is read into at the end.
Observable on_bits(const Observable& observable, const Circuit& circuit) {
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  const auto bit_of = [&](int qubit) {
    for (int bit = 0; bit < static_cast<int>(qubit_of_bit.size()); ++bit)
      if (qubit_of_bit[static_cast<std::size_t>(bit)] == qubit && !circuit.is_mid_circuit(bit))
        return bit;
    throw InputError("observable", observable.to_string(),
                     qubit < circuit.n_qubits()
                         ? fmt::format("qubit {} is not measured", qubit)
                         : fmt::format("qubit {} is outside 0..{}", qubit, circuit.n_qubits() - 1));
  };
  std::vector<Observable::Term> terms;
  for (const Observable::Term& term : observable.terms()) {
    std::vector<PauliString::Factor> factors;
    for (const auto& [qubit, pauli] : term.pauli.factors())
      factors.push_back({bit_of(qubit), pauli});
    terms.push_back({term.coefficient, PauliString(std::move(factors))});
  }
  return Observable(std::move(terms));
}

PauliMeasurement measurement_of(std::span<const Observable> observables, const Circuit& circuit) {
  std::vector<Observable> on_its_bits;
  for (const Observable& observable : observables)
    on_its_bits.push_back(on_bits(observable, circuit));
  return PauliMeasurement(on_its_bits);
}

/// (A matrix without rows has no column to refer to.)
std::vector<double> sample_of(const arma::mat& features, arma::uword b) {
  if (features.n_rows == 0) return {};
  return arma::conv_to<std::vector<double>>::from(features.col(b));
}

struct Mean {
  double value = 0.0;
  double variance = 0.0;  // of `value`
};

/// Of Σ_k coefficients(k) O_k without its constant, from the outcomes of one sample in all bases.
Mean mean_of(std::span<const Outcomes> by_basis, const PauliMeasurement& measurement,
             const arma::vec& coefficients) {
  const arma::vec part_coefficients = measurement.sums.t() * coefficients;
  Mean sum;
  arma::uword first = 0;
  for (std::size_t j = 0; j < by_basis.size(); ++j) {
    const std::vector<Observable>& parts = measurement.bases[j].parts;
    const Outcomes& outcomes = by_basis[j];
    const arma::vec frequency(outcomes.frequency);
    const arma::vec y =
        tabulate(outcomes, parts) * part_coefficients.subvec(first, arma::size(parts.size(), 1));
    first += parts.size();
    const double mean = arma::dot(frequency, y);
    sum.value += mean;
    if (outcomes.shots > 1)
      sum.variance +=
          arma::dot(frequency, arma::square(y - mean)) / (static_cast<double>(outcomes.shots) - 1);
  }
  return sum;
}

/// The derivatives of the loss along the directions, given its derivatives in f, `outer`
/// (n_observables x n_samples): Σ_samples outer · Σ_points factor · f. Outcomes by direction,
/// point, sample and basis.
std::vector<Mean> derivatives_along(std::span<const GradientDirection> directions,
                                    std::span<const Outcomes> outcomes,
                                    const PauliMeasurement& measurement, const arma::mat& outer) {
  const std::size_t n_bases = measurement.bases.size();
  std::size_t next = 0;
  std::vector<Mean> derivatives;
  for (const GradientDirection& direction : directions) {
    Mean sum;
    for (const auto& [displacement, factor] : direction.points)
      for (arma::uword b = 0; b < outer.n_cols; ++b, next += n_bases) {
        const Mean mean = mean_of(outcomes.subspan(next, n_bases), measurement, outer.col(b));
        sum.value += factor * mean.value;
        sum.variance += factor * factor * mean.variance;
      }
    derivatives.push_back(sum);
  }
  return derivatives;
}

}  // namespace

std::string_view to_string(GradientMethod method) {
  return name_of(names, method);
}

GradientMethod parse_gradient_method(std::string_view name) {
  return value_named(names, name, "gradient method");
}

/// What all samples are run with.
struct ShotExpectations::Setting {
  arma::vec angles;
  std::uint64_t shots;
};

void Options::validate() const {
  if (!(step_rad > 0 && std::isfinite(step_rad)))
    throw InputError(source, "step_rad", fmt::format("{} is not > 0", step_rad));
  if (spsa_draws < 1)
    throw InputError(source, "spsa_draws", fmt::format("{} is not >= 1", spsa_draws));
  if (!adaptive) return;
  adaptive->validate();
  if (method == GradientMethod::spsa)
    throw InputError(source, "adaptive", "spsa has no directions of its own to give shots to");
}

ShotExpectations::ShotExpectations(Executor& executor, const Circuit& circuit,
                                   std::span<const Observable> observables, const Options& options)
    : ShotExpectations(executor, circuit, observables, options, State()) {}

ShotExpectations::ShotExpectations(Executor& executor, const Circuit& circuit,
                                   std::span<const Observable> observables, const Options& options,
                                   State state)
    : executor_(executor),
      angles_(std::make_unique<const GateAngles>(circuit)),
      measurement_(measurement_of(observables, circuit)),
      options_(options),
      state_(std::move(state)) {
  options_.validate();
  if (options_.adaptive) adaptive_.emplace(*options_.adaptive, state_.adaptive);
  if (options_.method == GradientMethod::parameter_shift && circuit.has_postselection())
    throw InputError(source, "circuit", "has a post-selection, where no parameter shift holds");
  for (const PauliMeasurement::Basis& basis : measurement_.bases)
    circuits_.push_back(std::make_shared<const Circuit>(in_basis(angles_->circuit, basis.rotated)));
}

ShotExpectations::~ShotExpectations() = default;

std::size_t ShotExpectations::n_weights() const {
  return angles_->coefficients.n_cols;
}

std::size_t ShotExpectations::n_features() const {
  return static_cast<std::size_t>(angles_->circuit.n_features());
}

void ShotExpectations::validate(const arma::vec& weights, const arma::mat& features) const {
  if (weights.n_elem != n_weights())
    throw InputError(source, "weights",
                     fmt::format("{}, the circuit has {}", weights.n_elem, n_weights()));
  if (features.n_rows != n_features())
    throw InputError(source, "features",
                     fmt::format("{}, the circuit has {}", features.n_rows, n_features()));
}

/// The outcomes of every setting, sample and basis, the basis being the fastest.
std::vector<Outcomes> ShotExpectations::run(std::span<const Setting> settings,
                                            const arma::mat& features) const {
  std::vector<Job> jobs;
  for (const auto& [angles, shots] : settings)
    for (arma::uword b = 0; b < features.n_cols; ++b)
      for (const std::shared_ptr<const Circuit>& circuit : circuits_)
        jobs.push_back({circuit, arma::conv_to<std::vector<double>>::from(angles),
                        sample_of(features, b), shots});
  std::vector<Outcomes> outcomes = executor_.run(jobs);
  ++state_.runs;
  state_.circuits += jobs.size();
  for (const Job& job : jobs) state_.shots += job.shots;
  return outcomes;
}

arma::mat ShotExpectations::values_from(std::span<const Outcomes> outcomes,
                                        arma::uword n_samples) const {
  const std::size_t n_bases = circuits_.size();
  arma::mat values(n_observables(), n_samples);
  for (arma::uword b = 0; b < n_samples; ++b) {
    arma::vec parts(measurement_.n_parts());
    arma::uword p = 0;
    for (std::size_t j = 0; j < n_bases; ++j) {
      const Outcomes& read = outcomes[b * n_bases + j];
      const arma::rowvec means =
          arma::rowvec(read.frequency) * tabulate(read, measurement_.bases[j].parts);
      for (const double mean : means) parts(p++) = mean;
    }
    values.col(b) = measurement_.constants + measurement_.sums * parts;
  }
  return values;
}

arma::mat ShotExpectations::values(const arma::vec& weights, const arma::mat& features) const {
  validate(weights, features);
  const Setting setting{angles_->coefficients * weights, options_.shots};
  const std::lock_guard lock(mutex_);
  return values_from(run({&setting, 1}, features), features.n_cols);
}

ExpectationFunction::Gradient ShotExpectations::gradient(
    const arma::vec& weights, const arma::mat& features,
    const LossDerivative& loss_derivative) const {
  return estimate_gradient(weights, features, loss_derivative).gradient;
}

std::vector<GradientDirection> ShotExpectations::directions() const {
  switch (options_.method) {
    case GradientMethod::parameter_shift:
      return parameter_shift_directions(*angles_);
    case GradientMethod::finite_differences:
      return difference_directions(*angles_, options_.step_rad);
    case GradientMethod::spsa:
      return spsa_directions(
          *angles_, options_.step_rad, options_.spsa_draws,
          training_stream(options_.seed, StreamPurpose::spsa_directions, state_.runs));
  }
  return {};
}

std::vector<std::uint64_t> ShotExpectations::shots_of(std::span<const GradientDirection> directions,
                                                      arma::uword n_samples) const {
  if (!adaptive_) return std::vector<std::uint64_t>(directions.size(), options_.shots);
  arma::vec circuits(directions.size());
  for (std::size_t d = 0; d < directions.size(); ++d)
    circuits(d) = static_cast<double>(directions[d].points.size() * n_samples * circuits_.size());
  return adaptive_->shots(circuits);
}

ShotExpectations::GradientEstimate ShotExpectations::estimate_gradient(
    const arma::vec& weights, const arma::mat& features,
    const LossDerivative& loss_derivative) const {
  validate(weights, features);
  const arma::vec angles = angles_->coefficients * weights;
  const arma::uword n_samples = features.n_cols;

  std::unique_lock lock(mutex_);
  const std::vector<GradientDirection> all = directions();
  const std::vector<std::uint64_t> shots = shots_of(all, n_samples);
  std::vector<Setting> settings{
      {angles, all.empty() ? options_.shots : *std::ranges::max_element(shots)}};
  for (std::size_t d = 0; d < all.size(); ++d)
    for (const GradientDirection::Point& point : all[d].points)
      settings.push_back({angles + point.displacement, shots[d]});
  const std::vector<Outcomes> outcomes = run(settings, features);
  lock.unlock();

  Gradient gradient{values_from(outcomes, n_samples), arma::vec(weights.n_elem, arma::fill::zeros)};
  arma::mat outer(n_observables(), n_samples);
  for (arma::uword b = 0; b < n_samples; ++b)
    outer.col(b) = loss_derivative(b, gradient.values.col(b));
  const std::vector<Mean> derivatives = derivatives_along(
      all, std::span(outcomes).subspan(n_samples * circuits_.size()), measurement_, outer);

  arma::vec variance(weights.n_elem, arma::fill::zeros);
  arma::vec deviation(all.size());  // AdaptiveShots' σ
  for (std::size_t d = 0; d < all.size(); ++d) {
    gradient.weights += derivatives[d].value * all[d].weights;
    variance += derivatives[d].variance * arma::square(all[d].weights);
    deviation(d) = std::sqrt(derivatives[d].variance * static_cast<double>(shots[d])) *
                   arma::norm(all[d].weights);
  }
  if (adaptive_) {
    lock.lock();
    adaptive_->observe(gradient.weights, deviation);
  }
  return {gradient, arma::sqrt(variance)};
}

ShotExpectations::State ShotExpectations::state() const {
  const std::lock_guard lock(mutex_);
  State state = state_;
  if (adaptive_) state.adaptive = adaptive_->state();
  return state;
}

// --- As text ------------------------------------------------------------------------------------

namespace {

constexpr int max_shots = 1'000'000'000, max_draws = 1'000'000;

std::optional<AdaptiveShots::Options> parse_adaptive(NamedSettings& settings) {
  std::optional<double> lipschitz;
  settings.take_number("adaptive", lipschitz);
  if (!lipschitz) return std::nullopt;
  AdaptiveShots::Options adaptive;
  adaptive.lipschitz = *lipschitz;
  settings.take_whole("min_shots", adaptive.min_shots, 2, max_shots);
  settings.take_whole("max_shots", adaptive.max_shots, 2, max_shots);
  settings.take_share("decay", adaptive.decay, true);
  return adaptive;
}

}  // namespace

std::optional<ShotExpectations::Options> parse_gradient(std::string_view text) {
  static const std::map<std::string, std::optional<GradientMethod>> known{
      {"exact", std::nullopt},
      {"parameter-shift", GradientMethod::parameter_shift},
      {"finite-differences", GradientMethod::finite_differences},
      {"spsa", GradientMethod::spsa}};
  NamedSettings settings("gradient", text);
  const std::optional<GradientMethod> method = settings.choose(known);
  std::optional<ShotExpectations::Options> options;
  if (method) {
    options.emplace().method = *method;
    settings.take_whole("shots", options->shots, 1, max_shots, true);
    if (method != GradientMethod::parameter_shift) settings.take_number("step", options->step_rad);
    if (method == GradientMethod::spsa)
      settings.take_whole("draws", options->spsa_draws, 1, max_draws);
    else
      options->adaptive = parse_adaptive(settings);
    settings.naming([&] { options->validate(); });
  }
  settings.refuse_unknown();
  return options;
}

std::string to_string(const std::optional<ShotExpectations::Options>& gradient) {
  if (!gradient) return "exact";
  std::string text = fmt::format("{}:shots={}", to_string(gradient->method), gradient->shots);
  if (gradient->method != GradientMethod::parameter_shift)
    text += fmt::format(":step={}", gradient->step_rad);
  if (gradient->method == GradientMethod::spsa)
    text += fmt::format(":draws={}", gradient->spsa_draws);
  if (const auto& adaptive = gradient->adaptive)
    text += fmt::format(":adaptive={}:min_shots={}:max_shots={}:decay={}", adaptive->lipschitz,
                        adaptive->min_shots, adaptive->max_shots, adaptive->decay);
  return text;
}

}  // namespace rhodrift
