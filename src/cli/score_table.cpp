#include "cli/score_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>
#include <rhodrift/train/baseline.hpp>
#include <rhodrift/train/ensemble.hpp>

#include "cli/scores.hpp"

namespace rhodrift::cli {

namespace {

std::vector<Tested> baselines_of(const Dataset& train, const Dataset& test) {
  constexpr std::size_t n_hidden = 16;
  BaselineOptions network;
  network.n_hidden = n_hidden;
  const std::pair<std::string, BaselineOptions> baselines[] = {
      {train.is_regression() ? "linear regression" : "logistic regression", {}},
      {fmt::format("network of {} tanh units", n_hidden), network}};
  std::vector<Tested> tested;
  for (const auto& [name, options] : baselines)
    tested.push_back({name, "", train_baseline(train, options).logits(test.features)});
  return tested;
}

arma::mat mean_outputs(std::span<const arma::mat> members, const Dataset& test) {
  if (!test.is_regression()) return mean_probabilities(members);
  arma::mat sum = members.front();
  for (const arma::mat& member : members.subspan(1)) sum += member;
  return sum / static_cast<double>(members.size());
}

}  // namespace

Tested ensemble_of(std::string name, std::span<const arma::mat> members, const Dataset& test) {
  Tested mean{std::move(name), "", mean_outputs(members, test)};
  mean.score = score_of(mean.outputs, test);
  mean.is_ensemble = true;
  return mean;
}

ScoreTable::ScoreTable(std::vector<Tested> models, const Dataset& train, const Dataset& test)
    : ScoreTable(std::move(models), baselines_of(train, test), test) {}

ScoreTable::ScoreTable(std::vector<Tested> models, std::vector<Tested> others, const Dataset& test)
    : rows_(std::move(models)), n_models_(rows_.size()), test_(test) {
  std::ranges::move(others, std::back_inserter(rows_));
  for (Tested& row : rows_)
    if (!row.score) row.score = score_of(row.outputs, test);
  compare();
}

void ScoreTable::add_ensemble() {
  const Tested& baseline = rows_[n_models_];
  const arma::mat members[] = {judged().outputs, baseline.outputs};
  rows_.push_back(
      ensemble_of(fmt::format("mean of {} and {}", judged().name, baseline.name), members, test_));
  compare();
}

void ScoreTable::compare() {
  std::vector<NamedOutputs> outputs;
  for (const Tested& row : rows_) outputs.push_back({row.label(), row.outputs});
  comparisons_ = compare_outputs(outputs, test_);
}

std::string ScoreTable::to_string() const {
  std::vector<std::string> header{""};
  for (std::string& column : score_columns(test_)) header.push_back(std::move(column));
  header.push_back(
      fmt::format("{} is better by{}", judged().label(), test_.is_regression() ? " (MAE)" : ""));
  header.push_back(fmt::format("p ({}, Holm)", test_name(test_)));
  TextTable table(std::move(header));
  for (const Tested& row : rows_) {
    // Of a pair the row above is `first`: what is above the judged one has no figures.
    const auto against = std::ranges::find_if(comparisons_, [&](const ModelComparison& comparison) {
      return comparison.first == judged().label() && comparison.second == row.label();
    });
    std::vector<std::string> cells{row.label()};
    for (std::string& cell : score_cells(*row.score, row.outputs, test_))
      cells.push_back(std::move(cell));
    const bool compared = against != comparisons_.end();
    cells.push_back(compared ? with_interval(against->difference) : "");
    cells.push_back(compared ? fmt::format("{:.2g}", against->adjusted_p_value) : "");
    table.add_row(std::move(cells));
  }
  return table.to_string();
}

std::vector<Warning> ScoreTable::warnings() const {
  std::vector<std::string> baselines;
  for (const Tested& row : rows_)
    if (row.is_baseline()) baselines.push_back(row.name);
  return baseline_warnings(comparisons_, judged().label(), baselines);
}

}  // namespace rhodrift::cli
