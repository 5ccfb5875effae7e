#pragma once

#include <string>
#include <string_view>

namespace rhodrift {

/// `text` with U+FFFD for everything that cannot stand in HTML, XML or a label: what is not UTF-8,
/// and control characters other than tab and line feed (carriage returns are dropped).
std::string clean_text(std::string_view text);

}  // namespace rhodrift
