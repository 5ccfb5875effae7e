#include <algorithm>
#include <vector>

#include <rhodrift/report/evaluation_json.hpp>
#include <rhodrift/report/html_page.hpp>

#include "report/evaluation_sections.hpp"
#include "report/html.hpp"
#include "report/run_sections.hpp"

namespace rhodrift {

namespace {

constexpr const char* evaluation_text = "evaluation.json";

constexpr const char* style = R"(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2024; --soft: #5c6470;
        --rule: #d5d9de; --tint: #f4f5f7; --link: #1d62a8; --warn: #fdecea; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #e4e7eb; --soft: #9aa3ae; --rule: #3a4048; --tint: #1e2227;
          --link: #79b4f0; --warn: #43211f; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 1rem/1.5 system-ui, sans-serif; }
main, header { max-width: 84rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 1.2rem 0 0.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.6rem; padding-bottom: 0.2rem;
     border-bottom: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.4rem 0 0.4rem; overflow-wrap: anywhere; }
a { color: var(--link); }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; }
p { max-width: 46rem; margin: 0.5rem 0; overflow-wrap: anywhere; }
.warning { background: var(--warn); padding: 0.4rem 0.7rem; border-radius: 0.3rem; }
dl { display: grid; grid-template-columns: 6rem minmax(0, 1fr); gap: 0.15rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: 0.6rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--rule); }
tbody tr:nth-child(even) { background: var(--tint); }
.number { text-align: right; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr));
           gap: 1rem 1.5rem; }
figure { margin: 0.6rem 0; min-width: 0; max-width: 40rem; }
figcaption { font-weight: 600; overflow-wrap: anywhere; }
figure p { font-size: 0.85rem; color: var(--soft); }
svg { display: block; width: 100%; height: auto; }
.legend { list-style: none; margin: 0.3rem 0; padding: 0; display: flex; flex-wrap: wrap;
          gap: 0.1rem 1rem; font-size: 0.9rem; }
.legend li { overflow-wrap: anywhere; }
details { margin: 0.5rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
pre { overflow: auto; max-height: 30rem; background: var(--tint); padding: 0.7rem;
      border-radius: 0.3rem; font-size: 0.85rem; }
@media (max-width: 40rem) { td:first-child { white-space: normal; min-width: 9rem; } }
@media print { details > * { display: block; } }
)";

html::Markup navigation(const std::vector<html::Section>& sections) {
  html::Markup items;
  for (const html::Section& section : sections)
    items += html::element("li", html::element("a", html::text(section.short_title),
                                               html::Attributes{{"href", "#" + section.id}}));
  return html::element("nav", html::element("ul", items));
}

/// Those that have content, in the order of the page.
std::vector<html::Section> sections_of(const RunReader& run, const std::string& name) {
  html::Figures figures;
  std::vector<html::Section> sections{origin_section(run)};
  if (const auto texts = run.text_names(); std::ranges::find(texts, evaluation_text) != texts.end())
    for (html::Section& section : evaluation_sections(
             parse_evaluation(run.text(evaluation_text), name + ":/texts/" + evaluation_text),
             figures))
      sections.push_back(std::move(section));
  sections.push_back(training_section(run, figures));
  sections.push_back(drift_section(run, figures));
  sections.push_back(estimates_section(run));
  sections.push_back(circuits_section(run));
  sections.push_back(contents_section(run));
  std::erase_if(sections, [](const html::Section& section) { return section.content.empty(); });
  return sections;
}

html::Markup head(const std::string& title) {
  // Nothing is fetched and nothing runs, whatever the page may hold.
  const char* const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return html::element("head",
                       html::trusted("<meta charset=\"utf-8\"/>\n"
                                     "<meta name=\"viewport\" content=\"width=device-width, "
                                     "initial-scale=1\"/>\n"
                                     "<meta http-equiv=\"Content-Security-Policy\" content=\"") +
                           html::text(policy) + html::trusted("\"/>\n") +
                           html::element("title", html::text(title)) +
                           html::element("style", html::trusted(style)));
}

}  // namespace

std::string html_page(const RunReader& run, const std::string& name) {
  const std::vector<html::Section> sections = sections_of(run, name);
  html::Markup content;
  for (const html::Section& section : sections) content += html::element(section);
  const std::string title = name + " – rhodrift";
  const html::Markup body =
      html::element("header", html::element("h1", html::text(name)) + navigation(sections)) +
      html::element("main", content);
  return "<!DOCTYPE html>\n" +
         html::element("html", head(title) + html::element("body", body), {{"lang", "en"}}).str();
}

}  // namespace rhodrift
