#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/report/text_table.hpp>

namespace rhodrift {

namespace {

// Code points: all bytes but UTF-8 continuation bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != rows_.front().size())
    throw InputError(
        "table", fmt::format("row {}", rows_.size()),
        fmt::format("{} cells, the header has {}", cells.size(), rows_.front().size()));
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() {
  rules_.push_back(rows_.size());
}

std::string TextTable::to_string() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  std::size_t total = 2 * (widths.size() - 1);
  for (const std::size_t w : widths) total += w;
  std::string rule;
  for (std::size_t i = 0; i < total; ++i) rule += "─";

  std::string text;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (r == 1 || std::ranges::find(rules_, r) != rules_.end()) text += rule + "\n";
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const std::string& cell = rows_[r][c];
      const std::string padding(widths[c] - width_of(cell), ' ');
      if (c > 0) text += "  ";
      text += c == 0 ? cell + padding : padding + cell;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace rhodrift
