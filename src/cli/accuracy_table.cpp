#include "cli/accuracy_table.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>
#include <rhodrift/train/baseline.hpp>

namespace rhodrift::cli {

namespace {

std::vector<Tested> baselines_of(const Dataset& train, const Dataset& test) {
  constexpr std::size_t n_hidden = 16;
  BaselineOptions network;
  network.n_hidden = n_hidden;
  const std::pair<std::string, BaselineOptions> baselines[] = {
      {"logistic regression", {}}, {fmt::format("network of {} tanh units", n_hidden), network}};
  std::vector<Tested> tested;
  for (const auto& [name, options] : baselines)
    tested.push_back(
        {name, "", predicted_classes(train_baseline(train, options).logits(test.features))});
  return tested;
}

}  // namespace

AccuracyTable::AccuracyTable(std::vector<Tested> models, const Dataset& train, const Dataset& test)
    : rows_(std::move(models)), n_models_(rows_.size()), n_samples_(test.n_samples()) {
  for (Tested& baseline : baselines_of(train, test)) rows_.push_back(std::move(baseline));
  std::vector<ModelPredictions> predictions;
  for (Tested& row : rows_) {
    if (!row.accuracy) row.accuracy = accuracy(row.classes, test.labels);
    predictions.push_back({row.label(), row.classes});
  }
  comparisons_ = compare_models(predictions, test.labels);
}

std::string AccuracyTable::to_string() const {
  TextTable table({"", fmt::format("accuracy on {} test samples", n_samples_),
                   fmt::format("{} is better by", judged().label()), "p (McNemar, Holm)"});
  for (const Tested& row : rows_) {
    // Of a pair the row above is `first`: what is above the judged one has no figures.
    const auto against = std::ranges::find_if(comparisons_, [&](const ModelComparison& comparison) {
      return comparison.first == judged().label() && comparison.second == row.label();
    });
    if (against == comparisons_.end())
      table.add_row({row.label(), with_interval(*row.accuracy), "", ""});
    else
      table.add_row({row.label(), with_interval(*row.accuracy), with_interval(against->difference),
                     fmt::format("{:.2g}", against->adjusted_p_value)});
  }
  return table.to_string();
}

std::vector<Warning> AccuracyTable::warnings() const {
  std::vector<std::string> baselines;
  for (const Tested& row : rows_)
    if (row.is_baseline()) baselines.push_back(row.name);
  return baseline_warnings(comparisons_, judged().label(), baselines);
}

}  // namespace rhodrift::cli
