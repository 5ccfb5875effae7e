#pragma once

#include <string>
#include <vector>

#include <rhodrift/calibration/calibration_series.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/drift/study.hpp>
#include <rhodrift/mitigation/strategy.hpp>
#include <rhodrift/store/run_writer.hpp>
#include <rhodrift/train/model_file.hpp>

#include "cli/output.hpp"

/// A trained model without noise, on a device with and without mitigation, and through a device's
/// history.
namespace rhodrift::cli {

/// What the model says without any noise, n_outputs x n_samples of `data` (raw features).
arma::mat noiseless_outputs(const TrainedModel& model, const Dataset& data);

/// What one strategy made of a model on a device.
struct StrategyEvaluation {
  std::string strategy;
  Estimate score;     ///< score_of
  arma::mat outputs;  ///< n_outputs x n_samples
  /// Mean over samples and observables of |<Z> estimated - <Z> without noise|; its error is over
  /// samples.
  Estimate expectation_error;
  arma::vec expectation_error_by_sample;  ///< mean over observables
};

/// Runs every sample of `data` (raw features) on the simulated device, where the model is placed
/// (PlacedQnn), under each strategy at `shots` a sample. Strategies that run the same circuits
/// share their shots. When `run` is given, every shot goes into it as shots/<model>/<circuit> (raw,
/// zne-scale-3, …), sample after sample.
std::vector<StrategyEvaluation> evaluate_strategies(const TrainedModel& model, const Dataset& data,
                                                    const Device& device,
                                                    const std::vector<Strategy>& strategies,
                                                    std::uint64_t shots, std::uint64_t seed,
                                                    RunWriter* run, const Progress& progress);

/// raw, readout, zne and readout+zne: inversion inside, straight-line extrapolation outside.
std::vector<Strategy> demo_strategies();

/// Mean of a - b over samples with its standard error: what a paired comparison rests on.
Estimate paired_difference(const arma::vec& a, const arma::vec& b);
/// 1 where the prediction is right, else 0.
arma::vec correctness(const std::vector<int>& predictions, const std::vector<int>& labels);

/// Exact score (no shots, see score_of) of each model on each state of the series, and the mean
/// absolute bias of <Z> that readout inversion leaves when it keeps using the first state's readout
/// calibration.
/// A model that was not trained at this layout is placed there in the first state.
DriftStudy study_models(const std::vector<TrainedModel>& models, const Dataset& data,
                        const CalibrationSeries& series, const Layout& layout, NoisePolicy policy,
                        const Progress& progress);

}  // namespace rhodrift::cli
