#pragma once

#include <string>

namespace rhodrift {

/// What gnuplot writes to its standard output when it runs `script`. Throws RunError when it is not
/// installed or fails.
std::string run_gnuplot(const std::string& script);

/// `text` as a string of gnuplot's that stands for itself, whatever it holds; a line feed is a
/// space.
std::string gnuplot_quoted(const std::string& text);

}  // namespace rhodrift
