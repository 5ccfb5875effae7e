#include "cli/model_probe.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/expressibility.hpp>
#include <rhodrift/train/shot_expectations.hpp>
#include <rhodrift/train/target_scale.hpp>

#include "cli/arguments.hpp"
#include "core/parallel.hpp"
#include "core/shuffle.hpp"

namespace rhodrift::cli {

namespace {

constexpr std::uint64_t starts_purpose = 0x7062'0001, minibatch_purpose = 0x7062'0002;
/// Of the default table; what is wider takes minutes.
constexpr int max_table_qubits = 8, max_table_layers = 8;
constexpr std::size_t random_state_pairs = 2000;
/// The shots that variances are measured with: their errors are a few per cent.
constexpr std::uint64_t measured_shots = 1024;
/// Derivatives are exact to some 1e-14.
constexpr double rounding_norm = 1e-12;

// --- The model in its own and other sizes --------------------------------------------------------

int layers_of(const Ansatz& ansatz) {
  return std::visit([](const auto& form) { return form.layers; }, ansatz.form);
}

LearningTask resized(LearningTask task, int n_qubits, int layers) {
  task.n_qubits = n_qubits;
  std::visit([layers](auto& form) { form.layers = layers; }, task.ansatz.form);
  return task;
}

/// A task with samples, whose features are those before they are encoded.
struct ProbedTask {
  LearningTask task;
  Dataset samples;
  double features_a_qubit;

