#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/report/svg_plot.hpp>

/// Pieces of a page. Whatever came from a file becomes markup through text() or an attribute only,
/// both of which escape it.
namespace rhodrift::html {

class Markup {
 public:
  Markup() = default;
  const std::string& str() const { return markup_; }
  bool empty() const { return markup_.empty(); }
  Markup& operator+=(const Markup& more) {
    markup_ += more.markup_;
    return *this;
  }
  friend Markup operator+(Markup first, const Markup& second) { return first += second; }

 private:
  friend Markup text(std::string_view);
  friend Markup trusted(std::string);
  std::string markup_;
};

Markup text(std::string_view text);
/// Markup that the program wrote itself.
Markup trusted(std::string markup);

using Attributes = std::vector<std::pair<std::string, std::string>>;
Markup element(const std::string& name, const Markup& content, const Attributes& attributes = {});
Markup paragraph(std::string_view content);
/// A part of the page, to be linked to by `id`. Without content it is left out.
struct Section {
  std::string id;
  std::string title;
  std::string short_title;  ///< in the navigation
  Markup content;
};
/// <section> with its heading.
Markup element(const Section& section);
/// Content that opens when its summary is touched.
Markup folded(std::string_view summary, const Markup& content, bool open = false);
Markup preformatted(std::string_view content);

/// The first column and those in `text_columns` are read from the left, the others are numbers.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> text_columns = {};
};
/// Scrolls sideways where there is no room.
Markup table(const Table& table);
/// Names and what they stand for.
Markup facts(const std::vector<std::pair<std::string, std::string>>& facts);

/// "–" where there is none.
std::string number(double value);
/// Value, error and interval, to the second digit of the error: "0.8123", "0.0042",
/// "0.8041 to 0.8205"; "exact" where the error is 0.
struct EstimateCells {
  std::string value;
  std::string std_error;
  std::string interval;
};
EstimateCells cells_of(const Estimate& estimate);
/// "0.8123 ± 0.0042"; the value alone where it is exact, "0.8123 ± –" where the error is unknown.
std::string with_error(const Estimate& estimate);

/// Draws plots, each with ids of its own, title and legend. A plot without points is nothing.
class Figures {
 public:
  Markup figure(const LinePlot& plot, std::string_view caption = "");
  Markup figure(const DotPlot& plot, std::string_view caption = "");

 private:
  std::string next_prefix() { return "plot-" + std::to_string(++n_plots_); }
  int n_plots_ = 0;
};
/// Figures side by side as far as there is room.
Markup side_by_side(const Markup& figures);

}  // namespace rhodrift::html
