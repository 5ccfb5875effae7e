#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/report/svg_plot.hpp>

#include "report/gnuplot.hpp"

namespace rhodrift {

namespace {

using Scale = PlotAxis::Scale;

// A phone shows the whole width, so that letters must bear to be drawn smaller by a quarter.
constexpr int width = 480;
constexpr int line_plot_height = 320;
constexpr int row_height = 46;
constexpr int axis_height = 56;
constexpr const char* grid_colour = "#808080";

/// What an axis of this scale can show.
bool fits(double value, Scale scale) {
  if (!std::isfinite(value)) return false;
  return scale == Scale::logarithmic ? value > 0.0 : scale != Scale::log_plus_one || value >= 0.0;
}

double on_scale(double value, Scale scale) {
  if (scale == Scale::logarithmic) return std::log10(value);
  return scale == Scale::log_plus_one ? std::log10(1.0 + value) : value;
}

double off_scale(double position, Scale scale) {
  if (scale == Scale::logarithmic) return std::pow(10.0, position);
  return scale == Scale::log_plus_one ? std::pow(10.0, position) - 1.0 : position;
}

/// The values that an axis has to show.
class Extent {
 public:
  explicit Extent(Scale scale) : scale_(scale) {}

  void add(double value) {
    if (!fits(value, scale_)) return;
    low_ = std::min(low_, on_scale(value, scale_));
    high_ = std::max(high_, on_scale(value, scale_));
  }
  void add(const Interval& interval) {
    add(interval.low);
    add(interval.high);
  }
  bool is_empty() const { return !(low_ <= high_); }

  /// With room at both ends.
  Interval padded() const {
    double room = 0.05 * (high_ - low_);
    if (!(room > 0.0))
      room = low_ == 0.0 || scale_ == Scale::logarithmic ? 0.5 : 0.1 * std::abs(low_);
    const double low = low_ - room;
    return {off_scale(scale_ == Scale::log_plus_one ? std::max(low, -0.02) : low, scale_),
            off_scale(high_ + room, scale_)};
  }

 private:
  Scale scale_;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "NaN";
}

/// 1, 10, 100, … inside the range; with 2 and 5, or 3, between them where there are few of them.
std::string logarithmic_tics(const Interval& range, Scale scale) {
  const double low = std::max(range.low, scale == Scale::log_plus_one ? 1.0 : range.low);
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(std::max(range.high, low))));
  std::vector<double> digits{1.0};
  if (last - first <= 4) digits = {1.0, 3.0};
  if (last - first <= 2) digits = {1.0, 2.0, 5.0};
  if (last - first <= 1) digits = {1.0, 2.0, 3.0, 5.0, 7.0};
  std::string tics = scale == Scale::log_plus_one ? "'0' 0" : "";
  for (int decade = first; decade <= last; ++decade)
    for (const double digit : digits) {
      const double value = digit * std::pow(10.0, decade);
      if (value < low || value > range.high) continue;
      tics += fmt::format("{}'{:g}' {}", tics.empty() ? "" : ", ", value, number(value));
    }
  return tics;
}

/// Four dates or so, on whole days, of a short time whole hours.
std::string time_tics(const Interval& range) {
  constexpr double hour_s = 3600.0, day_s = 24.0 * hour_s;
  const double span_s = range.high - range.low;
  const bool is_long = span_s > 4.0 * day_s;
  const double unit_s = is_long ? day_s : hour_s;
  const double step_s = unit_s * std::ceil(span_s / (4.0 * unit_s));
  return fmt::format("{} time format \"{}\"", number(step_s),
                     is_long ? "%d %b\\n%Y" : "%d %b\\n%H:%M");
}

std::string axis_commands(char axis, const PlotAxis& of, const Interval& range) {
  std::string text = fmt::format("set {0}range [{1}:{2}]\nset {0}label {3}\n", axis,
                                 number(range.low), number(range.high), gnuplot_quoted(of.label));
  switch (of.scale) {
    case Scale::linear:
      return text;
    case Scale::logarithmic:
      return text + fmt::format("set logscale {0}\nset {0}tics ({1})\n", axis,
                                logarithmic_tics(range, of.scale));
    case Scale::log_plus_one:
      return text + fmt::format(
                        "set nonlinear {0} via log10(1+{0}) inverse 10**{0}-1\nset {0}tics ({1})\n",
                        axis, logarithmic_tics(range, of.scale));
    case Scale::time:
      return text + fmt::format("set {}tics {}\n", axis, time_tics(range));
  }
  throw RunError("scale of an axis out of range");
}

