#include "core/shown.hpp"

#include <fmt/format.h>

namespace rhodrift {

std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  std::string result;
  for (const char c : text.substr(0, most)) {
    if (c >= ' ' && c <= '~')
      result += c;
    else
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text.size() > most ? result + "..." : result;
}

}  // namespace rhodrift
