#pragma once

#include <armadillo>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/model_comparison.hpp>
#include <rhodrift/train/warning.hpp>

namespace rhodrift::cli {

/// What was made of the test samples, and by whom.
struct Tested {
  std::string name;
  std::string where;                   ///< empty: a classical baseline, or an ensemble
  arma::mat outputs;                   ///< n_outputs x n_samples: logits, or targets
  std::optional<Estimate> score = {};  ///< with what was spent on it; a ScoreTable has it

  bool is_ensemble = false;

  bool is_baseline() const { return where.empty() && !is_ensemble; }
  std::string label() const { return where.empty() ? name : name + ", " + where; }
};

/// The mean of the members' class probabilities (mean_probabilities), given their logits, or of
/// their targets.
Tested ensemble_of(std::string name, std::span<const arma::mat> members, const Dataset& test);

/// Models beside others on the same samples. The last of the models is the one that is judged,
/// against the others.
class ScoreTable {
 public:
  /// Scores that are not given are computed. Throws InputError as compare_outputs does.
  ScoreTable(std::vector<Tested> models, std::vector<Tested> others, const Dataset& test);
  /// Beside (logistic) regression and a small network that were trained on the same data: nobody is
  /// to be fooled. Throws InputError as train_baseline does, too.
  ScoreTable(std::vector<Tested> models, const Dataset& train, const Dataset& test);

  /// Adds that of the judged model and the first baseline: for models whose outputs are logits or
  /// targets.
  void add_ensemble();

  /// The models in their order, the others, then the ensemble; all have their score.
  const std::vector<Tested>& rows() const { return rows_; }
  const Tested& judged() const { return rows_[n_models_ - 1]; }

  /// Scores with intervals, and what the judged model is better by, with p-values and Holm's
  /// correction over all pairs.
  std::string to_string() const;
  /// Where the judged model is no better than a baseline.
  std::vector<Warning> warnings() const;

 private:
  void compare();

  std::vector<Tested> rows_;
  std::size_t n_models_;
  Dataset test_;
  std::vector<ModelComparison> comparisons_;
};

}  // namespace rhodrift::cli
