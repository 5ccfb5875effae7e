#include "cli/evaluation_rows.hpp"

#include <fmt/format.h>

namespace rhodrift::cli {

std::vector<NamedEstimate> evaluation_rows(const EvaluationReport& report) {
  std::vector<NamedEstimate> rows;
  for (const CaseEvaluation& of : report.cases)
    for (const StrategyEvaluation& evaluation : of.strategies)
      for (std::size_t k = 0; k < evaluation.scores.size(); ++k) {
        const Score& score = evaluation.scores[k];
        const std::string name =
            fmt::format("{} | {} | {} | ", of.name, of.observables[k], evaluation.strategy);
        rows.push_back({name + "bias", score.bias});
        rows.push_back({name + "std_dev", normal_estimate(score.std_dev, 0.0, "over repetitions")});
        rows.push_back({name + "rmse", score.rmse});
        rows.push_back({name + "coverage", score.coverage});
      }
  return rows;
}

}  // namespace rhodrift::cli
