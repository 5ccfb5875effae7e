#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

/// The values of an enumeration, in its order, as they are called in texts.
template <typename Value, std::size_t n>
using Names = std::array<std::pair<Value, std::string_view>, n>;

template <typename Value, std::size_t n>
std::string_view name_of(const Names<Value, n>& names, Value value) {
  return names[static_cast<std::size_t>(value)].second;
}

/// `what` is what is named. Throws InputError that lists the known names.
template <typename Value, std::size_t n>
Value value_named(const Names<Value, n>& names, std::string_view name, const char* what) {
  std::string known;
  for (const auto& [value, known_name] : names) {
    if (name == known_name) return value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", known_name);
  }
  throw InputError(what, "", fmt::format("'{}' is unknown; known are {}", name, known));
}

}  // namespace rhodrift
