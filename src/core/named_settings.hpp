#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

/// The parts between separators, empty ones too: one more than there are separators.
std::vector<std::string> split_text(std::string_view text, char separator);

/// The names, joined by ", ", for messages.
template <typename Value>
std::string names_of(const std::map<std::string, Value>& by_name) {
  std::string names;
  for (const auto& [name, unused] : by_name) names += (names.empty() ? "" : ", ") + name;
  return names;
}

/// A choice as text, "name:value:key=value:…": a name and its settings, the value without a key
/// being that of the first one. Every setting that is asked for is known; refuse_unknown() refuses
/// the others. What is wrong is an InputError 'source: "text": problem'.
class NamedSettings {
 public:
  /// `source` is what messages call the thing that is chosen.
  NamedSettings(std::string source, std::string_view text);

  const std::string& name() const { return name_; }
  /// What the name stands for. Fails with the names that are known.
  template <typename Value>
  const Value& choose(const std::map<std::string, Value>& by_name) const {
    const auto found = by_name.find(name_);
    if (found == by_name.end())
      fail("\"" + name_ + "\" is unknown; known are " + names_of(by_name));
    return found->second;
  }

  /// The value of a setting, or nullopt.
  std::optional<std::string> take(const std::string& key, bool first = false);
  template <typename Value>
  void take(const std::string& key, const std::map<std::string, Value>& names, Value& value,
            bool first = false) {
    const auto text = take(key, first);
    if (!text) return;
    const auto found = names.find(*text);
    if (found == names.end())
      fail("unknown " + key + " \"" + *text + "\"; known are " + names_of(names));
    value = found->second;
  }
  /// In low..high.
  template <typename Whole>
  void take_whole(const std::string& key, Whole& value, int low, int high, bool first = false) {
    if (const auto text = take(key, first))
      value = static_cast<Whole>(whole_number(key, *text, low, high));
  }
  void take_number(const std::string& key, double& value, bool first = false);
  void take_number(const std::string& key, std::optional<double>& value, bool first = false);
  /// In (0, 1), or [0, 1).
  void take_share(const std::string& key, double& value, bool may_be_zero);
  /// Joined by commas. Whether the setting is there.
  bool take_numbers(const std::string& key, std::vector<double>& numbers);
  /// Throws InputError when there is a setting that was not asked for.
  void refuse_unknown() const;

  /// What `work` refuses, with the text in front.
  template <typename Work>
  auto naming(Work work) const {
    try {
      return work();
    } catch (const InputError& error) {
      fail(error.what());
    }
  }
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  double number(const std::string& key, const std::string& text) const;
  double whole_number(const std::string& key, const std::string& text, int low, int high) const;

  std::string source_;
  std::string text_;
  std::string name_;
  std::map<std::string, std::string> settings_;
  std::vector<std::string> known_;
};

}  // namespace rhodrift
