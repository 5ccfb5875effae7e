#pragma once

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift::cli {

/// Number of single-character edits between two words (Levenshtein), for naming the nearest key.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Parses a TOML file. Throws InputError "path: line L, column C: problem".
toml::table read_toml(const std::filesystem::path& path);

//// One [table] of a file. Each getter takes the key out, so that what is left is unknown.
class Section {
 public:
  Section(const std::filesystem::path& path, const toml::table* table, std::string name)
      : path_(path), table_(table), name_(std::move(name)) {}

  template <typename T>
  std::optional<T> take(const std::string& key, const char* type) {
    known_.push_back(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node == nullptr) return std::nullopt;
    const std::optional<T> value = node->value_exact<T>();
    if (!value) fail(key, *node, fmt::format("must be {}", type));
    return value;
  }

  template <typename T>
  void integer(const std::string& key, T& target, std::int64_t low,
               std::int64_t high = std::numeric_limits<int>::max()) {
    const auto value = take<std::int64_t>(key, "a whole number");
    if (!value) return;
    if (*value < low || *value > high)
      fail(key, *table_->get(key), fmt::format("{} is outside [{}, {}]", *value, low, high));
    target = static_cast<T>(*value);
  }

  void number(const std::string& key, double& target) {
    known_.push_back(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node == nullptr) return;
    if (!node->is_number()) fail(key, *node, "must be a number");
    target = *node->value<double>();
  }

  /// In the open interval (low, high).
  void number(const std::string& key, double& target, double low, double high) {
    number(key, target);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node != nullptr && !(target > low && target < high))
      fail(key, *node, fmt::format("{} is outside ({}, {})", target, low, high));
  }

  /// Whether they are there. Whole numbers are numbers.
  bool numbers(const std::string& key, std::vector<double>& target) {
    known_.push_back(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node == nullptr) return false;
    if (!node->is_array()) fail(key, *node, "must be a list of numbers");
    target.clear();
    for (const toml::node& element : *node->as_array()) {
      if (!element.is_number()) fail(key, element, "must hold numbers only");
      target.push_back(*element.value<double>());
    }
    return true;
  }

  template <typename T>
  std::optional<std::vector<T>> list(const std::string& key, const char* type) {
    known_.push_back(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node == nullptr) return std::nullopt;
    if (!node->is_array()) fail(key, *node, fmt::format("must be a list of {}s", type));
    std::vector<T> values;
    for (const toml::node& element : *node->as_array()) {
      const auto value = element.value_exact<T>();
      if (!value) fail(key, element, fmt::format("must hold {}s only", type));
      values.push_back(*value);
    }
    return values;
  }

  bool has(const std::string& key) const { return table_ != nullptr && table_->contains(key); }
  void know(const std::string& key) { known_.push_back(key); }

  /// To be called last.
  void refuse_unknown() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      const std::string_view name = key.str();
      if (std::ranges::find(known_, name) != known_.end()) continue;
      const auto nearest = std::ranges::min_element(
          known_, {}, [&](const std::string& k) { return edit_distance(k, name); });
      fail(std::string(name), node, fmt::format("unknown key; did you mean '{}'?", *nearest));
    }
  }

  [[noreturn]] void fail(const std::string& key, const toml::node& node,
                         const std::string& problem) const {
    throw InputError(path_.string(), place_in_file(key, node), problem);
  }
  [[noreturn]] void missing(const std::string& key) const {
    throw InputError(path_.string(), place(key), "is missing");
  }
  const toml::node& node(const std::string& key) const { return *table_->get(key); }
  /// "path: line L: table.key" of a key that is there.
  std::string place_of(const std::string& key) const {
    return path_.string() + ": " + place_in_file(key, node(key));
  }

 private:
  std::string place_in_file(const std::string& key, const toml::node& where) const {
    return fmt::format("line {}: {}", where.source().begin.line, place(key));
  }
  std::string place(const std::string& key) const {
    return name_.empty() ? key : name_ + "." + key;
  }

  const std::filesystem::path& path_;
  const toml::table* table_;
  std::string name_;
  std::vector<std::string> known_;
};

}  // namespace rhodrift::cli
