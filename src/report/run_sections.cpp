#include "report/run_sections.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

using html::Markup;
using Scale = PlotAxis::Scale;

constexpr std::size_t unfolded_rows = 20;
/// A curve of more points is no longer a line but an area.
constexpr std::size_t most_points = 500;

Markup calibration_facts(const Calibration& calibration, const std::string& hash) {
  Markup content = html::facts({{"device", calibration.device},
                                {"vendor", calibration.vendor},
                                {"recorded", to_iso8601(calibration.timestamp)},
                                {"qubits", std::to_string(calibration.n_qubits())},
                                {"source", calibration.provenance.source},
                                {"licence", calibration.provenance.licence},
                                {"SHA-256", hash}});
  html::Table repairs{{"place", "repair", "detail"}, {}, {1, 2}};
  for (const Repair& repair : calibration.repairs)
    repairs.rows.push_back({repair.place, repair.policy, repair.detail});
  if (!repairs.rows.empty())
    content += html::folded(fmt::format("Repairs of the calibration: {}", repairs.rows.size()),
                            html::table(repairs));
  return html::element("h3", html::text("Calibration")) + content;
}

Markup series_facts(const CalibrationSeries& series) {
  return html::element("h3", html::text("Calibration series")) +
         html::facts({{"device", series.device},
                      {"states", std::to_string(series.states.size())},
                      {"recorded", to_iso8601(series.states.front().timestamp) + " to " +
                                       to_iso8601(series.states.back().timestamp)}});
}

std::string diagnostics_of(const Estimate& estimate) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : estimate.diagnostics)
    parts.push_back(fmt::format("{} {:.4g}", name, value));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Columns that say the same of all rows (no shots, no diagnostics, one level) are left out.
html::Table table_of(const std::vector<NamedEstimate>& rows) {
  const auto any = [&](auto has) {
    return std::ranges::any_of(rows, has, &NamedEstimate::estimate);
  };
  const bool counted = any([](const Estimate& e) { return e.shots > 0 || e.circuits > 0; });
  const bool diagnosed = any([](const Estimate& e) { return !e.diagnostics.empty(); });
  const double level = rows.empty() ? 0.0 : rows.front().estimate.level;
  const bool one_level = !any([level](const Estimate& e) { return e.level != level; });
  html::Table table{{"name", "value", "std. error"}, {}, {}};
  table.header.push_back(one_level ? fmt::format("{:g} % interval", 100.0 * level) : "interval");
  if (counted) table.header.insert(table.header.end(), {"shots", "circuits"});
  table.text_columns.push_back(table.header.size());
  table.header.push_back("method");
  if (diagnosed) {
    table.text_columns.push_back(table.header.size());
    table.header.push_back("diagnostics");
  }
  for (const auto& [name, estimate] : rows) {
    const html::EstimateCells cells = html::cells_of(estimate);
    std::vector<std::string> row{name, cells.value, cells.std_error, cells.interval};
    if (!one_level) row.back() += fmt::format(" ({:g} %)", 100.0 * estimate.level);
    if (counted)
      row.insert(row.end(), {std::to_string(estimate.shots), std::to_string(estimate.circuits)});
    row.push_back(estimate.method);
    if (diagnosed) row.push_back(diagnostics_of(estimate));
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Means over consecutive stretches, most_points of them at most.
std::vector<PlotPoint> averaged(const std::vector<PlotPoint>& points) {
  const std::size_t n = std::min(points.size(), most_points);
  std::vector<PlotPoint> result;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t begin = i * points.size() / n, end = (i + 1) * points.size() / n;
    double x = 0.0, y = 0.0;
    for (std::size_t k = begin; k < end; ++k) x += points[k].x, y += points[k].y;
    const auto length = static_cast<double>(end - begin);
    result.push_back({x / length, y / length, {y / length, y / length}});
  }
  return result;
}

using FigureOfStep = double (*)(const TrainingStep&);

std::vector<PlotPoint> by_step(const std::vector<TrainingStep>& history, FigureOfStep figure) {
  std::vector<PlotPoint> points;
  for (std::size_t s = 0; s < history.size(); ++s) {
    const double y = figure(history[s]);
    points.push_back({static_cast<double>(s), y, {y, y}});
  }
  return averaged(points);
}

/// Means over the epochs, each at the middle of its steps.
std::vector<PlotPoint> by_epoch(const std::vector<TrainingStep>& history, FigureOfStep figure) {
  std::vector<PlotPoint> points;
  for (std::size_t begin = 0, end = 0; begin < history.size(); begin = end) {
    double sum = 0.0;
    for (end = begin; end < history.size() && history[end].epoch == history[begin].epoch; ++end)
      sum += figure(history[end]);
    const double y = sum / static_cast<double>(end - begin);
    points.push_back({0.5 * static_cast<double>(begin + end - 1), y, {y, y}});
  }
  return averaged(points);
}

LinePlot training_plot(const std::map<std::string, TrainingRecord>& models, std::string title,
                       PlotAxis axis, FigureOfStep figure) {
  LinePlot plot{std::move(title), {"step", Scale::linear}, std::move(axis), {}, {}, {}};
  std::size_t colour = 0;
  for (const auto& [name, record] : models) {
    plot.series.push_back({"", by_step(record.history, figure), colour, Marker::none, true, true});
    plot.series.push_back({name, by_epoch(record.history, figure), colour});
    ++colour;
  }
  return plot;
}

/// The program, and how many noise channels it leaves out.
std::string program_of(const StoredCircuit& stored, std::size_t& n_channels) {
  if (stored.qasm) return *stored.qasm;
  Circuit ideal(stored.circuit.n_qubits());
  for (const Instruction& instruction : stored.circuit.instructions()) {
    if (instruction.op == Op::channel)
      ++n_channels;
    else
      ideal.append(instruction);
  }
  try {
    return to_qasm3(ideal);
  } catch (const InputError& error) {
    return fmt::format("// OpenQASM cannot say it: {}", error.what());
  }
}

Markup listed(const std::string& what, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  Markup items;
  for (const std::string& name : names) items += html::element("li", html::text(name));
  return html::folded(fmt::format("{}: {}", what, names.size()), html::element("ul", items));
}

}  // namespace

