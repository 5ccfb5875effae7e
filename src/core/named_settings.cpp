#include "core/named_settings.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rhodrift {

std::vector<std::string> split_text(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

NamedSettings::NamedSettings(std::string source, std::string_view text)
    : source_(std::move(source)), text_(text) {
  const std::vector<std::string> parts = split_text(text, ':');
  name_ = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string::npos && i > 1)
      fail(fmt::format("\"{}\" is no setting \"key=value\"", parts[i]));
    const std::string key = equals == std::string::npos ? "" : parts[i].substr(0, equals);
    if (!settings_.emplace(key, parts[i].substr(equals + 1)).second)
      fail(fmt::format("{} is set twice", key));
  }
}

std::optional<std::string> NamedSettings::take(const std::string& key, bool first) {
  known_.push_back(key);
  if (first && settings_.contains("") && settings_.contains(key))
    fail(fmt::format("{} is set twice", key));
  for (const std::string& spelled : {key, first ? std::string() : key}) {
    const auto found = settings_.find(spelled);
    if (found == settings_.end()) continue;
    std::string value = found->second;
    settings_.erase(found);
    return value;
  }
  return std::nullopt;
}

void NamedSettings::take_number(const std::string& key, double& value, bool first) {
  if (const auto text = take(key, first)) value = number(key, *text);
}

void NamedSettings::take_number(const std::string& key, std::optional<double>& value, bool first) {
  if (const auto text = take(key, first)) value = number(key, *text);
}

void NamedSettings::take_share(const std::string& key, double& value, bool may_be_zero) {
  const auto text = take(key);
  if (!text) return;
  value = number(key, *text);
  if (!(value < 1.0 && (may_be_zero ? value >= 0.0 : value > 0.0)))
    fail(fmt::format("{}: {} is outside {}0, 1)", key, *text, may_be_zero ? '[' : '('));
}

bool NamedSettings::take_numbers(const std::string& key, std::vector<double>& numbers) {
  const auto text = take(key);
  if (!text) return false;
  numbers.clear();
  for (const std::string& part : split_text(*text, ',')) numbers.push_back(number(key, part));
  return true;
}

void NamedSettings::refuse_unknown() const {
  if (settings_.empty()) return;
  if (known_.empty()) fail("takes no settings");
  const auto& [key, value] = *settings_.begin();
  fail(fmt::format("unknown setting \"{}\"; known are {}", key.empty() ? value : key,
                   fmt::join(known_, ", ")));
}

void NamedSettings::fail(const std::string& problem) const {
  throw InputError(source_, "\"" + text_ + "\"", problem);
}

double NamedSettings::number(const std::string& key, const std::string& text) const {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail(fmt::format("{}: \"{}\" is no number", key, text));
  return value;
}

double NamedSettings::whole_number(const std::string& key, const std::string& text, int low,
                                   int high) const {
  const double wanted = number(key, text);
  if (!(wanted >= low && wanted <= high && wanted == std::floor(wanted)))
    fail(fmt::format("{}: {} is no whole number in {}..{}", key, text, low, high));
  return wanted;
}

}  // namespace rhodrift
