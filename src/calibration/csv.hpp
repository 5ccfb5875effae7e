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
/// are passed over. Every record has as many fields as the first. Throws InputError naming
/// `source` and the line.
std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& source);

}  // namespace rhodrift
