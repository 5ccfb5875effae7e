#include "cli/evaluation_output.hpp"

#include <cmath>

#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>

namespace rhodrift::cli {

namespace {

using cli::to_json;

Json to_json(const Cost& cost) {
  return {{"shots", cost.shots},
          {"circuits", cost.circuits},
          {"two_qubit_gates", cost.two_qubit_gates},
          {"seconds", cost.seconds ? Json(*cost.seconds) : Json()},
          {"money", cost.money ? Json(*cost.money) : Json()}};
}

Json to_json(const Score& score) {
  return {{"truth", score.truth},
          {"bias", to_json(score.bias)},
          {"std_dev", score.std_dev},
          {"rmse", to_json(score.rmse)},
          {"coverage", to_json(score.coverage)},
          {"mean_std_error", score.mean_std_error}};
}

Json to_json(const Comparison& comparison) {
  return {{"where", comparison.where},
          {"better", comparison.better},
          {"worse", comparison.worse},
          {"difference", to_json(comparison.difference)},
          {"p_value", comparison.p_value},
          {"adjusted_p_value", comparison.adjusted_p_value},
          {"significant", comparison.significant}};
}

Json to_json(const CaseEvaluation& of) {
  Json strategies = Json::array();
  for (const StrategyEvaluation& evaluation : of.strategies) {
    Json observables = Json::object();
    for (std::size_t k = 0; k < evaluation.scores.size(); ++k)
      observables[of.observables[k]] = to_json(evaluation.scores[k]);
    strategies.push_back({{"strategy", evaluation.strategy},
                          {"cost", to_json(evaluation.cost)},
                          {"failures", evaluation.failures},
                          {"observables", observables}});
  }
  return {{"case", of.name}, {"strategies", strategies}};
}

Json to_json(const HelpHarmBoundary& boundary) {
  Json points = Json::array();
  for (const HelpHarmPoint& point : boundary.points)
    points.push_back(
        {{"noise_scale", point.noise_scale},
         {"helps", to_string(point.helps)},
         {"crossing_shots", point.crossing_shots ? Json(*point.crossing_shots) : Json()},
         {"rmse_ratio", point.rmse_ratio ? Json(*point.rmse_ratio) : Json()}});
  return {{"strategy", boundary.strategy}, {"points", points}};
}

template <typename Items>
Json all_of(const Items& items) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(to_json(item));
  return array;
}

Json to_json(const AgeStudy& study) {
  Json ages = Json::array();
  for (const AgeStudy::Age& age : study.ages) {
    Json rmse = Json::object();
    for (std::size_t s = 0; s < study.strategies.size(); ++s)
      rmse[study.strategies[s]] = to_json(age.rmse[s]);
    ages.push_back({{"days", age.days}, {"pairs", age.n_pairs}, {"rmse", rmse}});
  }
  Json flips = Json::array();
  for (const AgeStudy::Flip& flip : study.flips)
    flips.push_back({{"days", flip.days},
                     {"was_better", flip.was_better},
                     {"is_better", flip.is_better},
                     {"difference", to_json(flip.difference)},
                     {"adjusted_p_value", flip.adjusted_p_value},
                     {"significant", flip.significant}});
  return {{"device", study.device}, {"ages", ages}, {"flips", flips}};
}

std::string quantity(double number) {
  return number < 1e6 ? fmt::format("{:.0f}", number) : fmt::format("{:.3g}", number);
}

std::string table_of(const CaseEvaluation& of, const std::string& currency) {
  std::vector<std::string> header{"observable", "strategy", "bias",          "std. dev.", "rmse",
                                  "coverage",   "circuits", "2-qubit gates", "seconds"};
  if (!currency.empty()) header.push_back(currency);
  TextTable table(header);
  for (std::size_t k = 0; k < of.observables.size(); ++k) {
    if (k > 0) table.add_rule();
    for (const StrategyEvaluation& evaluation : of.strategies) {
      if (evaluation.scores.empty()) continue;
      const Score& score = evaluation.scores[k];
      const Cost& cost = evaluation.cost;
      std::vector<std::string> row{of.observables[k],
                                   evaluation.strategy,
                                   score.bias.std_error > 0.0
                                       ? with_std_error(score.bias)
                                       : fmt::format("{:.4f}", score.bias.value),
                                   fmt::format("{:.4f}", score.std_dev),
                                   with_std_error(score.rmse),
                                   with_interval(score.coverage),
                                   quantity(static_cast<double>(cost.circuits)),
                                   quantity(static_cast<double>(cost.two_qubit_gates)),
                                   cost.seconds ? fmt::format("{:.3g}", *cost.seconds) : "?"};
      if (!currency.empty()) row.push_back(cost.money ? fmt::format("{:.2f}", *cost.money) : "?");
      table.add_row(row);
    }
  }
  std::string text = of.name + ", " + std::to_string(of.strategies.at(0).cost.shots) +
                     " shots in total\n" + table.to_string();
  for (const StrategyEvaluation& evaluation : of.strategies)
    if (evaluation.failures > 0)
      text +=
          fmt::format("{}: no estimate in {} of {} repetitions, first: {}\n", evaluation.strategy,
                      evaluation.failures, evaluation.errors.n_rows, evaluation.first_failure);
  return text;
}

std::string comparison_text(const std::vector<Comparison>& comparisons) {
  if (comparisons.empty()) return "";
  TextTable table({"case", "better", "worse", "mean squared error less by", "adjusted p"});
  for (const Comparison& comparison : comparisons)
    table.add_row(
        {comparison.where, comparison.better, comparison.worse,
         fmt::format("{:.3g} ± {:.2g}", comparison.difference.value,
                     comparison.difference.std_error),
         fmt::format("{:.2g}{}", comparison.adjusted_p_value, comparison.significant ? " *" : "")});
  return "\nPaired, all repetitions (Holm; * below 0.05)\n" + table.to_string();
}

std::string harm_text(const std::vector<Comparison>& harm) {
  std::string text;
  for (const Comparison& comparison : harm)
    text += fmt::format(
        "HARM: {} makes {} worse than {} does: mean squared error {:.3g} ± {:.2g} "
        "more, adjusted p {:.2g}\n",
        comparison.worse, comparison.where, comparison.better, comparison.difference.value,
        comparison.difference.std_error, comparison.adjusted_p_value);
  return text.empty() ? text : "\n" + text;
}

std::string help_harm_text(const HelpHarm& of) {
  TextTable table({"strategy", "noise", "better than raw", "rmse / raw's"});
  for (const HelpHarmBoundary& boundary : of.boundaries)
    for (const HelpHarmPoint& point : boundary.points)
      table.add_row({boundary.strategy, fmt::format("{:g}", point.noise_scale),
                     point.crossing_shots ? fmt::format("{} {} shots", to_string(point.helps),
                                                        quantity(*point.crossing_shots))
                                          : std::string(to_string(point.helps)),
                     point.rmse_ratio ? fmt::format("{:.3f}", *point.rmse_ratio) : "–"});
  return "\nHelp and harm, " + of.name + "\n" + table.to_string();
}

std::string age_text(const AgeStudy& study) {
  std::vector<std::string> header{"age in days", "pairs"};
  header.insert(header.end(), study.strategies.begin(), study.strategies.end());
  TextTable table(header);
  for (const AgeStudy::Age& age : study.ages) {
    std::vector<std::string> row{fmt::format("{:.1f}", age.days), std::to_string(age.n_pairs)};
    for (const Estimate& rmse : age.rmse) row.push_back(with_std_error(rmse));
    table.add_row(row);
  }
  std::string text =
      "\nExpected error by the age of the calibration, " + study.device + "\n" + table.to_string();
  for (const AgeStudy::Flip& flip : study.flips)
    text += fmt::format(
        "after {:.1f} days {} is better than {}, which was better when fresh (by "
        "{:.2g} ± {:.1g} in mean squared error)\n",
        flip.days, flip.is_better, flip.was_better, flip.difference.value,
        flip.difference.std_error);
  if (study.flips.empty()) text += "the ranking does not change with age\n";
  return text;
}

Estimate exact(double value, const std::string& method) {
  Estimate estimate = normal_estimate(value, 0.0, method);
  return estimate;
}

}  // namespace

