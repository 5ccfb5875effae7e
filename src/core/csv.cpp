#include "core/csv.hpp"

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

// No table has longer ones.
constexpr std::size_t longest_field = 4096;

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& source) : text_(text), source_(source) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    const std::string_view first_line = text_.substr(0, text_.find('\n'));
    if (first_line.find(',') == std::string_view::npos &&
        first_line.find(';') != std::string_view::npos) {
      separator_ = ';';
    }
  }

  std::vector<CsvRecord> read() {
    std::vector<CsvRecord> records;
    while (!at_end()) {
      CsvRecord record = read_record();
      if (record.fields.size() == 1 && record.fields[0].empty()) continue;
      if (!records.empty() && record.fields.size() != records[0].fields.size()) {
        fail(record.line, fmt::format("{} fields where the header has {}", record.fields.size(),
                                      records[0].fields.size()));
      }
      require_short_fields(record, records.empty() ? nullptr : &records[0]);
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  CsvRecord read_record() {
    CsvRecord record{line_, {}};
    do {
      record.fields.push_back(skip('"') ? read_quoted() : read_plain());
    } while (skip(separator_));
    skip('\r');
    if (!at_end() && !skip('\n')) fail(line_, "text after a closing quote");
    ++line_;
    return record;
  }

  std::string read_plain() {
    const char ends[] = {separator_, '\r', '\n', '\0'};
    const std::size_t end = std::min(text_.find_first_of(ends), text_.size());
    std::string field(text_.substr(0, end));
    text_.remove_prefix(end);
    return field;
  }

  std::string read_quoted() {
    const int first_line = line_;
    std::string field;
    while (!at_end()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == '"' && !skip('"')) return field;
      if (c == '\n') ++line_;
      field += c;  // of a doubled quote, one
    }
    fail(first_line, "a quoted field is not closed");
  }

  bool at_end() const { return text_.empty(); }
  bool skip(char c) {
    if (at_end() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void require_short_fields(const CsvRecord& record, const CsvRecord* header) const {
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      const std::size_t length = record.fields[i].size();
      if (length <= longest_field) continue;
      const std::string column = header ? fmt::format("column \"{}\"", header->fields[i])
                                        : fmt::format("column {}", i + 1);
      throw InputError(
          source_, fmt::format("line {}, {}", record.line, column),
          fmt::format("a field of {} bytes; at most {} are read", length, longest_field));
    }
  }
  [[noreturn]] void fail(int line, const std::string& problem) const {
    throw InputError(source_, fmt::format("line {}", line), problem);
  }

  std::string_view text_;
  const std::string& source_;
  char separator_ = ',';
  int line_ = 1;
};

}  // namespace

std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& source) {
  return CsvReader(text, source).read();
}

std::vector<std::string> csv_fields(std::string_view line) {
  try {
    const std::vector<CsvRecord> records = CsvReader(line, "line").read();
    return records.empty() ? std::vector<std::string>{} : records[0].fields;
  } catch (const InputError&) {
    return {};
  }
}

std::string trimmed(const std::string& field) {
  const auto begin = field.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return field.substr(begin, field.find_last_not_of(" \t") - begin + 1);
}

namespace {

/// How many bytes the character that `text` begins with has; 0 when it is none of UTF-8.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80           ? 1
                             : (lead >> 5) == 0x06 ? 2
                             : (lead >> 4) == 0x0E ? 3
                             : (lead >> 3) == 0x1E ? 4
                                                   : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) >> 6) != 0x02) return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string as_utf8(const std::string& field) {
  if (is_utf8(field)) return field;
  std::string text;
  for (const char c : field) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) text += static_cast<char>(0xC0 | (byte >> 6));
    text += byte >= 0x80 ? static_cast<char>(0x80 | (byte & 0x3F)) : c;
  }
  return text;
}

}  // namespace rhodrift