  /// In proportion to the qubits, as far as there is room: another density of encoding gates would
  /// be taken for an effect of the width.
  int n_features() const {
    const auto room = static_cast<long>(max_features(task.encoding, task.n_qubits));
    return static_cast<int>(std::clamp(std::lround(features_a_qubit * task.n_qubits), 1L, room));
  }
  Qnn network() const { return task.network(n_features(), samples.n_outputs()); }
  /// Where there are more features than the samples have, theirs are repeated.
  Dataset circuit_samples() const {
    const auto n = static_cast<arma::uword>(n_features());
    arma::mat features(n, samples.n_samples());
    for (arma::uword j = 0; j < n; ++j)
      features.row(j) = samples.features.row(j % samples.features.n_rows);
    Dataset encoded = samples;
    encoded.features =
        Encoder(task.encoding, task.n_qubits, n_features()).circuit_features(features);
    return encoded;
  }
  ProbedTask at(int n_qubits, int layers) const {
    return {resized(task, n_qubits, layers), samples, features_a_qubit};
  }
  bool possible_at(int n_qubits, int layers) const {
    try {
      at(n_qubits, layers).network();
      return true;
    } catch (const InputError&) {
      return false;
    }
  }
};

/// A minibatch of the size that training takes; minimisers take all.
ProbedTask probed_task(const TrainingSetting& setting, const Dataset& data) {
  std::vector<std::size_t> order(data.n_samples());
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random(setting.options.seed, stream_id(minibatch_purpose, 0));
  shuffle(order, random);
  if (!setting.options.minimizer) order.resize(std::min(order.size(), setting.options.batch_size));
  Dataset minibatch = data.subset(order);
  if (data.is_regression()) minibatch = TargetScale::of(data).scaled(std::move(minibatch));
  minibatch.features = setting.task.fitted_preprocessing(data.features).apply(minibatch.features);
  const auto n_features = static_cast<int>(minibatch.features.n_rows);
  setting.task.network(n_features, data.n_outputs());  // or it says what does not fit
  const double features_a_qubit = 1.0 * n_features / setting.task.n_qubits;
  return {setting.task, std::move(minibatch), features_a_qubit};
}

std::vector<int> default_widths(const ProbedTask& probed) {
  const int own = probed.task.n_qubits, layers = layers_of(probed.task.ansatz);
  std::vector<int> widths;
  for (int n = std::min(own, 2); n <= std::max(6, std::min(own, max_table_qubits)); ++n)
    if (probed.possible_at(n, layers)) widths.push_back(n);
  return widths.empty() ? std::vector{own} : widths;
}

std::vector<int> default_depths(const ProbedTask& probed, const std::vector<int>& widths) {
  std::vector<int> candidates{1, 2, 4, 8};
  const int own = layers_of(probed.task.ansatz);
  if (own >= 1 && own <= max_table_layers) candidates.push_back(own);
  std::ranges::sort(candidates);
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::erase_if(candidates, [&](int layers) {
    return !std::ranges::all_of(widths, [&](int n) { return probed.possible_at(n, layers); });
  });
  return candidates.empty() ? std::vector{own} : candidates;
}

// --- Variance of the loss's gradient -------------------------------------------------------------

LossGradient loss_gradient(const std::string& noise, const TrainingObjective& objective,
                           const Qnn& network, const Dataset& minibatch,
                           const TrainingOptions& options, std::size_t draws) {
  RandomStream random(options.seed, stream_id(starts_purpose, 0));
  std::vector<std::uint64_t> seeds(draws);
  for (std::uint64_t& seed : seeds) seed = random();
  arma::mat derivatives(static_cast<arma::uword>(network.circuit.n_weights()), draws);
  parallel_for(draws, [&](std::size_t i) {
    const QnnParameters start = initial_parameters(network, seeds[i], options.initial_weights);
    derivatives.col(i) = objective(i, start, minibatch, true).gradient.head(derivatives.n_rows);
  });
  const arma::rowvec norms = arma::sqrt(arma::sum(arma::square(derivatives), 0));
  return {noise, gradient_variance(derivatives),
          student_estimate(arma::mean(norms),
                           arma::stddev(norms) / std::sqrt(static_cast<double>(draws)), draws - 1,
                           "mean over starts")};
}

// --- Barren plateau ------------------------------------------------------------------------------

bool is_number(const Observable& observable) {
  return std::ranges::all_of(observable.terms(), [](const Observable::Term& term) {
    return Observable(term.pauli).min_qubits() == 0;
  });
}

Observable mean_of(const std::vector<Observable>& observables) {
  std::vector<Observable::Term> terms;
  for (const Observable& observable : observables)
    for (const auto& [coefficient, pauli] : observable.terms())
      terms.push_back({coefficient / static_cast<double>(observables.size()), pauli});
  Observable mean(std::move(terms));
  return is_number(mean) ? observables.front() : mean;
}

/// Gives the expectations of a model of any size.
using Expectations = std::function<SharedExpectations(const Qnn&)>;

SharedExpectations without_noise(const Qnn& network) {
  return std::make_shared<const ProgramExpectations>(network.circuit, network.observables);
}

BarrenPlateauProbe plateau_of(const ProbedTask& probed, const InitialWeights& initial,
                              const Expectations& expectations,
                              const BarrenPlateauOptions& options) {
  return probe_barren_plateau(
      [&](int n_qubits, int layers) {
        const ProbedTask sized = probed.at(n_qubits, layers);
        Qnn network = sized.network();
        network.observables = {mean_of(network.observables)};
        return ProbedCircuit{expectations(network),
                             [initial, circuit = network.circuit](std::uint64_t seed) {
                               return initial_weights(initial, circuit, seed);
                             },
                             sized.circuit_samples().features};
      },
      options);
}

// --- Ansatz --------------------------------------------------------------------------------------

AnsatzFigures figures_of(const Ansatz& ansatz, int n_qubits, std::uint64_t seed) {
  const Circuit circuit = ansatz_circuit(ansatz, n_qubits);
  DensityMatrixExecutor executor(seed);
  return {
      to_string(ansatz),
      expressibility(random_fidelities(circuit, {}, executor, random_state_pairs, seed), n_qubits),
      entangling_capability(ProgramExpectations(circuit, bloch_observables(n_qubits)), arma::vec(),
                            random_state_pairs, seed)};
}

AnsatzFigures haar_figures(int n_qubits) {
  const double d = std::exp2(n_qubits);
  return {"Haar-random states", normal_estimate(0, 0, "exact"),
          normal_estimate((d - 2) / (d + 1), 0, "exact")};
}

// --- Shot noise ----------------------------------------------------------------------------------

/// Exact expectations and gradients, which take down what the errors of the gradients would be from
/// shots: of parameter shifts, the loss's derivatives being known without noise.
class MeasuredErrors : public ExpectationFunction {
 public:
  MeasuredErrors(SharedExpectations exact, const ShotExpectations& shots)
      : exact_(std::move(exact)), shots_(shots) {}

