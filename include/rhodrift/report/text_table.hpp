#pragma once

#include <string>
#include <vector>

namespace rhodrift {

/// A table for people: columns as wide as their widest cell (UTF-8 code points), first column
/// left-aligned, the others right-aligned.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  /// Throws InputError when the number of cells is not the header's.
  void add_row(std::vector<std::string> cells);
  /// A horizontal line before the next row.
  void add_rule();
  std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> rules_;  // before these rows
};

}  // namespace rhodrift