std::string preamble(int height) {
  return fmt::format(
      "set encoding utf8\nset locale 'C'\n"
      "set terminal svg size {},{} dynamic noenhanced font 'sans-serif,14' linewidth 1.5\n"
      "unset key\nset border 3 linewidth 0.5\nset tics nomirror scale 0.5\n"
      "set grid linecolor rgb '{}' linewidth 0.3 dashtype 1\n",
      width, height, grid_colour);
}

std::string number_of(Marker marker) {
  switch (marker) {
    case Marker::none:
      return "";
    case Marker::circle:
      return "7";
    case Marker::square:
      return "5";
    case Marker::triangle_up:
      return "9";
    case Marker::triangle_up_open:
      return "8";
    case Marker::triangle_down:
      return "11";
    case Marker::diamond:
      return "13";
  }
  throw RunError("marker out of range");
}

/// "x y low high" a line; a gap where an axis cannot show the point.
std::string data_block(const std::string& name, const LinePlot& plot,
                       const LinePlot::Series& series, const Interval& y_range) {
  std::string text = "$" + name + " << END\n";
  for (const PlotPoint& point : series.points) {
    const bool shown = fits(point.x, plot.x.scale) && fits(point.y, plot.y.scale);
    // A bar that begins at or below 0 goes down to the end of a logarithmic axis.
    const double low = fits(point.interval.low, plot.y.scale) ? point.interval.low : y_range.low;
    text += shown ? fmt::format("{} {} {} {}\n", number(point.x), number(point.y), number(low),
                                number(point.interval.high))
                  : "NaN NaN NaN NaN\n";
  }
  return text + "END\n";
}

bool has_intervals(const LinePlot::Series& series) {
  return std::ranges::any_of(series.points, [](const PlotPoint& point) {
    return point.interval.low < point.y || point.interval.high > point.y;
  });
}

/// What is drawn of a data block: bars, line and markers.
std::vector<std::string> layers(const std::string& name, const LinePlot::Series& series) {
  const std::string colour = plot_colour(series.colour);
  const std::string transparent = "#a0" + colour.substr(1);
  std::vector<std::string> layers;
  if (has_intervals(series) && series.band)
    layers.push_back(fmt::format(
        "${} using 1:3:4 with filledcurves fillcolor rgb '#d0{}' fillstyle solid noborder", name,
        colour.substr(1)));
  else if (has_intervals(series))
    layers.push_back(fmt::format(
        "${} using 1:3:(0):($4-$3) with vectors nohead linecolor rgb '{}' linewidth 0.7", name,
        colour));
  if (series.joined)
    layers.push_back(fmt::format("${} using 1:2 with lines linecolor rgb '{}'", name,
                                 series.faint ? transparent : colour));
  if (series.marker != Marker::none)
    layers.push_back(
        fmt::format("${} using 1:2 with points pointtype {} pointsize 0.7 linecolor rgb '{}'", name,
                    number_of(series.marker), colour));
  return layers;
}

std::pair<Extent, Extent> extents(const LinePlot& plot) {
  Extent x(plot.x.scale), y(plot.y.scale);
  for (const LinePlot::Series& series : plot.series)
    for (const PlotPoint& point : series.points) {
      if (!fits(point.x, plot.x.scale) || !fits(point.y, plot.y.scale)) continue;
      x.add(point.x);
      y.add(point.y);
      y.add(point.interval);
    }
  return {x, y};
}

Extent extent(const DotPlot& plot) {
  Extent values(plot.axis.scale);
  for (const DotPlot::Row& row : plot.rows) {
    if (!fits(row.value, plot.axis.scale)) continue;
    values.add(row.value);
    values.add(row.interval);
  }
  return values;
}

[[noreturn]] void refuse_empty(const std::string& title) {
  throw InputError("plot", title, "has no point that can be drawn");
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// What stands between `open` and `close`, both included, goes.
void remove_all(std::string& text, const std::string& open, const std::string& close) {
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    const std::size_t end = text.find(close, at);
    if (end == std::string::npos) throw RunError("gnuplot wrote an SVG that does not end");
    text.erase(at, end + close.size() - at);
  }
}

/// The element <svg> of the document that gnuplot wrote, with its black as the colour of the text
/// around it, without the names it shows under the pointer ("gnuplot_plot_1").
std::string inline_svg(std::string document, const std::string& id_prefix) {
  const std::size_t begin = document.find("<svg");
  if (begin == std::string::npos) throw RunError("gnuplot wrote no SVG");
  document.erase(0, begin);
  remove_all(document, "<title>", "</title>");
  remove_all(document, "<desc>", "</desc>");
  for (const char quote : {'\'', '"'}) {
    replace_all(document, fmt::format("{0}black{0}", quote),
                fmt::format("{0}currentColor{0}", quote));
    replace_all(document, fmt::format(" id={}", quote), fmt::format(" id={}{}-", quote, id_prefix));
    replace_all(document, fmt::format("href={}#", quote),
                fmt::format("href={}#{}-", quote, id_prefix));
  }
  return document;
}

}  // namespace

