#pragma once

#include <optional>
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
  std::string where;                      ///< empty: a classical baseline
  std::vector<int> classes;               ///< one a test sample
  std::optional<Estimate> accuracy = {};  ///< with what was spent on it; an AccuracyTable has it

  bool is_baseline() const { return where.empty(); }
  std::string label() const { return is_baseline() ? name : name + ", " + where; }
};

/// Quantum models beside logistic regression and a small network that were trained on the same
/// data: nobody is to be fooled. The last of the models is the one that is judged, against the
/// baselines.
class AccuracyTable {
 public:
  /// `models` are no baselines; accuracies that are not given are computed. Throws InputError as
  /// train_baseline and compare_models do.
  AccuracyTable(std::vector<Tested> models, const Dataset& train, const Dataset& test);

  /// The models in their order, then the baselines; all have their accuracy.
  const std::vector<Tested>& rows() const { return rows_; }
  const Tested& judged() const { return rows_[n_models_ - 1]; }

  /// Accuracies with Wilson's intervals, and what the judged model is better by, with McNemar's
  /// p-values and Holm's correction over all pairs.
  std::string to_string() const;
  /// Where the judged model is no better than a baseline.
  std::vector<Warning> warnings() const;

 private:
  std::vector<Tested> rows_;
  std::size_t n_models_;
  std::size_t n_samples_;
  std::vector<ModelComparison> comparisons_;
};

}  // namespace rhodrift::cli