  std::size_t n_weights() const override { return exact_->n_weights(); }
  std::size_t n_features() const override { return exact_->n_features(); }
  std::size_t n_observables() const override { return exact_->n_observables(); }
  arma::mat values(const arma::vec& weights, const arma::mat& features) const override {
    return exact_->values(weights, features);
  }
  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative& loss_derivative) const override {
    Gradient gradient = exact_->gradient(weights, features, loss_derivative);
    std_error_ = shots_
                     .estimate_gradient(weights, features,
                                        [&](std::size_t b, const arma::vec&) {
                                          return loss_derivative(b, gradient.values.col(b));
                                        })
                     .std_error;
    return gradient;
  }
  /// Of the last gradient.
  const arma::vec& std_error() const { return std_error_; }

 private:
  SharedExpectations exact_;
  const ShotExpectations& shots_;
  mutable arma::vec std_error_;
};

double shots_at_equality(double derivative, double variance) {
  if (variance == 0) return 0;
  return std::abs(derivative) < rounding_norm ? arma::datum::inf
                                              : variance / (derivative * derivative);
}

/// `as_it_runs` is the network as it is placed on a device.
ShotNoise shot_noise_of(const std::string& noise, const Qnn& network, const Qnn& as_it_runs,
                        const Dataset& minibatch, const TrainingOptions& options,
                        const SharedExpectations& exact, const PrepareCircuit& prepare,
                        std::uint64_t shots) {
  DensityMatrixExecutor executor(options.seed, prepare);
  ShotExpectations::Options measuring;
  measuring.shots = measured_shots;
  const ShotExpectations from_shots(executor, as_it_runs.circuit, as_it_runs.observables,
                                    measuring);
  const MeasuredErrors measured(exact, from_shots);
  const QnnParameters start = initial_parameters(network, options.seed, options.initial_weights);
  const arma::vec gradient = training_loss(network, measured, start, minibatch, options.loss)
                                 .gradient.head(start.weights.n_elem);
  const arma::vec variances = arma::square(measured.std_error()) * double{measured_shots};

  ShotNoise result{noise, shots, gradient_noise(gradient, variances, shots), 0, 0};
  arma::vec shots_needed(gradient.n_elem);
  for (arma::uword j = 0; j < gradient.n_elem; ++j) {
    const double least = std::max(result.gradient.std_errors(j), rounding_norm);
    result.weights_above += std::abs(gradient(j)) > least ? 1 : 0;
    shots_needed(j) = shots_at_equality(gradient(j), variances(j));
  }
  shots_needed = arma::sort(shots_needed);
  result.median_shots_at_equality = shots_needed((shots_needed.n_elem - 1) / 2);
  return result;
}

// --- Warnings ------------------------------------------------------------------------------------

std::optional<Warning> no_gradient_warning(const Estimate& norm) {
  if (norm.value > rounding_norm) return std::nullopt;
  return Warning{Warning::Code::no_gradient,
                 "the gradient in the circuit's weights is 0 where training starts",
                 "read more observables than one, so that outputs differ (head = \"z\"), or start "
                 "elsewhere (initial_weights)"};
}

std::vector<Warning> warnings_of(const ModelProbe& probe) {
  std::vector<Warning> warnings;
  const auto add = [&](const std::optional<Warning>& warning) {
    if (warning) warnings.push_back(*warning);
  };
  add(no_gradient_warning(probe.loss_gradients.front().norm));
  for (const Warning& warning : probe.plateau.warnings) add(warning);
  if (probe.plateau_on_device)
    for (Warning warning : probe.plateau_on_device->warnings) {
      warning.finding = fmt::format("with the noise of {} {}", probe.device, warning.finding);
      add(warning);
    }
  if (probe.n_qubits > 1) add(entanglement_warning(probe.figures.entangling_capability));
  add(probe.shot_noise.gradient.warning);
  return warnings;
}

}  // namespace

