#include "report/clean_text.hpp"

#include <nlohmann/json.hpp>

namespace rhodrift {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// The JSON writer knows how to mend UTF-8.
std::string valid_utf8(std::string_view text) {
  using nlohmann::json;
  const std::string mended =
      json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(mended).get<std::string>();
}

/// U+FFFE and U+FFFF, which XML has not.
bool is_noncharacter(std::string_view bytes) {
  return bytes.substr(0, 3) == "\xEF\xBF\xBE" || bytes.substr(0, 3) == "\xEF\xBF\xBF";
}

}  // namespace

std::string clean_text(std::string_view text) {
  const std::string valid = valid_utf8(text);
  std::string clean;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(valid[i]);
    if (byte == '\r') continue;
    if (is_noncharacter(std::string_view(valid).substr(i))) {
      clean += replacement;
      i += 2;
    } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
      clean += replacement;
    } else {
      clean += valid[i];
    }
  }
  return clean;
}

}  // namespace rhodrift
