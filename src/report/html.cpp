#include "report/html.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/clean_text.hpp"

namespace rhodrift::html {

namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : clean_text(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// Decimals that show an error to its second digit.
int decimals_of(double std_error) {
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(std_error))), 0, 12);
}

Markup with_frame(const std::string& svg, const std::string& title, const Markup& legend,
                  std::string_view caption) {
  Markup content = element("figcaption", text(title));
  content += element("div", trusted(svg), {{"role", "img"}, {"aria-label", title}});
  if (!legend.empty()) content += element("ul", legend, {{"class", "legend"}});
  if (!caption.empty()) content += paragraph(caption);
  return element("figure", content);
}

Markup legend_entry(const LinePlot::Series& series) {
  const Markup sign = element("span", text(glyph(series.marker)),
                              {{"style", "color:" + plot_colour(series.colour)}});
  return element("li", sign + text(" " + series.name));
}

}  // namespace

Markup text(std::string_view text) {
  Markup markup;
  markup.markup_ = escaped(text);
  return markup;
}

Markup trusted(std::string content) {
  Markup markup;
  markup.markup_ = std::move(content);
  return markup;
}

Markup element(const std::string& name, const Markup& content, const Attributes& attributes) {
  std::string tag = "<" + name;
  for (const auto& [key, value] : attributes) tag += fmt::format(" {}=\"{}\"", key, escaped(value));
  return trusted(tag + ">") + content + trusted("</" + name + ">\n");
}

Markup paragraph(std::string_view content) {
  return element("p", text(content));
}

Markup element(const Section& section) {
  return element("section", element("h2", text(section.title)) + section.content,
                 {{"id", section.id}});
}

Markup folded(std::string_view summary, const Markup& content, bool open) {
  const Attributes attributes = open ? Attributes{{"open", "open"}} : Attributes{};
  return element("details", element("summary", text(summary)) + content, attributes);
}

Markup preformatted(std::string_view content) {
  return element("pre", text(content));
}

Markup table(const Table& table) {
  const auto cell = [&](const std::string& name, std::size_t column, const std::string& content) {
    const bool from_left =
        column == 0 || std::ranges::find(table.text_columns, column) != table.text_columns.end();
    return element(name, text(content), from_left ? Attributes{} : Attributes{{"class", "number"}});
  };
  const auto row = [&](const std::string& name, const std::vector<std::string>& cells) {
    Markup content;
    for (std::size_t c = 0; c < cells.size(); ++c) content += cell(name, c, cells[c]);
    return element("tr", content);
  };
  Markup body;
  for (const std::vector<std::string>& cells : table.rows) body += row("td", cells);
  const Markup whole =
      element("table", element("thead", row("th", table.header)) + element("tbody", body));
  return element("div", whole, {{"class", "wide"}});
}

Markup facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  Markup content;
  for (const auto& [name, meaning] : facts)
    content += element("dt", text(name)) + element("dd", text(meaning));
  return element("dl", content);
}

std::string number(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.4g}", value);
}

EstimateCells cells_of(const Estimate& estimate) {
  const double error = estimate.std_error;
  if (!std::isfinite(error) || !std::isfinite(estimate.value))
    return {number(estimate.value), "–", "–"};
  // An interval has a width even where the error is 0: Wilson's, of 0 out of 100.
  const double scale = error > 0.0 ? error : 0.25 * (estimate.ci.high - estimate.ci.low);
  if (!(scale > 0.0))  // shots that all agree tell no error either, and are not exact
    return {fmt::format("{:.6g}", estimate.value), estimate.shots == 0 ? "exact" : "0", ""};
  const auto rounded = [decimals = decimals_of(scale)](double x) {
    return std::isfinite(x) ? fmt::format("{:.{}f}", x, decimals) : number(x);
  };
  return {rounded(estimate.value), rounded(error),
          rounded(estimate.ci.low) + " to " + rounded(estimate.ci.high)};
}

std::string with_error(const Estimate& estimate) {
  if (estimate.std_error == 0.0 || std::isnan(estimate.value)) return number(estimate.value);
  const EstimateCells cells = cells_of(estimate);
  return cells.value + " ± " + cells.std_error;
}

Markup Figures::figure(const LinePlot& plot, std::string_view caption) {
  if (!has_points(plot)) return {};
  Markup legend;
  for (const LinePlot::Series& series : plot.series)
    if (!series.name.empty()) legend += legend_entry(series);
  return with_frame(svg_plot(plot, next_prefix()), plot.title, legend, caption);
}

Markup Figures::figure(const DotPlot& plot, std::string_view caption) {
  if (!has_points(plot)) return {};
  return with_frame(svg_plot(plot, next_prefix()), plot.title, {}, caption);
}

Markup side_by_side(const Markup& figures) {
  return figures.empty() ? figures : element("div", figures, {{"class", "figures"}});
}

}  // namespace rhodrift::html
