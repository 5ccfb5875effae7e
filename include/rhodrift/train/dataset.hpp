#pragma once

#include <armadillo>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rhodrift {

/// Samples, and what is to be said of each: its class, or in a regression its targets.
struct Dataset {
  std::string name;
  arma::mat features;       ///< n_features x n_samples
  std::vector<int> labels;  ///< one a sample, 0 .. n_classes-1; none in a regression
  std::vector<std::string> class_names;
  arma::mat targets = {};  ///< n_targets x n_samples; empty where there are classes
  std::vector<std::string> target_names = {};

  bool is_regression() const { return !target_names.empty(); }
  std::size_t n_samples() const { return is_regression() ? targets.n_cols : labels.size(); }
  int n_classes() const { return static_cast<int>(class_names.size()); }
  /// Numbers that a model gives for a sample: one a class, or one a target.
  std::size_t n_outputs() const {
    return is_regression() ? target_names.size() : class_names.size();
  }

  /// The given samples in the given order, with all the classes or targets.
  /// Throws InputError when there is no such sample.
  Dataset subset(const std::vector<std::size_t>& samples) const;
  /// Throws InputError when there are no samples, there is not one column of features a sample, a
  /// feature or target is not finite, a label is not one of a class, or there are both.
  void validate() const;
  /// Throws InputError when every sample is of one class, or a target is the same for all: there is
  /// nothing to learn.
  void require_differences() const;
};

/// read_csv_samples and select_classes (labelled_samples.hpp) at once. Files of any known format:
/// read_dataset (store/dataset_file.hpp).
Dataset read_dataset_csv(const std::filesystem::path& path,
                         const std::vector<std::string>& classes = {});

struct Split {
  Dataset train;
  Dataset test;
};
/// Splits class by class, so that both parts hold the classes in the same shares: of each class,
/// round(test_share · its samples), but at least one and not all, go to `test`. Which ones is drawn
/// from the seed; both parts keep the order of `data`.
/// Throws InputError when test_share is outside (0, 1), a class has fewer than 2 samples or the
/// data are not valid.
Split stratified_split(const Dataset& data, double test_share, std::uint64_t seed);

/// Into parts whose samples are drawn from all: round(test_share · samples) go to `test`, but at
/// least one and not all. For regressions; both parts keep the order of `data`.
/// Throws InputError when test_share is outside (0, 1), there are fewer than 2 samples or the data
/// are not valid.
Split random_split(const Dataset& data, double test_share, std::uint64_t seed);

/// stratified_split of classes, random_split of regressions.
Split split(const Dataset& data, double test_share, std::uint64_t seed);

struct ThreeWaySplit {
  Dataset train;
  Dataset validation;
  Dataset test;
};
/// The same into three parts, each with at least one sample of every class. As long as that does
/// not take one from it, `test` is the one that a split into two with this share and seed has.
/// Throws InputError when a share or the sum of both is outside (0, 1), a class has fewer than 3
/// samples or the data are not valid.
ThreeWaySplit stratified_split(const Dataset& data, double validation_share, double test_share,
                               std::uint64_t seed);

}  // namespace rhodrift
