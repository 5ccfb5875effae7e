#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace rhodrift {

/// A value inside a JSON document together with where it stands, so that every complaint names the
/// file and the JSON pointer. Points into its JsonDocument, which must outlive it.
class JsonPlace {
 public:
  /// "/qubits/3/t1_s"; empty for the whole document.
  const std::string& pointer() const { return pointer_; }
  const std::string& source() const { return *source_; }
  const nlohmann::json& value() const { return *value_; }

  /// Throws InputError "source: /pointer: problem".
  [[noreturn]] void refuse(const std::string& problem) const;

  /// Refuses when this is not an object, or holds another key.
  void allow_keys(const std::vector<std::string_view>& keys) const;
  /// The member `key`; refuses when it is missing.
  JsonPlace at(const std::string& key) const;
  std::optional<JsonPlace> find(const std::string& key) const;
  /// Member names of an object, sorted.
  std::vector<std::string> keys() const;
  /// Elements of an array.
  std::vector<JsonPlace> elements() const;

  double number() const;
  int integer() const;
  const std::string& string() const;
  bool is_null() const { return value_->is_null(); }

 private:
  friend class JsonDocument;
  JsonPlace(const nlohmann::json& value, const std::string& source, std::string pointer)
      : value_(&value), source_(&source), pointer_(std::move(pointer)) {}
  [[noreturn]] void refuse_type(const char* expected) const;

  const nlohmann::json* value_;
  const std::string* source_;
  std::string pointer_;
};

/// Strictly read JSON: nothing after the value, no key twice in an object, no number that a double
/// cannot hold. `source` names the text in messages.
class JsonDocument {
 public:
  /// Throws InputError "source: line L, column C: problem" (columns count bytes from 1).
  JsonDocument(std::string_view text, std::string source);

  JsonPlace root() const { return {value_, source_, ""}; }

 private:
  std::string source_;
  nlohmann::json value_;
};

}  // namespace rhodrift
