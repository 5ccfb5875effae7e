#include "cli/model_training.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/device/routing.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>
#include <rhodrift/noise_aware/state_clusters.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/natural_gradient.hpp>
#include <rhodrift/train/target_scale.hpp>

#include "cli/arguments.hpp"

namespace rhodrift::cli {

namespace {

/// An untrained model of the task: all but its parameters.
TrainedModel prepared_model(const TrainingSetting& setting, const Dataset& data) {
  const LearningTask& task = setting.task;
  const Preprocessing preprocessing = task.fitted_preprocessing(data.features);
  TrainingConditions conditions;
  conditions.dataset = data.name;
  conditions.noise = to_string(setting.noise);
  conditions.noise_policy = "ideal";
  conditions.options = setting.options;
  return {setting.name,
          task.network(static_cast<int>(preprocessing.matrix.n_rows), data.n_outputs()),
          data.class_names,
          preprocessing,
          task.encoding,
          {},
          std::move(conditions),
          data.target_names};
}

TrainingDevice record_of(const Device& device, const PlacedQnn& placed) {
  const Calibration& now = device.calibration();
  TrainingDevice record{now.device, now.timestamp, content_hash(now), device.layout};
  if (placed.routed)
    record.routed =
        RoutedCircuit{placed.network.circuit, placed.network.observables, placed.layout};
  return record;
}

/// The metric of natural gradients: of the circuit without noise, exact.
std::shared_ptr<const FubiniStudyMetric> metric_of(const Circuit& circuit) {
  return std::make_shared<const FubiniStudyMetric>(
      circuit, [](const Circuit& layer, const std::vector<Observable>& observables) {
        return std::make_unique<ProgramExpectations>(layer, observables);
      });
}

/// What training minimises, and the shots that it is read from.
struct Minimised {
  TrainingObjective objective;
  std::shared_ptr<const ShotExpectations> shots;  ///< null: none, all is exact
};

/// Of the model as it runs on the device. The metric is that of the logical circuit, where every
/// weight has rotations of its own.
Minimised minimised_in(const TrainingSetting& setting, const Circuit& logical, const Qnn& model,
                       const DeviceHistory& device, const ShotExpectations::State& from) {
  const TrainingOptions& options = setting.options;
  Minimised minimised;
  if (options.gradient) {
    ShotExpectations::Options gradient = *options.gradient;
    if (gradient.adaptive) gradient.adaptive->learning_rate = options.optimizer.learning_rate;
    minimised.shots = shot_expectations(setting.noise, model, device, gradient, options.seed, from);
    minimised.objective = fixed_objective(model, minimised.shots, options.loss);
  } else {
    minimised.objective =
        training_objective(setting.noise, model, device, options.loss, options.seed);
  }
  if (!options.minimizer && options.optimizer.rule == Optimizer::Rule::natural_gradient)
    minimised.objective = natural_objective(model, std::move(minimised.objective),
                                            metric_of(logical), options.optimizer.regularisation);
  return minimised;
}

Dataset with_circuit_features(const TrainedModel& model, Dataset data) {
  data.features = model.circuit_features(data.features);
  return data;
}

/// At most so many samples, spread evenly over the data.
arma::mat some_samples(const arma::mat& features) {
  constexpr arma::uword max_samples = 64;
  const arma::uword step = (features.n_cols + max_samples - 1) / max_samples;
  return features.cols(arma::regspace<arma::uvec>(0, step, features.n_cols - 1));
}

/// The clusters of the device's states, by what matters to the model before it is trained; without
/// the parameters for them.
StateClusters clusters_for(const ClusterNoise& noise, const TrainedModel& model,
                           const Qnn& as_it_runs, const DeviceHistory& device,
                           const Dataset& circuit_data) {
  const TrainingOptions& options = model.training.options;
  return cluster_states(
      as_it_runs, device,
      initial_parameters(model.network, options.seed, options.initial_weights).weights,
      some_samples(circuit_data.features), noise.count);
}

/// `network` is what is trained, in the place of which `as_it_runs` stands on the device.
TrainingResult train_network(const TrainingSetting& setting, const Qnn& network,
                             const Qnn& as_it_runs, const DeviceHistory& device,
                             const Dataset& data, const std::optional<Dataset>& validation,
                             const Progress& progress, std::optional<TrainingState> from,
                             const std::function<void(const TrainingState&)>& after_step) {
  const TrainingOptions& options = setting.options;
  const auto [objective, shots] = minimised_in(setting, network.circuit, as_it_runs, device,
                                               from ? from->shots : ShotExpectations::State());
  const auto report = [&](const TrainingState& state, std::uint64_t n_steps) {
    if (after_step) after_step(state);
    if (progress) progress(state.n_steps(), n_steps);
  };
  if (options.minimizer)
    return minimize(
        network, objective, data, options, std::move(from), shots,
        [&](const TrainingState& state) { report(state, options.minimizer->max_evaluations); });
  TrainingRun run(network, objective, data, options, validation, std::move(from), shots);
  while (!run.done()) {
    run.step();
    report(run.state(), run.n_steps());
  }
  return run.result();
}

/// Where a model is trained and tested.
struct TrainingPlace {
  std::optional<Device> device;
  Qnn as_it_runs;         ///< in noise as it is routed, else as it is
  DeviceHistory history;  ///< the device's, at the qubits of as_it_runs
};

/// Notes in the model what it is trained for.
TrainingPlace place_for_training(const TrainingSetting& setting, TrainedModel& model) {
  if (!setting.device) return {{}, model.network, {}};
  const Device device = device_for(model.network.circuit, *setting.device);
  const PlacedQnn placed = place_in_setting(model.network, device);
  DeviceHistory history{setting.device->states, placed.layout};
  if (std::holds_alternative<NoNoise>(setting.noise))
    return {device, model.network, std::move(history)};
  model.training.noise_policy = to_string(device.policy());
  model.training.device = record_of(device, placed);
  return {device, placed.network, std::move(history)};
}

/// Trains for a history.
using TrainOn = std::function<TrainingResult(const DeviceHistory&, const Progress&)>;

/// One model a cluster, each trained in its centre.
std::pair<ModelRepository, std::vector<TrainingResult>> train_clusters(
    const StateClusters& clusters, const DeviceHistory& history, const TrainOn& train_on,
    const Progress& progress) {
  ModelRepository repository{clusters.numbers, clusters.importance, clusters.reach, {}};
  std::vector<TrainingResult> results;
  const std::size_t n_clusters = clusters.clusters.size();
  for (const auto& [centre, n_states, values] : clusters.clusters) {
    const NoiseModel& state = history.states[centre];
    const std::size_t n_done = results.size();
    results.push_back(train_on({{state}, history.layout}, [&](std::size_t done, std::size_t total) {
      if (progress) progress(n_done * total + done, n_clusters * total);
    }));
    repository.entries.push_back({state.calibration().timestamp, n_states, values,
                                  results.back().parameters, results.back().final_loss});
  }
  return {std::move(repository), std::move(results)};
}

}  // namespace

Device device_for(const Circuit& circuit, const DeviceHistory& history) {
  const NoiseModel& now = history.states.back();
  if (!history.layout.empty()) return {now, history.layout};
  return naming(fmt::format("model.qubits = {}", circuit.n_qubits()),
                [&] { return Device(now, choose_layout(circuit, now.calibration())); });
}

std::string place_name(const Device& device) {
  return fmt::format("{} {}", device.calibration().device, fmt::join(device.layout, "-"));
}

PlacedQnn place_in_setting(const Qnn& network, const Device& device) {
  return naming(fmt::format("device.layout = [{}]", fmt::join(device.layout, ", ")),
                [&] { return place(network, device.calibration(), device.layout); });
}

TrainingOutcome train_model(const TrainingSetting& setting, const Dataset& data,
                            const std::optional<Dataset>& validation, const Progress& progress,
                            std::optional<TrainingState> from,
                            const std::function<void(const TrainingState&)>& after_step) {
  TrainedModel model = prepared_model(setting, data);
  std::optional<TargetScale> scale;
  if (data.is_regression()) scale = TargetScale::of(data);
  const auto as_learnt = [&](const Dataset& samples) {
    Dataset prepared = with_circuit_features(model, samples);
    return scale ? scale->scaled(std::move(prepared)) : prepared;
  };
  const auto in_units = [&](QnnParameters parameters) {
    if (scale) parameters.head = scale->in_units(std::move(parameters.head));
    return parameters;
  };
  const Dataset circuit_data = as_learnt(data);
  std::optional<Dataset> looked_at;
  if (validation) looked_at = as_learnt(*validation);
  const TrainingPlace place = place_for_training(setting, model);
  const TrainOn train_on = [&](const DeviceHistory& states, const Progress& of_run) {
    return train_network(setting, model.network, place.as_it_runs, states, circuit_data, looked_at,
                         of_run, std::move(from), after_step);
  };
  const auto* cluster_noise = std::get_if<ClusterNoise>(&setting.noise);
  if (!cluster_noise) {
    TrainingResult result = train_on(place.history, progress);
    model.parameters = in_units(result.parameters);
    model.training.final_loss = result.final_loss;
    return {std::move(model), std::move(result), place.device};
  }
  auto [repository, results] = train_clusters(
      clusters_for(*cluster_noise, model, place.as_it_runs, place.history, circuit_data),
      place.history, train_on, progress);
  for (ModelRepository::Entry& entry : repository.entries)
    entry.parameters = in_units(std::move(entry.parameters));
  const Calibration& now = place.history.states.back().calibration();
  const std::size_t chosen = choose_model(repository, now).entry;
  model.repository = std::move(repository);
  std::uint64_t shots = 0;
  for (const TrainingResult& trained : results) shots += trained.shots;
  results[chosen].shots = shots;
  return {model_for(model, now), std::move(results[chosen]), place.device};
}

}  // namespace rhodrift::cli
