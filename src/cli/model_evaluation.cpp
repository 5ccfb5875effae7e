#include "cli/model_evaluation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>

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
