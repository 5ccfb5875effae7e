#pragma once

#include <string_view>

namespace rhodrift {

/// The version of this library, "major.minor.patch". CMakeLists.txt reads it from this line: there
/// is no second place to change.
constexpr std::string_view version() {
  return "0.1.0";
}

}  // namespace rhodrift
