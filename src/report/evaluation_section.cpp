#include "report/evaluation_section.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>

namespace rhodrift {

namespace {

using html::Markup;
using Scale = PlotAxis::Scale;

/// A strategy has the same colour in every plot.
class Colours {
 public:
  explicit Colours(const StoredEvaluation& evaluation) {
    for (const CaseEvaluation& of : evaluation.cases)
      for (const StrategyEvaluation& strategy : of.strategies)
        number_.try_emplace(strategy.strategy, number_.size());
    if (evaluation.age)
      for (const std::string& strategy : evaluation.age->strategies)
        number_.try_emplace(strategy, number_.size());
  }
  std::size_t of(const std::string& strategy) const {
    const auto found = number_.find(strategy);
    return found == number_.end() ? number_.size() : found->second;
  }

 private:
  std::map<std::string, std::size_t> number_;
};

/// Logarithmic where linear would press most of the values against 0.
Scale scale_for(const std::vector<double>& values) {
  double low = HUGE_VAL, high = 0.0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return low > 0.0 && high > 10.0 * low ? Scale::logarithmic : Scale::linear;
}

Markup table_of(const CaseEvaluation& of) {
  html::Table table{{"observable", "strategy", "truth", "bias", "std. dev.", "rmse", "coverage",
                     "circuits", "2-qubit gates", "seconds", "money"},
                    {},
                    {1}};
  for (std::size_t k = 0; k < of.observables.size(); ++k)
    for (const StrategyEvaluation& evaluation : of.strategies) {
      const Score& score = evaluation.scores[k];
      const Cost& cost = evaluation.cost;
      table.rows.push_back({of.observables[k], evaluation.strategy, html::number(score.truth),
                            html::with_error(score.bias), html::number(score.std_dev),
                            html::with_error(score.rmse), with_interval(score.coverage),
                            std::to_string(cost.circuits), std::to_string(cost.two_qubit_gates),
                            cost.seconds ? html::number(*cost.seconds) : "–",
                            cost.money ? html::number(*cost.money) : "–"});
    }
  return html::table(table);
}

/// A dot plot with one row a strategy.
template <typename RowOf>
DotPlot rows_by_strategy(const CaseEvaluation& of, const Colours& colours, RowOf row_of) {
  DotPlot plot;
  for (const StrategyEvaluation& evaluation : of.strategies) {
    const auto [value, interval] = row_of(evaluation);
    plot.rows.push_back({evaluation.strategy, value, interval, colours.of(evaluation.strategy)});
  }
  return plot;
}

Markup plots_of(const CaseEvaluation& of, std::size_t k, const Colours& colours,
                html::Figures& figures) {
  using Row = std::pair<double, Interval>;
  std::vector<double> errors;
  for (const StrategyEvaluation& evaluation : of.strategies)
    errors.push_back(evaluation.scores[k].rmse.value);
  const std::string where = of.observables[k] + ": ";

  DotPlot rmse = rows_by_strategy(of, colours, [k](const StrategyEvaluation& evaluation) {
    const Estimate& estimate = evaluation.scores[k].rmse;
    return Row{estimate.value, estimate.ci};
  });
  rmse.title = where + "root mean squared error";
  rmse.axis = {"rmse, with its 95 % interval", scale_for(errors)};

  DotPlot bias = rows_by_strategy(of, colours, [k](const StrategyEvaluation& evaluation) {
    const Score& score = evaluation.scores[k];
    return Row{score.bias.value,
               {score.bias.value - score.std_dev, score.bias.value + score.std_dev}};
  });
  bias.title = where + "bias and spread";
  bias.axis = {"bias, ± standard deviation of an estimate", Scale::linear};
  bias.reference = 0.0;

  DotPlot coverage = rows_by_strategy(of, colours, [k](const StrategyEvaluation& evaluation) {
    const Estimate& estimate = evaluation.scores[k].coverage;
    return Row{estimate.value, estimate.ci};
  });
  coverage.title = where + "coverage";
  coverage.axis = {"share of 95 % intervals that hold the truth", Scale::linear};
  coverage.reference = 0.95;
  return figures.figure(rmse) + figures.figure(bias) + figures.figure(coverage);
}

Markup section_of(const CaseEvaluation& of, const Colours& colours, html::Figures& figures) {
  Markup content = html::element("h3", html::text(of.name));
  if (!of.strategies.empty())
    content += html::paragraph(
        fmt::format("{} shots in total for each strategy.", of.strategies.front().cost.shots));
  for (const StrategyEvaluation& evaluation : of.strategies)
    if (evaluation.failures > 0)
      content += html::paragraph(fmt::format("{}: no estimate in {} repetitions.",
                                             evaluation.strategy, evaluation.failures));
  CaseEvaluation scored = of;
  std::erase_if(scored.strategies,
                [](const StrategyEvaluation& evaluation) { return evaluation.scores.empty(); });
  if (scored.strategies.empty()) return content;
  Markup plots;
  for (std::size_t k = 0; k < of.observables.size(); ++k)
    plots += html::side_by_side(plots_of(scored, k, colours, figures));
  return content + plots + table_of(scored);
}

Markup comparisons(const std::vector<Comparison>& comparisons) {
  html::Table table{
      {"case", "better", "worse", "mean squared error less by", "adjusted p", ""}, {}, {1, 2, 5}};
  for (const Comparison& comparison : comparisons)
    table.rows.push_back({comparison.where, comparison.better, comparison.worse,
                          fmt::format("{:.3g} ± {:.2g}", comparison.difference.value,
                                      comparison.difference.std_error),
                          fmt::format("{:.2g}", comparison.adjusted_p_value),
                          comparison.significant ? "significant" : ""});
  return table.rows.empty() ? Markup() : html::table(table);
}

/// The shots at which a strategy and raw are equally good. "Always" is a boundary below all shots,
/// "never" one above: they stand at the edges.
Markup crossings(const HelpHarm& of, const Colours& colours, html::Figures& figures) {
  using Helps = HelpHarmPoint::Helps;
  double low = HUGE_VAL, high = 0.0;
  for (const HelpHarmBoundary& boundary : of.boundaries)
    for (const HelpHarmPoint& point : boundary.points) {
      if (!point.crossing_shots || !(*point.crossing_shots > 0.0)) continue;
      low = std::min(low, *point.crossing_shots);
      high = std::max(high, *point.crossing_shots);
    }
  if (!(low <= high)) return {};
  LinePlot plot{of.name + ": break-even with raw",
                {"strength of the noise", Scale::linear},
                {"shots in total", Scale::logarithmic},
                {},
                {},
                {}};
  for (const HelpHarmBoundary& boundary : of.boundaries) {
    if (boundary.strategy == "raw") continue;
    const auto series = [&](Helps helps, Marker marker, double edge) {
      LinePlot::Series result{"", {}, colours.of(boundary.strategy), marker, edge == 0.0, false};
      for (const HelpHarmPoint& point : boundary.points) {
        const double shots = edge > 0.0 ? edge : point.crossing_shots.value_or(NAN);
        const double y = point.helps == helps ? shots : NAN;
        result.points.push_back({point.noise_scale, y, {y, y}});
      }
      return result;
    };
    plot.series.push_back(series(Helps::above, Marker::triangle_up, 0.0));
    plot.series.back().name = boundary.strategy;
    plot.series.push_back(series(Helps::below, Marker::triangle_down, 0.0));
    plot.series.push_back(series(Helps::always, Marker::triangle_up_open, low / 4.0));
    plot.series.push_back(series(Helps::never, Marker::triangle_up_open, high * 4.0));
  }
  return figures.figure(plot,
                        "▲ better than raw with more shots than this, ▼ with fewer; △ at the lower "
                        "edge: always better, at the upper edge: never.");
}

Markup ratios(const HelpHarm& of, const Colours& colours, html::Figures& figures) {
  LinePlot plot{
      of.name + ": error beside raw", {"strength of the noise", Scale::linear}, {}, {}, 1.0, {}};
  std::vector<double> values;
  for (const HelpHarmBoundary& boundary : of.boundaries) {
    if (boundary.strategy == "raw") continue;
    LinePlot::Series series{boundary.strategy, {}, colours.of(boundary.strategy)};
    for (const HelpHarmPoint& point : boundary.points) {
      const double ratio = point.rmse_ratio.value_or(NAN);
      series.points.push_back({point.noise_scale, ratio, {ratio, ratio}});
      values.push_back(ratio);
    }
    plot.series.push_back(std::move(series));
  }
  plot.y = {"rmse / rmse of raw", scale_for(values)};
  return figures.figure(plot, "At the shots of the evaluation; above 1 a strategy harms.");
}

Markup help_harm(const std::vector<HelpHarm>& cases, const Colours& colours,
                 html::Figures& figures) {
  Markup content;
  for (const HelpHarm& of : cases) {
    html::Table table{{"strategy", "noise", "better than raw", "rmse / raw's"}, {}, {2}};
    for (const HelpHarmBoundary& boundary : of.boundaries)
      for (const HelpHarmPoint& point : boundary.points)
        table.rows.push_back(
            {boundary.strategy, html::number(point.noise_scale),
             point.crossing_shots
                 ? fmt::format("{} {:.4g} shots", to_string(point.helps), *point.crossing_shots)
                 : std::string(to_string(point.helps)),
             html::number(point.rmse_ratio.value_or(NAN))});
    content += html::side_by_side(crossings(of, colours, figures) + ratios(of, colours, figures));
    content += html::folded("Help and harm as a table: " + of.name, html::table(table));
  }
  return content;
}

std::string words_of(const AgeStudy::Flip& flip) {
  return fmt::format(
      "After {:.1f} days {} is better than {}, which was better when fresh: by {:.2g} ± {:.1g} in "
      "mean squared error.",
      flip.days, flip.is_better, flip.was_better, flip.difference.value, flip.difference.std_error);
}

/// Vertical lines at the flips, numbered as in the list below the plot.
std::vector<LinePlot::Mark> marks_of(const std::vector<AgeStudy::Flip>& flips) {
  std::map<double, std::string> numbers;
  for (std::size_t f = 0; f < flips.size(); ++f) {
    std::string& text = numbers[flips[f].days];
    text += (text.empty() ? "" : ", ") + std::to_string(f + 1);
  }
  std::vector<LinePlot::Mark> marks;
  for (const auto& [days, text] : numbers) marks.push_back({days, text});
  return marks;
}

Markup age(const AgeStudy& study, const Colours& colours, html::Figures& figures) {
  LinePlot plot{study.device + ": expected error by the age of the calibration",
                {"age in days", Scale::log_plus_one},
                {},
                {},
                {},
                marks_of(study.flips)};
  html::Table table{{"age in days", "pairs"}, {}, {}};
  std::vector<double> values;
  for (std::size_t s = 0; s < study.strategies.size(); ++s) {
    LinePlot::Series series{study.strategies[s], {}, colours.of(study.strategies[s])};
    for (const AgeStudy::Age& of : study.ages) {
      series.points.push_back({of.days, of.rmse[s].value, of.rmse[s].ci});
      values.push_back(of.rmse[s].value);
    }
    plot.series.push_back(std::move(series));
    table.header.push_back(study.strategies[s]);
  }
  plot.y = {"rmse, with its 95 % interval", scale_for(values)};
  for (const AgeStudy::Age& of : study.ages) {
    std::vector<std::string> row{fmt::format("{:.1f}", of.days), std::to_string(of.n_pairs)};
    for (const Estimate& rmse : of.rmse) row.push_back(html::with_error(rmse));
    table.rows.push_back(std::move(row));
  }
  Markup flips;
  for (const AgeStudy::Flip& flip : study.flips)
    flips += html::element("li", html::text(words_of(flip)));
  return html::side_by_side(figures.figure(plot)) +
         (flips.empty() ? html::paragraph("The ranking does not change with age.")
                        : html::element("ol", flips)) +
         html::table(table);
}

}  // namespace

Markup evaluation_section(const StoredEvaluation& evaluation, html::Figures& figures) {
  const Colours colours(evaluation);
  Markup scores, harm;
  for (const CaseEvaluation& of : evaluation.cases) scores += section_of(of, colours, figures);
  for (const Comparison& comparison : evaluation.harm)
    harm += html::element(
        "p",
        html::text(fmt::format("Harm: {} makes {} worse than {} does: mean squared error {:.3g} ± "
                               "{:.2g} more, adjusted p {:.2g}.",
                               comparison.worse, comparison.where, comparison.better,
                               comparison.difference.value, comparison.difference.std_error,
                               comparison.adjusted_p_value)),
        {{"class", "warning"}});
  return html::section("evaluation", "Strategies side by side", harm + scores) +
         html::section("comparisons", "Paired comparisons (Holm, all repetitions)",
                       comparisons(evaluation.comparisons)) +
         html::section("help-harm", "Where strategies help and harm",
                       help_harm(evaluation.help_harm, colours, figures)) +
         html::section("age", "The age of the calibration",
                       evaluation.age ? age(*evaluation.age, colours, figures) : Markup());
}

}  // namespace rhodrift
