#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/json_reader.hpp"

namespace rhodrift {

/// A vendor's file, read once. *.csv and *.toml are text; any other file has to be JSON.
class RawFile {
 public:
  enum class Kind { json, csv, toml };
  /// By the ending of its name, in either case; nullopt for no data file.
  static std::optional<Kind> kind_of(const std::filesystem::path& path);

  /// Throws InputError when the file cannot be read or is not JSON where it should be.
  explicit RawFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  /// What messages call the file.
  std::string source() const { return path_.string(); }
  Kind kind() const { return kind_; }

  /// Of a CSV or TOML file.
  const std::string& text() const { return text_; }
  /// Without a byte order mark and the end of the line.
  std::string_view first_line() const;
  /// Of a JSON file; points into this object.
  JsonPlace json() const { return document_->root(); }
  /// A JSON file that is an object with this member.
  bool has_member(const std::string& key) const;

 private:
  std::filesystem::path path_;
  Kind kind_;
  std::string text_;
  std::optional<JsonDocument> document_;
};

}  // namespace rhodrift
