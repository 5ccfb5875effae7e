#include "report/evaluation_sections.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>

#include "report/evaluation_words.hpp"

namespace rhodrift {

namespace {

using html::Markup;
using Scale = PlotAxis::Scale;

/// A strategy has the same colour in every plot.
class Colours {
 public:
  explicit Colours(const EvaluationReport& report) {
    for (const CaseEvaluation& of : report.cases)
      for (const StrategyEvaluation& strategy : of.strategies)
        number_.try_emplace(strategy.strategy, number_.size());
    if (report.age)
      for (const std::string& strategy : report.age->strategies)
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

/// `text_columns` are those that are read from the left, beside the first.
Markup table_of(words::Table table, std::vector<std::size_t> text_columns = {}) {
  return html::table({std::move(table.header), std::move(table.rows), std::move(text_columns)});
}

Markup table_of(const CaseEvaluation& of, const std::string& currency) {
  html::Table table{{"observable", "strategy", "truth", "bias", "std. dev.", "rmse", "coverage",
                     "circuits", "2-qubit gates", "seconds"},
                    {},
                    {1}};
  if (!currency.empty()) table.header.push_back(currency);
  for (std::size_t k = 0; k < of.observables.size(); ++k)
    for (const StrategyEvaluation& evaluation : of.strategies) {
      const Score& score = evaluation.scores[k];
      const Cost& cost = evaluation.cost;
      table.rows.push_back({of.observables[k], evaluation.strategy, html::number(score.truth),
                            html::with_error(score.bias), html::number(score.std_dev),
                            html::with_error(score.rmse), with_interval(score.coverage),
                            std::to_string(cost.circuits), std::to_string(cost.two_qubit_gates),
                            cost.seconds ? html::number(*cost.seconds) : "–"});
      if (!currency.empty())
        table.rows.back().push_back(cost.money ? fmt::format("{:.2f}", *cost.money) : "–");
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

Markup part_of(const CaseEvaluation& of, const EvaluationReport& report, const Colours& colours,
               html::Figures& figures) {
  Markup content = html::element("h3", html::text(of.name));
  for (const StrategyEvaluation& evaluation : of.strategies)
    if (evaluation.failures > 0)
      content += html::paragraph(words::failures(evaluation, report.repetitions));
  CaseEvaluation scored = of;
  std::erase_if(scored.strategies,
                [](const StrategyEvaluation& evaluation) { return evaluation.scores.empty(); });
  if (scored.strategies.empty()) return content;
  Markup plots;
  for (std::size_t k = 0; k < of.observables.size(); ++k)
    plots += html::side_by_side(plots_of(scored, k, colours, figures));
  return content + plots + table_of(scored, report.currency);
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
    // At the crossing, or at `edge` where there is none.
    const auto series = [&](Helps helps, Marker marker, std::optional<double> edge) {
      LinePlot::Series result{"", {}, colours.of(boundary.strategy), marker, !edge, false};
      for (const HelpHarmPoint& point : boundary.points) {
        const double shots = edge ? *edge : point.crossing_shots.value_or(NAN);
        const double y = point.helps == helps ? shots : NAN;
        result.points.push_back({point.noise_scale, y, {y, y}});
      }
      return result;
    };
    plot.series.push_back(series(Helps::above, Marker::triangle_up, std::nullopt));
    plot.series.back().name = boundary.strategy;
    plot.series.push_back(series(Helps::below, Marker::triangle_down, std::nullopt));
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
    if (of.boundaries.empty()) continue;
    content += html::side_by_side(crossings(of, colours, figures) + ratios(of, colours, figures));
    content +=
        html::folded("Help and harm as a table: " + of.name, table_of(words::help_harm(of), {2}));
  }
  return content;
}

/// Vertical lines at the significant flips, numbered as in the list below the plot.
std::vector<LinePlot::Mark> marks_of(const std::vector<AgeStudy::Flip>& flips) {
  std::map<double, std::string> numbers;
  for (std::size_t f = 0; f < flips.size(); ++f) {
    if (!flips[f].significant) continue;
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
  std::vector<double> values;
  for (std::size_t s = 0; s < study.strategies.size(); ++s) {
    LinePlot::Series series{study.strategies[s], {}, colours.of(study.strategies[s])};
    for (const AgeStudy::Age& of : study.ages) {
      const Estimate& rmse = of.rmse[s];
      const bool known = std::isfinite(rmse.std_error);
      series.points.push_back(
          {of.days, rmse.value, known ? rmse.ci : Interval{rmse.value, rmse.value}});
      values.push_back(of.rmse[s].value);
    }
    plot.series.push_back(std::move(series));
  }
  plot.y = {"rmse, with its 95 % interval", scale_for(values)};
  Markup flips;
  for (const std::string& sentence : words::flips(study))
    flips += html::element("li", html::text(sentence));
  return html::side_by_side(figures.figure(plot)) + html::element("ol", flips) +
         table_of(words::ages(study));
}

}  // namespace

std::vector<html::Section> evaluation_sections(const EvaluationReport& report,
                                               html::Figures& figures) {
  const Colours colours(report);
  Markup scores;
  if (!report.cases.empty()) scores += html::paragraph(words::budget(report) + ".");
  for (const Comparison& comparison : report.harm)
    scores += html::element("p", html::text(words::harm(comparison)), {{"class", "warning"}});
  for (const CaseEvaluation& of : report.cases) scores += part_of(of, report, colours, figures);
  Markup comparisons;
  if (!report.comparisons.empty())
    comparisons = table_of(words::comparisons(report.comparisons), {1, 2});
  return {{"evaluation", "Strategies side by side", "Strategies", scores},
          {"comparisons", words::comparisons_title(), "Comparisons", comparisons},
          {"help-harm", "Where strategies help and harm", "Help and harm",
           help_harm(report.help_harm, colours, figures)},
          {"age", "The age of the calibration", "Age",
           report.age ? age(*report.age, colours, figures) : Markup()}};
}

}  // namespace rhodrift
