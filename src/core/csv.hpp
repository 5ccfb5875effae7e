#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rhodrift {

/// One record of a CSV text and the line it starts on, counted from 1.
struct CsvRecord {
  int line = 1;
  std::vector<std::string> fields;
};

/// Comma-separated values with quoted fields (RFC 4180); a byte order mark, blank lines and CRLF
/// are passed over. Where the first line has a semicolon and no comma, semicolons separate. Every
/// record has as many fields as the first, of at most 4096 bytes. Throws InputError naming
/// `source` and the line.
std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& source);

/// The fields of one line alone, as far as it can be read.
std::vector<std::string> csv_fields(std::string_view line);

/// Without blanks and tabs at its ends.
std::string trimmed(const std::string& field);

/// A field that is not UTF-8 is taken for Latin-1, which spreadsheets still write.
std::string as_utf8(const std::string& field);

}  // namespace rhodrift