ModelProbe probe_model(const TrainingSetting& setting, const Dataset& data,
                       const ModelProbeOptions& options, const Progress& progress) {
  const TrainingOptions& training = setting.options;
  const ProbedTask probed = probed_task(setting, data);
  const Qnn network = probed.network();
  const Dataset minibatch = probed.circuit_samples();
  ModelProbe probe;
  probe.ansatz = to_string(setting.task.ansatz);
  probe.initial_weights = to_string(training.initial_weights);
  probe.n_qubits = setting.task.n_qubits;
  probe.layers = layers_of(setting.task.ansatz);
  probe.n_weights = static_cast<std::size_t>(network.circuit.n_weights());
  probe.n_samples = minibatch.n_samples();
  probe.draws = options.draws;
  constexpr std::size_t n_stages = 5;
  std::size_t stage = 0;
  const auto next = [&] {
    if (progress) progress(stage++, n_stages);
  };

  next();
  const auto add_gradient = [&](const std::string& noise, const TrainingObjective& objective) {
    probe.loss_gradients.push_back(
        loss_gradient(noise, objective, network, minibatch, training, options.draws));
  };
  add_gradient("without noise", fixed_objective(network, without_noise(network), training.loss));
  Expectations on_its_device = without_noise;
  PrepareCircuit prepare;
  Qnn as_it_runs = network;
  if (setting.device) {
    const Device device = device_for(network.circuit, *setting.device);
    const PlacedQnn placed = place_in_setting(network, device);
    as_it_runs = placed.network;
    probe.device = place_name(device);
    const TrainingNoise noise =
        std::holds_alternative<NoNoise>(setting.noise) ? ExactNoise{} : setting.noise;
    add_gradient(fmt::format("{} on {}", to_string(noise), probe.device),
                 training_objective(noise, placed.network, {setting.device->states, placed.layout},
                                    training.loss, training.seed));
    on_its_device = [device](const Qnn& other) {
      const PlacedQnn there = place(other, device.calibration(), device.layout);
      return expectations_on(there.network, device.model, there.layout);
    };
    prepare = [there = Device(device.model, placed.layout)](const Circuit& circuit,
                                                            double noise_scale) {
      return on_device(circuit, there, noise_scale);
    };
  }

  next();
  BarrenPlateauOptions plateau;
  plateau.n_qubits = options.n_qubits.empty() ? default_widths(probed) : options.n_qubits;
  plateau.layers =
      options.layers.empty() ? default_depths(probed, plateau.n_qubits) : options.layers;
  plateau.draws = options.draws;
  plateau.seed = training.seed;
  probe.plateau_observable = mean_of(network.observables).to_string();
  probe.plateau = plateau_of(probed, training.initial_weights, without_noise, plateau);
  next();
  if (setting.device) {
    plateau.n_qubits = {probe.n_qubits};
    probe.plateau_on_device = plateau_of(probed, training.initial_weights, on_its_device, plateau);
  }

  next();
  probe.figures = figures_of(setting.task.ansatz, probe.n_qubits, training.seed);
  probe.product = figures_of({EfficientSu2{0}}, probe.n_qubits, training.seed);
  probe.product.circuit = "ry and rz on every qubit";
  probe.haar = haar_figures(probe.n_qubits);

  next();
  probe.shot_noise = shot_noise_of(
      probe.device.empty() ? "without noise" : "exact on " + probe.device, network, as_it_runs,
      minibatch, training, on_its_device(network), prepare, options.shots);
  probe.warnings = warnings_of(probe);
  return probe;
}

}  // namespace rhodrift::cli
