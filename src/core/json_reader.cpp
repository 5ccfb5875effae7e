#include "core/json_reader.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

using nlohmann::json;

/// '~' and '/' inside a key are written "~0" and "~1" in a JSON pointer (RFC 6901).
std::string pointer_step(const std::string& key) {
  std::string step = "/";
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

/// Builds the document from parse events. nlohmann's own builder would keep the last of two equal
/// keys in silence and tells the position of an error only inside its message.
class DocumentBuilder : public nlohmann::json_sax<json> {
 public:
  DocumentBuilder(std::string_view text, const std::string& source, json& result)
      : text_(text), source_(source), result_(result) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(json::number_integer_t value) override { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) override { return add(value); }
  bool number_float(json::number_float_t value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(json::binary_t&) override { return false; }  // JSON text has none

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    const auto [member, added] = open_.back()->get_ref<json::object_t&>().emplace(name, nullptr);
    if (!added) {
      throw InputError(source_, pointer() + pointer_step(name), "the key is given twice");
    }
    member_ = &member->second;
    keys_.back() = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const std::string_view before = text_.substr(0, position > 0 ? position - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 = 0
    throw InputError(source_,
                     fmt::format("line {}, column {}", line, before.size() - line_start + 1),
                     "not JSON: " + plain_message(error.what()));
  }

 private:
  /// Without nlohmann's "[json.exception…] parse error at line 1, column 2: syntax error " prefix.
  static std::string plain_message(const std::string& message) {
    for (const std::string_view prefix_end : {"syntax error ", "] "}) {
      const std::size_t at = message.find(prefix_end);
      if (at != std::string::npos) return message.substr(at + prefix_end.size());
    }
    return message;
  }

  template <typename Value>
  bool add(Value&& value) {
    place(std::forward<Value>(value));
    return true;
  }

  template <typename Value>
  json* place(Value&& value) {
    if (open_.empty()) {
      result_ = std::forward<Value>(value);
      return &result_;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::forward<Value>(value));
      return &open_.back()->back();
    }
    *member_ = std::forward<Value>(value);
    return member_;
  }

  bool open(json&& container) {
    open_.push_back(place(std::move(container)));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  /// Of the innermost open container.
  std::string pointer() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      path +=
          open_[i]->is_array() ? fmt::format("/{}", open_[i]->size() - 1) : pointer_step(keys_[i]);
    }
    return path;
  }

  std::string_view text_;
  const std::string& source_;
  json& result_;
  std::vector<json*> open_;
  std::vector<std::string> keys_;  ///< the member being read, for each open object
  json* member_ = nullptr;         ///< where the value of the last key goes
};

}  // namespace

JsonDocument::JsonDocument(std::string_view text, std::string source) : source_(std::move(source)) {
  DocumentBuilder builder(text, source_, value_);
  json::sax_parse(text, &builder);
}

void JsonPlace::refuse(const std::string& problem) const {
  throw InputError(*source_, pointer_, problem);
}

void JsonPlace::refuse_type(const char* expected) const {
  refuse(fmt::format("expected {}, found {}", expected,
                     value_->is_structured() ? value_->type_name() : value_->dump()));
}

void JsonPlace::allow_keys(const std::vector<std::string_view>& keys) const {
  if (!value_->is_object()) refuse_type("an object");
  for (const auto& [key, member] : value_->items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw InputError(*source_, pointer_ + pointer_step(key),
                       fmt::format("unknown key; known are {}", fmt::join(keys, ", ")));
    }
  }
}

JsonPlace JsonPlace::at(const std::string& key) const {
  if (auto member = find(key)) return *member;
  refuse(fmt::format("the key \"{}\" is missing", key));
}

std::optional<JsonPlace> JsonPlace::find(const std::string& key) const {
  if (!value_->is_object()) refuse_type("an object");
  const auto member = value_->find(key);
  if (member == value_->end()) return std::nullopt;
  return JsonPlace(*member, *source_, pointer_ + pointer_step(key));
}

std::vector<std::string> JsonPlace::keys() const {
  if (!value_->is_object()) refuse_type("an object");
  std::vector<std::string> names;
  for (const auto& [key, member] : value_->items()) names.push_back(key);
  return names;
}

std::vector<JsonPlace> JsonPlace::elements() const {
  if (!value_->is_array()) refuse_type("an array");
  std::vector<JsonPlace> places;
  places.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i) {
    places.push_back(JsonPlace((*value_)[i], *source_, pointer_ + '/' + std::to_string(i)));
  }
  return places;
}

double JsonPlace::number() const {
  if (!value_->is_number()) refuse_type("a number");
  return value_->get<double>();
}

int JsonPlace::integer() const {
  if (!value_->is_number_integer()) refuse_type("a whole number");
  const double value = value_->get<double>();
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    refuse(fmt::format("{} is too large for a whole number here", value_->dump()));
  }
  return value_->get<int>();
}

const std::string& JsonPlace::string() const {
  if (!value_->is_string()) refuse_type("a string");
  return value_->get_ref<const std::string&>();
}

}  // namespace rhodrift
