#pragma once

#include <armadillo>
#include <filesystem>
#include <string>
#include <vector>

namespace rhodrift {

/// Labelled samples for classification.
struct Dataset {
  std::string name;
  arma::mat features;       ///< n_features x n_samples
  std::vector<int> labels;  ///< one a sample, 0 .. n_classes-1
  std::vector<std::string> class_names;

  std::size_t n_samples() const { return labels.size(); }
  int n_classes() const { return static_cast<int>(class_names.size()); }
  Dataset subset(const std::vector<std::size_t>& samples) const;
};

/// Reads a CSV: a header line, feature columns, and a last column "label" with the class name.
/// Lines starting with # are comments. Only rows whose label is in `classes` are kept (all when
/// empty), numbered in that order. Throws InputError with line and column.
Dataset read_dataset_csv(const std::filesystem::path& path,
                         const std::vector<std::string>& classes = {});

struct Split {
  Dataset train;
  Dataset test;
};
/// A seeded shuffle, class by class, so that both parts hold the classes in the same shares.
/// 0 < test_share < 1.
Split stratified_split(const Dataset& data, double test_share, std::uint64_t seed);

/// x -> slope x + intercept per feature, fitted on training data only.
struct FeatureScaling {
  arma::vec slope;
  arma::vec intercept;
  /// Maps each feature's [min, max] over `features` onto [low, high] radians (constant features
  /// onto the middle).
  static FeatureScaling fit(const arma::mat& features, double low_rad, double high_rad);
  arma::mat apply(const arma::mat& features) const;
};

}  // namespace rhodrift