html::Section origin_section(const RunReader& run) {
  const RunInfo info = run.info();
  Markup content = html::facts({{"command", info.command_line},
                                {"begun", to_iso8601(info.created)},
                                {"seed", std::to_string(info.seed)}});
  std::vector<std::pair<std::string, std::string>> versions;
  for (const auto& [name, version] : run.versions()) versions.emplace_back(name, version);
  content += html::element("h3", html::text("Versions")) + html::facts(versions);
  if (run.has_calibration())
    content += calibration_facts(run.calibration(), run.calibration_hash());
  if (run.has_calibration_series()) content += series_facts(run.calibration_series());
  return {"origin", "How the run came about", "Origin", content};
}

html::Section estimates_section(const RunReader& run) {
  Markup content;
  for (const std::string& name : run.estimate_names()) {
    const html::Table table = table_of(run.estimates(name));
    content += html::folded(fmt::format("{} ({} rows)", name, table.rows.size()),
                            html::table(table), table.rows.size() <= unfolded_rows);
  }
  return {"estimates", "Estimates", "Estimates", content};
}

/// A row a model.
html::Table training_table(const std::map<std::string, TrainingRecord>& models) {
  html::Table table{
      {"model", "steps", "shots", "seconds", "last loss", "last gradient norm"}, {}, {}};
  for (const auto& [name, training] : models) {
    std::uint64_t shots = 0;
    double seconds = 0.0;
    for (const TrainingStep& step : training.history) {
      shots += step.shots;
      seconds += step.seconds;
    }
    const bool any = !training.history.empty();
    table.rows.push_back({name, std::to_string(training.history.size()), std::to_string(shots),
                          fmt::format("{:.3g}", seconds),
                          any ? html::number(training.history.back().loss) : "–",
                          any ? html::number(training.history.back().gradient_norm) : "–"});
  }
  return table;
}

html::Section training_section(const RunReader& run, html::Figures& figures) {
  std::map<std::string, TrainingRecord> models;
  for (const std::string& name : run.training_names()) models.emplace(name, run.training(name));
  if (models.empty()) return {};
  const char* const caption = "Lines: minibatches; points: means over an epoch.";
  return {
      "training", "Training", "Training",
      html::table(training_table(models)) +
          html::side_by_side(
              figures.figure(training_plot(models, "Loss", {"loss", Scale::linear},
                                           [](const TrainingStep& step) { return step.loss; }),
                             caption) +
              figures.figure(
                  training_plot(models, "Gradient", {"norm of the gradient", Scale::logarithmic},
                                [](const TrainingStep& step) { return step.gradient_norm; }),
                  caption))};
}

html::Section drift_section(const RunReader& run, html::Figures& figures) {
  if (!run.has_drift_study()) return {};
  const DriftStudy study = run.drift_study();
  std::map<std::string, LinePlot> plots;  // by quantity
  for (const DriftStudy::Track& track : study.tracks) {
    LinePlot& plot = plots[track.quantity];
    plot.title = track.quantity + " on " + study.device;
    plot.x = {"", Scale::time};
    plot.y = {track.quantity, Scale::linear};
    LinePlot::Series series{track.name, {}, plot.series.size()};
    series.band = true;
    for (std::size_t i = 0; i < study.times.size(); ++i)
      series.points.push_back(
          {static_cast<double>(study.times[i].unix_s), track.values[i].value, track.values[i].ci});
    plot.series.push_back(std::move(series));
  }
  Markup content;
  for (const auto& [quantity, plot] : plots) content += figures.figure(plot);
  return {"drift", "Drift", "Drift", html::side_by_side(content)};
}

html::Section circuits_section(const RunReader& run) {
  Markup content;
  for (const std::string& name : run.circuit_names()) {
    const StoredCircuit stored = run.circuit(name);
    std::size_t n_channels = 0;
    const std::string program = program_of(stored, n_channels);
    std::string summary =
        fmt::format("{}: {} qubits, {} instructions", name, stored.circuit.n_qubits(),
                    stored.circuit.instructions().size());
    if (n_channels > 0)
      summary += fmt::format(", {} of them noise channels, which are left out", n_channels);
    content += html::folded(summary, html::preformatted(program));
  }
  return {"circuits", "Circuits", "Circuits", content};
}

html::Section contents_section(const RunReader& run) {
  return {"contents", "Also in the file", "Contents",
          listed("Shots", run.shot_names()) + listed("Texts", run.text_names())};
}

}  // namespace rhodrift
