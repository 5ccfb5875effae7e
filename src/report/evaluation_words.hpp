#pragma once

#include <string>
#include <vector>

#include <rhodrift/mitigation/evaluate/evaluation_report.hpp>

/// What the text and the page of an evaluation say in the same words.
namespace rhodrift::words {

/// Cells for TextTable or html::Table.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// "10000 shots in total for each strategy, 200 repetitions"
std::string budget(const EvaluationReport& report);
/// "zne: no estimate in 3 of 200 repetitions, first: …"; empty without failures.
std::string failures(const StrategyEvaluation& evaluation, std::size_t repetitions);
/// "Paired, all repetitions (Holm; * below 0.05)"
std::string comparisons_title();
Table comparisons(const std::vector<Comparison>& comparisons);
std::string harm(const Comparison& comparison);
Table help_harm(const HelpHarm& of);
/// Expected errors, by age and strategy.
Table ages(const AgeStudy& study);
/// What changed places, a sentence each, or one that nothing did.
std::vector<std::string> flips(const AgeStudy& study);

}  // namespace rhodrift::words
