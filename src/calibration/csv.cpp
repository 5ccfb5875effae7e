#include "calibration/csv.hpp"

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

// No table has longer ones; what reads a field may recurse over it.
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
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  CsvRecord read_record() {
    CsvRecord record{line_, {}};
    do {
      record.fields.push_back(skip('"') ? read_quoted() : read_plain());
      if (record.fields.back().size() > longest_field) {
        fail(record.line,
             fmt::format("field {} has {} characters, more than {}", record.fields.size(),
                         record.fields.back().size(), longest_field));
      }
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

}  // namespace rhodrift
