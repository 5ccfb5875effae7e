#pragma once

#include <cmath>

#include <rhodrift/mitigation/evaluate/evaluation_report.hpp>

namespace rhodrift::test {

/// An evaluation of two strategies with something of everything; `name` for the second.
inline EvaluationReport evaluation_report(const std::string& name = "readout+zne") {
  using Helps = HelpHarmPoint::Helps;
  Estimate estimate = normal_estimate(0.12345, 0.0042, "m");
  estimate.shots = 10'000;
  estimate.diagnostics["chi2"] = 1.5;
  Estimate unknown = estimate;
  unknown.std_error = unknown.ci.low = unknown.ci.high = NAN;
  const Score score{1.0, estimate, 0.01, estimate, proportion_estimate(190, 200), 0.011};
  const StrategyEvaluation raw{"raw", {10'000, 2, 20'000, 0.5, 1.0}, {score, score}, {}, 0, ""};
  const StrategyEvaluation other{
      name, {9'999, 6, 60'000, std::nullopt, 3.5}, {score, score}, {}, 3, "no fit"};
  const StrategyEvaluation failed{"cdr", {9'998, 9, 9, 0.1, std::nullopt}, {}, {}, 200, "no line"};
  const Comparison comparison{name, "raw", "ghz", estimate, 0.001, 0.002, true};
  const Comparison harm{"raw", name, "ghz Z1", estimate, 0.001, 0.002, true};
  const HelpHarmBoundary boundary{name,
                                  {{0.0, Helps::never, {}, {}},
                                   {0.5, Helps::above, 400.0, 0.5},
                                   {1.0, Helps::below, 900.0, 1.5},
                                   {2.0, Helps::always, {}, 0.5},
                                   {3.0, Helps::unknown, {}, 0.9},
                                   {4.0, Helps::no_estimate, {}, {}}}};
  const AgeStudy age{
      "dev",
      {"raw", name},
      {{0.0, 3, {estimate, estimate}, {3, 3}}, {41.5, 3, {estimate, unknown}, {3, 1}}},
      {{name, "raw", 41.5, estimate, 0.01, true}, {"raw", name, 41.5, unknown, 1.0, false}}};
  return {10'000,
          200,
          "EUR",
          {{"ghz", {"Z1", "Z0"}, {raw, other, failed}}},
          {comparison},
          {harm},
          {{"ghz", {boundary}}},
          age};
}

}  // namespace rhodrift::test
