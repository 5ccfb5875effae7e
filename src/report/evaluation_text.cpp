#include <cmath>

#include <fmt/format.h>

#include <rhodrift/report/evaluation_text.hpp>
#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>

#include "report/evaluation_words.hpp"

namespace rhodrift {

namespace {

std::string text_of(const words::Table& table) {
  TextTable text(table.header);
  for (const std::vector<std::string>& row : table.rows) text.add_row(row);
  return text.to_string();
}

std::string scores_of(const CaseEvaluation& of) {
  TextTable table({"observable", "strategy", "bias", "std. dev.", "rmse", "coverage"});
  for (std::size_t k = 0; k < of.observables.size(); ++k) {
    if (k > 0) table.add_rule();
    for (const StrategyEvaluation& evaluation : of.strategies) {
      if (evaluation.scores.empty()) continue;
      const Score& score = evaluation.scores[k];
      table.add_row({of.observables[k], evaluation.strategy,
                     score.bias.std_error == 0.0 ? fmt::format("{:.4f}", score.bias.value)
                                                 : with_std_error(score.bias),
                     fmt::format("{:.4f}", score.std_dev), with_std_error(score.rmse),
                     with_interval(score.coverage)});
    }
  }
  return table.to_string();
}

std::string quantity(std::uint64_t number) {
  return number < 1'000'000 ? std::to_string(number)
                            : fmt::format("{:.3g}", static_cast<double>(number));
}

/// Of one evaluation, by strategy.
std::string costs_of(const CaseEvaluation& of, const std::string& currency) {
  std::vector<std::string> header{"strategy", "circuits", "2-qubit gates", "seconds"};
  if (!currency.empty()) header.push_back(currency);
  TextTable table(header);
  for (const StrategyEvaluation& evaluation : of.strategies) {
    const Cost& cost = evaluation.cost;
    std::vector<std::string> row{evaluation.strategy, quantity(cost.circuits),
                                 quantity(cost.two_qubit_gates),
                                 cost.seconds ? fmt::format("{:.3g}", *cost.seconds) : "–"};
    if (!currency.empty()) row.push_back(cost.money ? fmt::format("{:.2f}", *cost.money) : "–");
    table.add_row(row);
  }
  return table.to_string();
}

std::string text_of(const CaseEvaluation& of, const EvaluationReport& report) {
  std::string text = of.name + ", " + words::budget(report) + "\n" + scores_of(of) + "\n" +
                     costs_of(of, report.currency);
  for (const StrategyEvaluation& evaluation : of.strategies)
    if (evaluation.failures > 0) text += words::failures(evaluation, report.repetitions) + "\n";
  return text;
}

std::string age_text(const AgeStudy& study) {
  std::string text = "\nExpected error by the age of the calibration, " + study.device + "\n" +
                     text_of(words::ages(study));
  for (const std::string& sentence : words::flips(study)) text += sentence + "\n";
  return text;
}

}  // namespace

std::string evaluation_text(const EvaluationReport& report) {
  std::string text;
  for (const CaseEvaluation& of : report.cases)
    text += (text.empty() ? "" : "\n") + text_of(of, report);
  if (!report.comparisons.empty())
    text +=
        "\n" + words::comparisons_title() + "\n" + text_of(words::comparisons(report.comparisons));
  if (!report.harm.empty()) text += "\n";
  for (const Comparison& comparison : report.harm) text += words::harm(comparison) + "\n";
  for (const HelpHarm& of : report.help_harm)
    if (!of.boundaries.empty())
      text += "\nHelp and harm, " + of.name + "\n" + text_of(words::help_harm(of));
  if (report.age) text += age_text(*report.age);
  return text;
}

}  // namespace rhodrift
