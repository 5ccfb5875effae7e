#pragma once

#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace rhodrift::test {

/// What keeps a document from being XML: elements that do not nest, attributes without quotes,
/// bare & and <, an id that is there twice. Empty when nothing does.
inline std::string xml_fault(const std::string& document) {
  std::vector<std::string> open;
  std::set<std::string> ids;
  std::size_t at = document.starts_with("<!DOCTYPE html>") ? 15 : 0;
  const auto skip_space = [&] {
    while (at < document.size() && std::isspace(static_cast<unsigned char>(document[at]))) ++at;
  };
  const auto name = [&] {
    const std::size_t begin = at;
    while (at < document.size() && (std::isalnum(static_cast<unsigned char>(document[at])) ||
                                    document[at] == '-' || document[at] == ':'))
      ++at;
    return document.substr(begin, at - begin);
  };
  const auto fault = [&](const std::string& what) {
    return what + " before \"" + document.substr(at, 60) + "\"";
  };
  const auto bad_reference = [&](const std::string& text) {
    for (std::size_t i = text.find('&'); i != std::string::npos; i = text.find('&', i + 1)) {
      const std::size_t end = text.find(';', i);
      if (end == std::string::npos || end - i > 6) return true;
    }
    return false;
  };
  while (at < document.size()) {
    const std::size_t tag = std::min(document.find('<', at), document.size());
    if (bad_reference(document.substr(at, tag - at))) return fault("bare &");
    at = tag + 1;
    if (tag == document.size()) break;
    const bool closes = document[at] == '/';
    if (closes) ++at;
    const std::string element = name();
    if (element.empty()) return fault("bare <");
    for (skip_space(); document[at] != '>' && document[at] != '/'; skip_space()) {
      const std::string attribute = name();
      skip_space();  // XML has "name = value", too
      if (attribute.empty() || document[at++] != '=') return fault("odd attribute");
      skip_space();
      const char quote = document[at++];
      if (quote != '"' && quote != '\'') return fault("value without quotes");
      const std::size_t end = document.find(quote, at);
      if (end == std::string::npos) return fault("open quotes");
      const std::string value = document.substr(at, end - at);
      at = end + 1;
      if (value.find('<') != std::string::npos || bad_reference(value)) return fault("bare value");
      if (attribute == "id" && !ids.insert(value).second) return fault("second id " + value);
    }
    const bool is_empty = document[at] == '/';
    if (is_empty) ++at;
    if (document[at++] != '>') return fault("tag that does not end");
    if (closes) {
      if (open.empty() || open.back() != element) return fault("</" + element + ">");
      open.pop_back();
    } else if (!is_empty) {
      open.push_back(element);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace rhodrift::test
