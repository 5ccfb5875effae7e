#include "cli/classification.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/device/routing.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>
#include <rhodrift/noise_aware/state_clusters.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/natural_gradient.hpp>
#include <rhodrift/train/preprocessing.hpp>
#include <rhodrift/train/synthetic_data.hpp>
#include <rhodrift/train/target_scale.hpp>

#include "cli/arguments.hpp"
#include "cli/data_directory.hpp"
#include "cli/scores.hpp"

namespace rhodrift::cli {

namespace {

std::vector<double> column(const arma::mat& matrix, std::size_t c) {
  return arma::conv_to<std::vector<double>>::from(matrix.col(c));
}

std::vector<double> weights_of(const TrainedModel& model) {
  return arma::conv_to<std::vector<double>>::from(model.parameters.weights);
}

// The mean of one number a sample, with the standard error of that mean.
Estimate mean_over_samples(const arma::vec& values, const std::string& method) {
  const double n = static_cast<double>(values.n_elem);
  return normal_estimate(arma::mean(values),
                         values.n_elem > 1 ? arma::stddev(values) / std::sqrt(n) : 0.0, method);
}

// Outcomes of one prepared circuit set for every sample: outcomes[sample][circuit].
using SampleOutcomes = std::vector<std::vector<Outcomes>>;

SampleOutcomes run_samples(const PreparedStrategy& strategy, const TrainedModel& model,
                           const arma::mat& features, DensityMatrixExecutor& executor,
                           RunWriter* run) {
  std::vector<Job> jobs;
  for (std::size_t b = 0; b < features.n_cols; ++b)
    for (Job& job : strategy.plan().bound(weights_of(model), column(features, b)).jobs)
      jobs.push_back(std::move(job));
  const std::vector<ShotTable> tables = executor.run_shots(jobs);

  const std::size_t n_circuits = strategy.job_names().size();
  SampleOutcomes outcomes(features.n_cols);
  for (std::size_t j = 0; j < tables.size(); ++j)
    outcomes[j / n_circuits].push_back(tables[j].outcomes());
  if (run == nullptr) return outcomes;
  for (std::size_t c = 0; c < n_circuits; ++c) {
    std::vector<std::uint8_t> packed;
    for (std::size_t j = c; j < tables.size(); j += n_circuits)
      packed.insert(packed.end(), tables[j].packed().begin(), tables[j].packed().end());
    run->write_shots(fmt::format("{}/{}", model.name, strategy.job_names()[c]),
                     ShotTable::from_packed(tables.front().n_bits(), std::move(packed)));
  }
  return outcomes;
}

arma::mat outputs_of(const TrainedModel& model, const arma::mat& expectations) {
  return model_outputs(model.network, model.parameters.head, expectations);
}

StrategyEvaluation score(const std::string& name, const TrainedModel& model, const Dataset& data,
                         const arma::mat& estimated, const arma::mat& truth, std::uint64_t shots,
                         std::size_t n_circuits) {
  StrategyEvaluation evaluation;
  evaluation.strategy = name;
  evaluation.outputs = outputs_of(model, estimated);
  evaluation.score = score_of(evaluation.outputs, data);
  evaluation.expectation_error_by_sample = arma::mean(arma::abs(estimated - truth), 0).t();
  evaluation.expectation_error = mean_over_samples(evaluation.expectation_error_by_sample, name);
  for (Estimate* estimate : {&evaluation.score, &evaluation.expectation_error}) {
    estimate->method = name;
    estimate->shots = shots * data.n_samples();
    estimate->circuits = n_circuits * data.n_samples();
  }
  return evaluation;
}

// A probe of the score that the exact noisy expectations give; `features` are the circuit's.
Probe score_probe(const TrainedModel& model, const PlacedQnn& placed, const arma::mat& features,
                  const Dataset& data, NoisePolicy policy) {
  return {model.name, score_name(data), [&, policy](const Calibration& state) {
            const ProgramExpectations expectations(
                on_device(placed.network.circuit, {state, placed.layout, policy}),
                placed.network.observables);
            const TrainedModel here = model_for(model, state);
            return score_of(
                outputs_of(here, expectations.values(here.parameters.weights, features)), data);
          }};
}

// |<Z> with the stale readout inverse - <Z> with the state's own|, exact, mean over observables and
// samples.
Probe stale_readout_probe(const TrainedModel& model, const PlacedQnn& placed,
                          const arma::mat& features, const Calibration& first, NoisePolicy policy) {
  const ExpectationEstimator stale =
      readout::inversion(NoiseModel(first, policy).readout_error(placed.layout));
  return {fmt::format("stale readout inversion ({})", model.name), "bias of <Z>",
          [&, stale, policy](const Calibration& state) {
            const ExpectationEstimator fresh =
                readout::inversion(NoiseModel(state, policy).readout_error(placed.layout));
            const auto circuit = std::make_shared<const Circuit>(
                on_device(placed.network.circuit, {state, placed.layout, policy}));
            const std::vector<double> weights = weights_of(model_for(model, state));
            std::vector<Job> jobs;
            for (std::size_t b = 0; b < features.n_cols; ++b)
              jobs.push_back({circuit, weights, column(features, b), 0});
            DensityMatrixExecutor executor(0);
            const std::vector<Outcomes> outcomes = executor.run(jobs);
            arma::vec bias(features.n_cols);
            for (std::size_t b = 0; b < features.n_cols; ++b)
              bias(b) =
                  arma::mean(arma::abs(stale(outcomes[b], placed.network.observables).values -
                                       fresh(outcomes[b], placed.network.observables).values));
            return mean_over_samples(bias, "readout/inversion with the first state's calibration");
          }};
}

}  // namespace

bool is_data_name(const std::string& data) {
  return is_synthetic(data) || data.find_first_of("./") == std::string::npos;
}

LabelledSamples load_samples(const std::string& data) {
  if (is_synthetic(data) || !is_data_name(data)) return read_samples(data);
  const std::filesystem::path directory = data_directory() / "datasets";
  const std::filesystem::path file = directory / (data + ".csv");
  if (std::filesystem::exists(file)) return read_csv_samples(file);
  std::set<std::string> names{"moons", "circles", "blobs", "sine", "friedman1"};
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".csv") names.insert(entry.path().stem().string());
  throw InputError(
      data, "",
      fmt::format("no data have this name; there are {}, and files by their names with "
                  "extension",
                  fmt::join(names, ", ")));
}

