#pragma once

#include <string>

#include <rhodrift/store/run_reader.hpp>

namespace rhodrift {

/// Everything that people want to see of a run as one HTML page, which needs nothing else: no
/// network, no script, its plots in it as SVG. What the run does not have is left out. `name` is
/// what the page calls the run, such as the name of its file.
///
/// The page is well-formed XML, too. All texts of the run are escaped; what is not UTF-8 in them is
/// replaced.
///
/// Throws InputError when the run is damaged, its text "evaluation.json" included (docs/json.md,
/// `evaluate`); RunError when a plot is needed and gnuplot is not there.
std::string html_page(const RunReader& run, const std::string& name);

}  // namespace rhodrift
