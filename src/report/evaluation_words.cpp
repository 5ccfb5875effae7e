#include "report/evaluation_words.hpp"

#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/multiple_tests.hpp>

namespace rhodrift::words {

namespace {

/// "–" where there is none.
std::string figure(double value) {
  return std::isfinite(value) ? fmt::format("{:.3g}", value) : "–";
}

/// A difference of mean squared errors, "4.72e-05 ± 2.1e-05".
std::string difference(const Estimate& estimate) {
  return figure(estimate.value) + " ± " +
         (std::isfinite(estimate.std_error) ? fmt::format("{:.2g}", estimate.std_error) : "–");
}

std::string verdict(const HelpHarmPoint& point) {
  if (!point.crossing_shots) return std::string(to_string(point.helps));
  return fmt::format("{} {} shots", to_string(point.helps),
                     *point.crossing_shots < 1e6 ? fmt::format("{:.0f}", *point.crossing_shots)
                                                 : figure(*point.crossing_shots));
}

std::string expected_error(const AgeStudy::Age& age, std::size_t strategy) {
  const Estimate& rmse = age.rmse[strategy];
  if (!std::isfinite(rmse.value)) return "–";
  std::string text = fmt::format("{:.4f} ± ", rmse.value) +
                     (std::isfinite(rmse.std_error) ? fmt::format("{:.4f}", rmse.std_error) : "–");
  if (age.n_estimated[strategy] < age.n_pairs)
    text += fmt::format(" ({} pairs)", age.n_estimated[strategy]);
  return text;
}

std::string sentence(const AgeStudy::Flip& flip) {
  const std::string by = fmt::format("by {} in mean squared error, adjusted p {:.2g}.",
                                     difference(flip.difference), flip.adjusted_p_value);
  if (flip.significant)
    return fmt::format("After {:.1f} days {} is better than {}, which was better when fresh: {}",
                       flip.days, flip.is_better, flip.was_better, by);
  return fmt::format(
      "{} and {} are not distinguishable: the mean of the first is the better one when fresh, that "
      "of the second after {:.1f} days, {}",
      flip.was_better, flip.is_better, flip.days, by);
}

}  // namespace

std::string budget(const EvaluationReport& report) {
  return fmt::format("{} shots in total for each strategy, {} repetitions", report.shots,
                     report.repetitions);
}

std::string failures(const StrategyEvaluation& evaluation, std::size_t repetitions) {
  if (evaluation.failures == 0) return "";
  return fmt::format("{}: no estimate in {} of {} repetitions, first: {}", evaluation.strategy,
                     evaluation.failures, repetitions, evaluation.first_failure);
}

std::string comparisons_title() {
  return fmt::format("Paired, all repetitions (Holm; * below {:g})", significance);
}

Table comparisons(const std::vector<Comparison>& comparisons) {
  Table table{{"case", "better", "worse", "mean sq. error less by", "adjusted p"}, {}};
  for (const Comparison& comparison : comparisons)
    table.rows.push_back(
        {comparison.where, comparison.better, comparison.worse, difference(comparison.difference),
         fmt::format("{:.2g}{}", comparison.adjusted_p_value, comparison.significant ? " *" : "")});
  return table;
}

std::string harm(const Comparison& comparison) {
  return fmt::format(
      "HARM: {} makes {} worse than {} does: mean squared error {} more, adjusted p {:.2g}",
      comparison.worse, comparison.where, comparison.better, difference(comparison.difference),
      comparison.adjusted_p_value);
}

Table help_harm(const HelpHarm& of) {
  Table table{{"strategy", "noise", "better than raw", "rmse / raw's"}, {}};
  for (const HelpHarmBoundary& boundary : of.boundaries)
    for (const HelpHarmPoint& point : boundary.points)
      table.rows.push_back({boundary.strategy, fmt::format("{:g}", point.noise_scale),
                            verdict(point), figure(point.rmse_ratio.value_or(NAN))});
  return table;
}

Table ages(const AgeStudy& study) {
  Table table{{"age in days", "pairs"}, {}};
  table.header.insert(table.header.end(), study.strategies.begin(), study.strategies.end());
  for (const AgeStudy::Age& age : study.ages) {
    std::vector<std::string> row{fmt::format("{:.1f}", age.days), std::to_string(age.n_pairs)};
    for (std::size_t s = 0; s < study.strategies.size(); ++s) row.push_back(expected_error(age, s));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<std::string> flips(const AgeStudy& study) {
  std::vector<std::string> sentences;
  for (const AgeStudy::Flip& flip : study.flips) sentences.push_back(sentence(flip));
  if (sentences.empty()) sentences.push_back("The ranking does not change with age.");
  return sentences;
}

}  // namespace rhodrift::words