Task parse_task(const std::string& text) {
  if (text == "classification") return Task::classification;
  if (text == "regression") return Task::regression;
  throw InputError("task", text, "is unknown; known are classification and regression");
}

Dataset dataset_of(const LabelledSamples& samples, Task task,
                   const std::vector<std::string>& classes) {
  return task == Task::regression ? as_regression(samples) : select_classes(samples, classes);
}

Split LearningTask::load() const {
  return split(dataset_of(load_samples(data), kind, classes), test_share, split_seed);
}

Qnn LearningTask::network(int n_features, std::size_t n_outputs) const {
  Qnn network{Encoder(encoding, n_qubits, n_features).before(ansatz_circuit(ansatz, n_qubits)),
              head.on(output_qubits(ansatz, n_qubits)), static_cast<int>(n_outputs),
              post_measurement};
  network.validate();
  return network;
}

namespace {

/// An untrained model of the task: all but its parameters.
TrainedModel prepared_model(const TrainingSetting& setting, const Dataset& data) {
  const LearningTask& task = setting.task;
  std::vector<PreprocessingStep> steps;
  for (const std::string& step : task.preprocessing)
    steps.push_back(parse_preprocessing_step(step));
  const Preprocessing preprocessing = fit_preprocessing(steps, data.features);
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
    const bool values_only = options.minimizer && !uses_gradients(options.minimizer->algorithm);
    minimised.objective = values_only ? value_objective(model, minimised.shots, options.loss)
                                      : fixed_objective(model, minimised.shots, options.loss);
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
  auto [device, as_it_runs, history] = place_for_training(setting, model);
  const TrainOn train_on = [&](const DeviceHistory& states, const Progress& of_run) {
    return train_network(setting, model.network, as_it_runs, states, circuit_data, looked_at,
                         of_run, std::move(from), after_step);
  };
  const auto* cluster_noise = std::get_if<ClusterNoise>(&setting.noise);
  if (!cluster_noise) {
    TrainingResult result = train_on(history, progress);
    model.parameters = in_units(result.parameters);
    model.training.final_loss = result.final_loss;
    return {std::move(model), std::move(result), std::move(device)};
  }
  auto [repository, results] =
      train_clusters(clusters_for(*cluster_noise, model, as_it_runs, history, circuit_data),
                     history, train_on, progress);
  for (ModelRepository::Entry& entry : repository.entries)
    entry.parameters = in_units(std::move(entry.parameters));
  const Calibration& now = history.states.back().calibration();
  const std::size_t chosen = choose_model(repository, now).entry;
  model.repository = std::move(repository);
  return {model_for(model, now), std::move(results[chosen]), std::move(device)};
}

void require_fitting(const TrainedModel& model, const std::string& model_file, const Dataset& data,
                     const std::string& data_file) {
  if (data.features.n_rows != model.n_features())
    throw InputError(data_file, "",
                     fmt::format("has {} features, the model {} takes {}", data.features.n_rows,
                                 model_file, model.n_features()));
}

std::string as_csv(const Dataset& data) {
  std::string text;
  for (arma::uword f = 0; f < data.features.n_rows; ++f) text += fmt::format("f{},", f);
  text += "label\n";
  for (std::size_t b = 0; b < data.n_samples(); ++b) {
    for (const double value : column(data.features, b)) text += fmt::format("{},", value);
    text += data.is_regression()
                ? fmt::format("{}\n", data.targets(0, b))
                : data.class_names[static_cast<std::size_t>(data.labels[b])] + "\n";
  }
  return text;
}

std::vector<std::string> names_of(const std::vector<int>& classes,
                                  const std::vector<std::string>& class_names) {
  std::vector<std::string> names;
  for (const int k : classes) names.push_back(class_names[static_cast<std::size_t>(k)]);
  return names;
}

Dataset samples_for(const TrainedModel& model, const LabelledSamples& samples) {
  return model.is_regressor() ? as_regression(samples)
                              : number_by_classes(samples, model.class_names);
}

arma::mat noiseless_outputs(const TrainedModel& model, const Dataset& data) {
  const ProgramExpectations expectations(model.network.circuit, model.network.observables);
  return outputs_of(
      model, expectations.values(model.parameters.weights, model.circuit_features(data.features)));
}

std::vector<Strategy> demo_strategies() {
  return {parse_strategy("raw"), parse_strategy("readout"), parse_strategy("zne"),
          parse_strategy("readout+zne")};
}

std::vector<StrategyEvaluation> evaluate_strategies(const TrainedModel& model, const Dataset& data,
                                                    const Device& device,
                                                    const std::vector<Strategy>& strategies,
                                                    std::uint64_t shots, std::uint64_t seed,
                                                    RunWriter* run, const Progress& progress) {
  const arma::mat features = model.circuit_features(data.features);
  const arma::mat truth = ProgramExpectations(model.network.circuit, model.network.observables)
                              .values(model.parameters.weights, features);
  const PlacedQnn placed = place(model, device.calibration(), device.layout);
  const Device there(device.model, placed.layout);
  const auto& observables = placed.network.observables;
  DensityMatrixExecutor executor(
      seed, [&](const Circuit& c, double noise_scale) { return on_device(c, there, noise_scale); });

  // Strategies that run the same circuits share their shots.
  std::vector<std::pair<Strategy, SampleOutcomes>> runs;
  std::vector<StrategyEvaluation> evaluations;
  for (const Strategy& strategy : strategies) {
    const PreparedStrategy prepared(strategy, placed.network.circuit, observables, there, shots);
    auto run_as = std::ranges::find_if(
        runs, [&](const auto& earlier) { return earlier.first.runs_as(strategy); });
    if (run_as == runs.end()) {
      runs.emplace_back(strategy, run_samples(prepared, model, features, executor, run));
      run_as = runs.end() - 1;
    }
    const SampleOutcomes& outcomes = run_as->second;
    arma::mat estimated(observables.size(), data.n_samples());
    for (std::size_t b = 0; b < data.n_samples(); ++b) {
      const std::vector<Estimate> estimates = prepared.combine(outcomes[b]);
      for (std::size_t k = 0; k < estimates.size(); ++k) estimated(k, b) = estimates[k].value;
    }
    evaluations.push_back(
        score(strategy.name, model, data, estimated, truth, shots, prepared.job_names().size()));
    if (progress) progress(evaluations.size(), strategies.size());
  }
  return evaluations;
}

Estimate paired_difference(const arma::vec& a, const arma::vec& b) {
  return mean_over_samples(a - b, "paired difference");
}

arma::vec correctness(const std::vector<int>& predictions, const std::vector<int>& labels) {
  arma::vec correct(labels.size());
  for (std::size_t b = 0; b < labels.size(); ++b)
    correct(b) = predictions[b] == labels[b] ? 1.0 : 0.0;
  return correct;
}

DriftStudy study_models(const std::vector<TrainedModel>& models, const Dataset& data,
                        const CalibrationSeries& series, const Layout& layout, NoisePolicy policy,
                        const Progress& progress) {
  std::vector<arma::mat> features;
  std::vector<PlacedQnn> placed;
  for (const TrainedModel& model : models) {
    features.push_back(model.circuit_features(data.features));
    placed.push_back(place(model, series.states.at(0), layout));
  }
  std::vector<Probe> probes;
  for (std::size_t m = 0; m < models.size(); ++m)
    probes.push_back(score_probe(models[m], placed[m], features[m], data, policy));
  probes.push_back(
      stale_readout_probe(models[0], placed[0], features[0], series.states.at(0), policy));
  return study_drift(series, probes, progress);
}

}  // namespace rhodrift::cli