Json to_json(const EvaluationReport& report) {
  Json result{{"cases", all_of(report.cases)},
              {"comparisons", all_of(report.comparisons)},
              {"harm", all_of(report.harm)}};
  if (!report.help_harm.empty()) {
    result["help_harm"] = Json::array();
    for (const HelpHarm& of : report.help_harm)
      result["help_harm"].push_back({{"case", of.name}, {"strategies", all_of(of.boundaries)}});
  }
  if (report.age) result["age"] = to_json(*report.age);
  return result;
}

std::string evaluation_text(const EvaluationReport& report) {
  std::string text;
  for (const CaseEvaluation& of : report.cases)
    text += (text.empty() ? "" : "\n") + table_of(of, report.currency);
  text += comparison_text(report.comparisons) + harm_text(report.harm);
  for (const HelpHarm& of : report.help_harm) text += help_harm_text(of);
  if (report.age) text += age_text(*report.age);
  return text;
}

std::vector<NamedEstimate> evaluation_rows(const EvaluationReport& report) {
  std::vector<NamedEstimate> rows;
  for (const CaseEvaluation& of : report.cases)
    for (const StrategyEvaluation& evaluation : of.strategies)
      for (std::size_t k = 0; k < evaluation.scores.size(); ++k) {
        const Score& score = evaluation.scores[k];
        const std::string name =
            fmt::format("{} | {} | {} | ", of.name, of.observables[k], evaluation.strategy);
        rows.push_back({name + "bias", score.bias});
        rows.push_back({name + "std_dev", exact(score.std_dev, "over repetitions")});
        rows.push_back({name + "rmse", score.rmse});
        rows.push_back({name + "coverage", score.coverage});
      }
  return rows;
}

}  // namespace rhodrift::cli
