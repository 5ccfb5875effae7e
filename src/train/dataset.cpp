#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/labelled_samples.hpp>

#include "core/shuffle.hpp"
#include "train/random.hpp"

namespace rhodrift {

namespace {

std::vector<std::vector<std::size_t>> samples_by_class(const Dataset& data) {
  std::vector<std::vector<std::size_t>> samples(data.class_names.size());
  for (std::size_t i = 0; i < data.n_samples(); ++i)
    samples[static_cast<std::size_t>(data.labels[i])].push_back(i);
  return samples;
}

void require_share(const char* name, double share) {
  if (!(share > 0.0 && share < 1.0))
    throw InputError("split", name, fmt::format("{} is outside (0, 1)", share));
}

/// Parts of the given samples.
std::vector<Dataset> parts_of(const Dataset& data, std::vector<std::vector<std::size_t>> parts) {
  std::vector<Dataset> result;
  for (std::vector<std::size_t>& part : parts) {
    std::sort(part.begin(), part.end());
    result.push_back(data.subset(part));
  }
  return result;
}

/// A part a share, and last the rest. Of n samples of a class, round(share · n) go to a part, but
/// at least one, and at least one is left for each part that follows.
std::vector<Dataset> stratified_parts(const Dataset& data, const std::vector<double>& shares,
                                      std::uint64_t seed) {
  data.validate();
  const std::size_t n_parts = shares.size() + 1;
  std::vector<std::vector<std::size_t>> parts(n_parts);
  auto by_class = samples_by_class(data);
  for (std::size_t k = 0; k < by_class.size(); ++k) {
    std::vector<std::size_t>& samples = by_class[k];
    if (samples.size() < n_parts)
      throw InputError(data.name, fmt::format("class '{}'", data.class_names[k]),
                       fmt::format("{} samples cannot be split in {}, at least {} can",
                                   samples.size(), n_parts, n_parts));
    RandomStream random = training_stream(seed, StreamPurpose::split, k);
    shuffle(samples, random);
    auto begin = samples.begin();
    for (std::size_t p = 0; p < shares.size(); ++p) {
      const auto left = static_cast<std::size_t>(samples.end() - begin);
      const double wanted = std::round(shares[p] * static_cast<double>(samples.size()));
      const std::size_t size =
          std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, left - (n_parts - 1 - p));
      parts[p].insert(parts[p].end(), begin, begin + static_cast<std::ptrdiff_t>(size));
      begin += static_cast<std::ptrdiff_t>(size);
    }
    parts.back().insert(parts.back().end(), begin, samples.end());
  }
  return parts_of(data, std::move(parts));
}

}  // namespace

Dataset Dataset::subset(const std::vector<std::size_t>& samples) const {
  for (const std::size_t sample : samples)
    if (sample >= n_samples())
      throw InputError(name, "",
                       fmt::format("there is no sample {}, it has {}", sample, n_samples()));
  const arma::uvec columns = arma::conv_to<arma::uvec>::from(samples);
  Dataset part{name, features.cols(columns), {}, class_names, {}, target_names};
  if (is_regression())
    part.targets = targets.cols(columns);
  else
    for (const std::size_t sample : samples) part.labels.push_back(labels[sample]);
  return part;
}

void Dataset::validate() const {
  if (n_samples() == 0) throw InputError(name, "", "holds no samples");
  if (is_regression() && !(labels.empty() && class_names.empty()))
    throw InputError(name, "", "has classes and targets; one of them is needed");
  if (is_regression() && targets.n_rows != target_names.size())
    throw InputError(name, "",
                     fmt::format("{} targets, {} names", targets.n_rows, target_names.size()));
  if (features.n_cols != n_samples())
    throw InputError(name, "",
                     fmt::format("{} columns of features, {} {}", features.n_cols, n_samples(),
                                 is_regression() ? "of targets" : "labels"));
  for (std::size_t i = 0; i < n_samples(); ++i) {
    const std::string place = fmt::format("sample {}", i);
    if (!is_regression() && (labels[i] < 0 || labels[i] >= n_classes()))
      throw InputError(name, place,
                       fmt::format("label {} is outside 0..{}", labels[i], n_classes() - 1));
    for (std::size_t j = 0; j < targets.n_rows; ++j)
      if (!std::isfinite(targets(j, i)))
        throw InputError(name, place,
                         fmt::format("target '{}' is {}", target_names[j], targets(j, i)));
    for (std::size_t j = 0; j < features.n_rows; ++j)
      if (!std::isfinite(features(j, i)))
        throw InputError(name, place, fmt::format("feature {} is {}", j, features(j, i)));
  }
}

void Dataset::require_differences() const {
  for (arma::uword j = 0; j < targets.n_rows; ++j)
    if (targets.row(j).min() == targets.row(j).max())
      throw InputError(name, "",
                       fmt::format("the target '{}' is {} for every sample; there is nothing to "
                                   "learn",
                                   target_names[j], targets(j, 0)));
  if (is_regression()) return;
  const auto [low, high] = std::minmax_element(labels.begin(), labels.end());
  if (*low == *high)
    throw InputError(name, "",
                     fmt::format("every sample is of class '{}', at least 2 classes are needed",
                                 class_names[static_cast<std::size_t>(*low)]));
}

Dataset read_dataset_csv(const std::filesystem::path& path,
                         const std::vector<std::string>& classes) {
  return select_classes(read_csv_samples(path), classes);
}

Split stratified_split(const Dataset& data, double test_share, std::uint64_t seed) {
  require_share("test_share", test_share);
  const std::vector<Dataset> parts = stratified_parts(data, {test_share}, seed);
  return {parts[1], parts[0]};
}

Split random_split(const Dataset& data, double test_share, std::uint64_t seed) {
  require_share("test_share", test_share);
  data.validate();
  const std::size_t n = data.n_samples();
  if (n < 2) throw InputError(data.name, "", fmt::format("{} sample cannot be split in 2", n));
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random = training_stream(seed, StreamPurpose::split, 0);
  shuffle(order, random);
  const auto n_test = static_cast<std::ptrdiff_t>(std::clamp<double>(
      std::round(test_share * static_cast<double>(n)), 1.0, static_cast<double>(n - 1)));
  const auto middle = order.begin() + n_test;
  const std::vector<Dataset> parts =
      parts_of(data, {{order.begin(), middle}, {middle, order.end()}});
  return {parts[1], parts[0]};
}

Split split(const Dataset& data, double test_share, std::uint64_t seed) {
  return data.is_regression() ? random_split(data, test_share, seed)
                              : stratified_split(data, test_share, seed);
}

ThreeWaySplit stratified_split(const Dataset& data, double validation_share, double test_share,
                               std::uint64_t seed) {
  require_share("validation_share", validation_share);
  require_share("test_share", test_share);
  require_share("validation_share + test_share", validation_share + test_share);
  const std::vector<Dataset> parts = stratified_parts(data, {test_share, validation_share}, seed);
  return {parts[2], parts[1], parts[0]};
}

}  // namespace rhodrift
