#pragma once

#include <string>
#include <string_view>

namespace rhodrift {

/// A text from a file as messages show it: the file may be anything, and a terminal obeys control
/// characters. Printable ASCII, the rest as \xNN; cut after 40 bytes.
std::string shown(std::string_view text);

}  // namespace rhodrift