std::string glyph(Marker marker) {
  switch (marker) {
    case Marker::none:
      return "–";
    case Marker::circle:
      return "●";
    case Marker::square:
      return "■";
    case Marker::triangle_up:
      return "▲";
    case Marker::triangle_up_open:
      return "△";
    case Marker::triangle_down:
      return "▼";
    case Marker::diamond:
      return "◆";
  }
  throw RunError("marker out of range");
}

std::string plot_colour(std::size_t index) {
  // Contrast with white and with #15181c of at least 3 each (WCAG 2.2, 1.4.11).
  constexpr std::array<const char*, 8> colours{"#2f7fc1", "#d2691e", "#2e9e5b", "#b05fd0",
                                               "#d6455d", "#1a95a3", "#98763f", "#7c7c8a"};
  return colours[index % colours.size()];
}

bool has_points(const LinePlot& plot) {
  return !extents(plot).first.is_empty();
}

bool has_points(const DotPlot& plot) {
  return !extent(plot).is_empty();
}

std::string svg_plot(const LinePlot& plot, const std::string& id_prefix) {
  auto [x, y] = extents(plot);
  if (x.is_empty()) refuse_empty(plot.title);
  if (plot.reference) y.add(*plot.reference);
  for (const LinePlot::Mark& mark : plot.marks) x.add(mark.x);
  const Interval y_range = y.padded();
  std::string script = preamble(line_plot_height) + axis_commands('x', plot.x, x.padded()) +
                       axis_commands('y', plot.y, y_range);
  if (plot.reference)
    script += fmt::format(
        "set arrow from graph 0, first {0} to graph 1, first {0} nohead dashtype 2 back\n",
        number(*plot.reference));
  for (const LinePlot::Mark& mark : plot.marks)
    script += fmt::format(
        "set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dashtype 3\n"
        "set label {1} at first {0}, graph 1.04 center\n",
        number(mark.x), gnuplot_quoted(mark.text));
  std::vector<std::string> curves;
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    const std::string name = fmt::format("series{}", s);
    script += data_block(name, plot, plot.series[s], y_range);
    for (std::string& layer : layers(name, plot.series[s])) curves.push_back(std::move(layer));
  }
  script += fmt::format("plot {}\n", fmt::join(curves, ", "));
  return inline_svg(run_gnuplot(script), id_prefix);
}

std::string svg_plot(const DotPlot& plot, const std::string& id_prefix) {
  Extent values = extent(plot);
  if (values.is_empty()) refuse_empty(plot.title);
  if (plot.reference) values.add(*plot.reference);
  const Interval range = values.padded();
  const auto n_rows = static_cast<int>(plot.rows.size());
  std::string script = preamble(axis_height + row_height * n_rows) +
                       axis_commands('x', plot.axis, range) +
                       fmt::format(
                           "set yrange [{}:-0.6]\nunset ytics\nset border 1\n"
                           "set lmargin 2\nset rmargin 2\nset tmargin 0.5\n",
                           n_rows - 0.6);
  if (plot.reference)
    script += fmt::format(
        "set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dashtype 2 back\n",
        number(*plot.reference));
  std::vector<std::string> dots;
  for (int r = 0; r < n_rows; ++r) {
    const DotPlot::Row& row = plot.rows[static_cast<std::size_t>(r)];
    const bool shown = fits(row.value, plot.axis.scale);
    script += fmt::format("set label {} at graph 0, first {}\n",
                          gnuplot_quoted(row.name + (shown ? "" : ": no estimate")), r - 0.36);
    if (!shown) continue;
    const double low = fits(row.interval.low, plot.axis.scale) ? row.interval.low : range.low;
    script += fmt::format("$row{} << END\n{} {} {} {}\nEND\n", r, number(row.value), r, number(low),
                          number(row.interval.high));
    for (const char* layer : {"using 3:2:($4-$3):(0) with vectors nohead",
                              "using 1:2 with points pointtype 7 pointsize 0.8"})
      dots.push_back(
          fmt::format("$row{} {} linecolor rgb '{}'", r, layer, plot_colour(row.colour)));
  }
  script += fmt::format("plot {}\n", fmt::join(dots, ", "));
  return inline_svg(run_gnuplot(script), id_prefix);
}

}  // namespace rhodrift
