#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rhodrift/core/estimate.hpp>

/// Plots as SVG, drawn by the program gnuplot, which has to be installed. They are made to stand in
/// a page: no background, text in the colour of the text around them, as wide as there is room for.
namespace rhodrift {

struct PlotAxis {
  enum class Scale {
    linear,
    logarithmic,   ///< values that are not positive are left out
    log_plus_one,  ///< log(1 + value), for values from 0 on
    time           ///< values are seconds since 1970, UTC
  };
  std::string label;
  Scale scale = Scale::linear;
};

/// What a point looks like.
enum class Marker { none, circle, square, triangle_up, triangle_up_open, triangle_down, diamond };
/// The same as a character, for a legend: "●"; "–" for none.
std::string glyph(Marker marker);

/// Colours that can be told apart, on white and on black: "#rrggbb", the same again after eight.
std::string plot_colour(std::size_t index);

struct PlotPoint {
  double x;
  double y;           ///< NaN: a gap
  Interval interval;  ///< of y; drawn unless it is the value itself
};

/// Curves over x.
struct LinePlot {
  struct Series {
    std::string name;  ///< not drawn: a legend is the page's
    std::vector<PlotPoint> points;
    std::size_t colour = 0;
    Marker marker = Marker::circle;
    bool joined = true;
    bool faint = false;
    bool band = false;  ///< intervals as one area, not as a bar each
  };
  struct Mark {
    double x;
    std::string text;
  };
  std::string title;  ///< not drawn: what the plot is called when it cannot be seen
  PlotAxis x;
  PlotAxis y;
  std::vector<Series> series;
  std::optional<double> reference;  ///< a horizontal line
  std::vector<Mark> marks;          ///< vertical lines
};

/// A row a name, each with a value and its interval.
struct DotPlot {
  struct Row {
    std::string name;
    double value;  ///< NaN: the row says that there is none
    Interval interval;
    std::size_t colour = 0;
  };
  std::string title;  ///< as LinePlot's
  PlotAxis axis;
  std::vector<Row> rows;
  std::optional<double> reference;  ///< a vertical line
};

/// False when svg_plot would have nothing to draw.
bool has_points(const LinePlot& plot);
bool has_points(const DotPlot& plot);

/// The element <svg>. Every id in it begins with `id_prefix`, so that several plots can stand in
/// one page. Texts may hold anything; they are drawn as they are. Throws InputError when no point
/// can be drawn, RunError when gnuplot is missing (the message names the package) or fails.
std::string svg_plot(const LinePlot& plot, const std::string& id_prefix);
std::string svg_plot(const DotPlot& plot, const std::string& id_prefix);

}  // namespace rhodrift
