#include <cmath>
#include <cstdlib>
#include <optional>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/report/svg_plot.hpp>

#include "report/gnuplot.hpp"
#include "report/well_formed.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::xml_fault;

namespace {

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

LinePlot line_plot(std::vector<PlotPoint> points) {
  LinePlot plot;
  plot.title = "test";
  plot.x.label = "x";
  plot.y.label = "y";
  plot.series.push_back({"series", std::move(points)});
  return plot;
}

DotPlot dot_plot(const std::string& name) {
  DotPlot plot;
  plot.title = "test";
  plot.axis.label = "value";
  plot.rows.push_back({name, 0.5, {0.4, 0.7}});
  return plot;
}

/// An environment variable while it lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (old_)
      ::setenv(name_, old_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

const double missing = std::nan("");

}  // namespace

TEST_CASE("a plot is one element with ids of its own, in the colour of the text around it") {
  const auto plot = line_plot({{0.0, 1.0, {0.5, 1.5}}, {1.0, 2.0, {2.0, 2.0}}});
  const std::string svg = svg_plot(plot, "first");
  CHECK(svg.starts_with("<svg"));
  CHECK(xml_fault(svg + svg_plot(plot, "second")) == "");
  CHECK(svg.find("black") == std::string::npos);
  CHECK(svg.find("<title>") == std::string::npos);
  CHECK(svg.find("href='#gpPt") == std::string::npos);
  CHECK(svg_plot(plot, "first") == svg);
}

TEST_CASE("every point of a plot is drawn once, gaps are not") {
  const auto markers = [](const LinePlot& plot) {
    return occurrences(svg_plot(plot, "p"), "<use xlink:href='#p-gpPt6' transform");
  };
  auto plot = line_plot({{1.0, 1.0, {}}, {2.0, missing, {}}, {3.0, 2.0, {}}, {4.0, -1.0, {}}});
  for (PlotPoint& point : plot.series[0].points) point.interval = {point.y, point.y};
  CHECK(markers(plot) == 3);
  plot.y.scale = PlotAxis::Scale::logarithmic;
  CHECK(markers(plot) == 2);
  plot.series[0].marker = Marker::none;
  CHECK(markers(plot) == 0);
}

TEST_CASE("axes are labelled at round numbers") {
  const auto has_tic = [](const LinePlot& plot, const std::string& tic) {
    return svg_plot(plot, "p").find("<text>" + tic + "</text>") != std::string::npos;
  };
  auto plot = line_plot({{0.0, 0.02, {0.02, 0.02}}, {120.0, 3000.0, {3000.0, 3000.0}}});
  plot.y.scale = PlotAxis::Scale::logarithmic;
  plot.x.scale = PlotAxis::Scale::log_plus_one;
  for (const char* tic : {"0", "1", "10", "100", "0.1", "1000"}) CHECK(has_tic(plot, tic));
  CHECK(!has_tic(plot, "0.01"));

  plot = line_plot({{1609459200.0, 1.0, {1.0, 1.0}}, {1617235200.0, 2.0, {2.0, 2.0}}});
  plot.x.scale = PlotAxis::Scale::time;
  const std::string svg = svg_plot(plot, "p");
  CHECK(svg.find(" Feb</text>") != std::string::npos);
  CHECK(svg.find("2021") != std::string::npos);
}

TEST_CASE("single points, equal values and bars to below 0 on a logarithmic axis can be drawn") {
  CHECK_NOTHROW(svg_plot(line_plot({{5.0, 5.0, {5.0, 5.0}}}), "p"));
  CHECK_NOTHROW(svg_plot(line_plot({{0.0, 0.0, {0.0, 0.0}}, {1.0, 0.0, {0.0, 0.0}}}), "p"));
  auto plot = line_plot({{1.0, 0.1, {-0.1, 0.3}}, {2.0, 3.0, {2.0, 4.0}}});
  plot.y.scale = PlotAxis::Scale::logarithmic;
  CHECK_NOTHROW(svg_plot(plot, "p"));
  plot.series[0].band = true;
  CHECK_NOTHROW(svg_plot(plot, "p"));
  plot.series[0].faint = true;
  plot.reference = 1.0;
  plot.marks = {{1.5, "1, 2"}};
  CHECK(xml_fault(svg_plot(plot, "p")) == "");
}

TEST_CASE("a plot without a point is refused") {
  const auto plot = line_plot({{0.0, missing, {missing, missing}}});
  CHECK(!has_points(plot));
  CHECK_THROWS_WITH(svg_plot(plot, "p"), ContainsSubstring("has no point that can be drawn"));
  CHECK(!has_points(DotPlot{}));
  CHECK_THROWS_AS(svg_plot(DotPlot{}, "p"), InputError);
}

TEST_CASE("names are drawn as they are, whatever they hold") {
  const ScratchDirectory scratch;
  const std::string witness = (scratch.path() / "witness").string();
  for (const std::string& name :
       {std::string("it's"), "'; system('touch " + witness + "') #", "`touch " + witness + "`",
        "$(touch " + witness + ")", std::string("a_b^2 {/Symbol a} @x \\n %s"),
        std::string("<script>&\"</script>"), std::string("two\nlines\nEND\nexit"),
        std::string("bell \x07 not utf-8 \xff"), std::string("⟨Z⟩")}) {
    INFO(name);
    DotPlot dots = dot_plot(name);
    dots.axis.label = name;
    dots.title = name;
    CHECK(xml_fault(svg_plot(dots, "p")) == "");
    LinePlot lines = line_plot({{0.0, 1.0, {1.0, 1.0}}});
    lines.x.label = lines.y.label = lines.title = lines.series[0].name = name;
    lines.marks = {{0.5, name}};
    CHECK(xml_fault(svg_plot(lines, "p")) == "");
  }
  CHECK(scratch.files().empty());
  CHECK(svg_plot(dot_plot("a_b^2 it's {x}"), "p").find("a_b^2 it's {x}") != std::string::npos);
}

TEST_CASE("gnuplot takes any text for what it is") {
  const ScratchDirectory scratch;
  const std::string witness = (scratch.path() / "witness").string();
  const std::vector<std::string> pieces{"'",
                                        "'",
                                        "\"",
                                        "`",
                                        "\\",
                                        "\n",
                                        "#",
                                        ";",
                                        "@a",
                                        "$",
                                        "%g",
                                        "{",
                                        "}",
                                        "0",
                                        "7",
                                        "9",
                                        " ",
                                        "⟨",
                                        "|",
                                        "system('touch " + witness + "')",
                                        "`touch " + witness + "`",
                                        "!touch " + witness};
  RandomStream random(1, 0);
  std::string script = "set encoding utf8\nset print '-'\n", expected;
  for (int i = 0; i < 300; ++i) {
    std::string text = "|";
    for (int k = 0; k < 8; ++k) text += pieces[random.below(pieces.size())];
    script += "print " + gnuplot_quoted(text) + "\n";
    for (char& c : text)
      if (c == '\n') c = ' ';
    expected += text + "\n";
  }
  CHECK(run_gnuplot(script) == expected);
  CHECK(scratch.files().empty());
}

TEST_CASE("a row without a value says so") {
  DotPlot plot = dot_plot("good");
  plot.rows.push_back({"bad", missing, {missing, missing}});
  CHECK(svg_plot(plot, "p").find("bad: no estimate") != std::string::npos);
}

TEST_CASE("without gnuplot the message names the package") {
  const ScratchDirectory empty;
  const Environment path("PATH", empty.path().string());
  CHECK_THROWS_AS(svg_plot(dot_plot("a"), "p"), RunError);
  CHECK_THROWS_WITH(svg_plot(dot_plot("a"), "p"), ContainsSubstring("gnuplot-nox"));
}

TEST_CASE("a gnuplot that fails is told with its message") {
  CHECK_THROWS_WITH(run_gnuplot("plot nothing_known(x)\n"), ContainsSubstring("gnuplot failed"));
  CHECK_THROWS_WITH(run_gnuplot("plot nothing_known(x)\n"), ContainsSubstring("nothing_known"));
}
