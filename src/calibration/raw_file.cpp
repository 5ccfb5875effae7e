#include "calibration/raw_file.hpp"

#include <rhodrift/core/file.hpp>

namespace rhodrift {

std::optional<RawFile::Kind> RawFile::kind_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (extension == ".csv") return RawFile::Kind::csv;
  if (extension == ".toml") return RawFile::Kind::toml;
  if (extension == ".json") return RawFile::Kind::json;
  return std::nullopt;
}

RawFile::RawFile(std::filesystem::path path)
    : path_(std::move(path)), kind_(kind_of(path_).value_or(Kind::json)), text_(read_file(path_)) {
  if (kind_ != Kind::json) return;
  document_.emplace(text_, path_.string());
  text_ = {};  // a document is several times as large as its text; both at once are not needed
}

std::string_view RawFile::first_line() const {
  std::string_view text = text_;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.substr(0, text.find_first_of("\r\n"));
}

bool RawFile::has_member(const std::string& key) const {
  return kind_ == Kind::json && json().value().is_object() && json().find(key);
}

}  // namespace rhodrift
