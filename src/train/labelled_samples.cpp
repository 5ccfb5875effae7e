#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/labelled_samples.hpp>

#include "core/shown.hpp"

namespace rhodrift {

namespace {

std::vector<std::string> sorted_labels(const LabelledSamples& samples) {
  const std::set<std::string> labels(samples.labels.begin(), samples.labels.end());
  return {labels.begin(), labels.end()};
}

std::map<std::string, int> numbered(const std::vector<std::string>& classes) {
  std::map<std::string, int> number_of_class;
  for (const std::string& name : classes)
    if (!number_of_class.emplace(name, static_cast<int>(number_of_class.size())).second)
      throw InputError("classes", "", fmt::format("'{}' is given twice", shown(name)));
  return number_of_class;
}

/// The first of them: where labels are really measured values, there are as many as samples.
std::string listed(const std::vector<std::string>& classes) {
  constexpr std::size_t most = 20;
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < std::min(most, classes.size()); ++k)
    texts.push_back(shown(classes[k]));
  return fmt::format("{}{}", fmt::join(texts, ", "), classes.size() > most ? ", ..." : "");
}

/// Where the label of a sample stands in its file.
std::string place_of_label(const LabelledSamples& samples, std::size_t i) {
  return samples.lines.empty()
             ? fmt::format("row {}", i + 1)
             : fmt::format("line {}, column {}", samples.lines[i], samples.features.n_rows + 1);
}

/// The samples whose label has a number.
Dataset numbered_samples(const LabelledSamples& samples,
                         const std::vector<std::string>& class_names,
                         const std::map<std::string, int>& number_of_class) {
  Dataset data{samples.name, {}, {}, class_names};
  std::vector<arma::uword> kept;
  for (std::size_t i = 0; i < samples.labels.size(); ++i) {
    const auto found = number_of_class.find(samples.labels[i]);
    if (found == number_of_class.end()) continue;
    kept.push_back(i);
    data.labels.push_back(found->second);
  }
  data.features = samples.features.cols(arma::uvec(kept));
  return data;
}

}  // namespace

void LabelledSamples::validate() const {
  if (features.n_cols != labels.size())
    throw InputError(labels_source, "",
                     fmt::format("holds {} labels, but {} has {} samples; every sample needs one",
                                 labels.size(), features_source, features.n_cols));
  if (labels.empty()) throw InputError(features_source, "", "holds no samples");
  if (features.n_rows == 0) throw InputError(features_source, "", "its samples have no features");
  for (arma::uword i = 0; i < features.n_cols; ++i)
    for (arma::uword j = 0; j < features.n_rows; ++j)
      if (!std::isfinite(features(j, i)))
        throw InputError(
            features_source, fmt::format("row {}, column {}", i + 1, j + 1),
            fmt::format("{} is not a finite number; remove the sample or fill in a value",
                        features(j, i)));
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i].empty())
      throw InputError(labels_source, place_of_label(*this, i),
                       "the label is empty; remove the sample or give its class");
}

Dataset select_classes(const LabelledSamples& samples, const std::vector<std::string>& classes) {
  samples.validate();
  const std::vector<std::string> present = sorted_labels(samples);
  const std::vector<std::string>& names = classes.empty() ? present : classes;
  const std::map<std::string, int> number_of_class = numbered(names);
  for (const std::string& name : names)
    if (!std::binary_search(present.begin(), present.end(), name))
      throw InputError(
          samples.labels_source, "",
          fmt::format("no row has the label '{}'; there are {}", shown(name), listed(present)));
  if (names.size() < 2)
    throw InputError(
        samples.labels_source, "",
        fmt::format("every sample {}is of class '{}', at least 2 classes are needed; {}",
                    classes.empty() ? "" : "that was chosen ", shown(names.front()),
                    present.size() < 2 ? "add samples of another one"
                                       : fmt::format("there are {}", listed(present))));
  return numbered_samples(samples, names, number_of_class);
}

Dataset number_by_classes(const LabelledSamples& samples,
                          const std::vector<std::string>& class_names) {
  samples.validate();
  const std::map<std::string, int> number_of_class = numbered(class_names);
  for (std::size_t i = 0; i < samples.labels.size(); ++i)
    if (!number_of_class.contains(samples.labels[i]))
      throw InputError(samples.labels_source, place_of_label(samples, i),
                       fmt::format("the label '{}' is not one of the classes {}",
                                   shown(samples.labels[i]), listed(class_names)));
  return numbered_samples(samples, class_names, number_of_class);
}

Dataset as_regression(const LabelledSamples& samples) {
  samples.validate();
  Dataset data{samples.name, samples.features, {}, {}, arma::mat(1, samples.labels.size()),
               {"target"}};
  for (std::size_t i = 0; i < samples.labels.size(); ++i) {
    const std::string& text = samples.labels[i];
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), data.targets(0, i));
    if (error != std::errc{} || end != text.data() + text.size() ||
        !std::isfinite(data.targets(0, i)))
      throw InputError(samples.labels_source, place_of_label(samples, i),
                       fmt::format("the label '{}' is no finite number, as those of a regression "
                                   "are",
                                   shown(text)));
  }
  return data;
}

}  // namespace rhodrift
