#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/train/labelled_samples.hpp>

#include "core/shown.hpp"

namespace rhodrift {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Reads a data set's text, every field checked.
class CsvReader {
 public:
  explicit CsvReader(std::string source) : source_(std::move(source)) {}

  LabelledSamples read(std::string_view text, const std::string& name) {
    LabelledSamples samples{name, source_, source_, {}, {}, {}};
    std::vector<double> features;
    for (const std::string_view line : split_at(text, '\n')) {
      ++line_;
      const std::string_view content = trimmed(line);
      if (content.empty() || content.front() == '#') continue;
      if (columns_.empty()) {
        read_header(content);
        continue;
      }
      samples.labels.push_back(read_row(content, features));
      samples.lines.push_back(line_);
    }
    if (!samples.labels.empty())
      samples.features = arma::mat(features.data(), columns_.size() - 1, samples.labels.size());
    return samples;
  }

 private:
  void read_header(std::string_view line) {
    for (const std::string_view name : split_at(line, ',')) columns_.emplace_back(trimmed(name));
    if (columns_.back() != "label")
      refuse(columns_.size(),
             fmt::format("the last column is '{}', not 'label'; put the column of class names last "
                         "and name it so",
                         shown(columns_.back())));
    if (columns_.size() < 2) refuse(1, "there is no column of features before 'label'");
  }

  /// Adds the row's numbers to `features`; its label.
  std::string read_row(std::string_view line, std::vector<double>& features) const {
    const std::vector<std::string_view> fields = split_at(line, ',');
    if (fields.size() != columns_.size())
      refuse(std::min(fields.size(), columns_.size() + 1),
             fmt::format("the line has {} fields, the header {}", fields.size(), columns_.size()));
    for (std::size_t j = 0; j + 1 < fields.size(); ++j)
      features.push_back(number(trimmed(fields[j]), j));
    const std::string_view label = trimmed(fields.back());
    if (label.empty())
      refuse(fields.size(), "the label is empty; remove the sample or give its class");
    if (label.find('"') != std::string_view::npos)
      refuse(fields.size(), fmt::format("{} is quoted; quotes are not read", shown(label)));
    return std::string(label);
  }

  double number(std::string_view field, std::size_t j) const {
    double value = 0.0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value))
      refuse(j + 1, fmt::format("{} is '{}', not a finite number; remove the sample or fill in a "
                                "value",
                                shown(columns_[j]), shown(field)));
    return value;
  }

  [[noreturn]] void refuse(std::size_t column, const std::string& problem) const {
    throw InputError(source_, fmt::format("line {}, column {}", line_, column), problem);
  }

  std::string source_;
  std::size_t line_ = 0;
  std::vector<std::string> columns_;
};

}  // namespace

LabelledSamples read_csv_samples(const std::filesystem::path& path) {
  LabelledSamples samples = CsvReader(path.string()).read(read_file(path), path.stem().string());
  samples.validate();
  return samples;
}

}  // namespace rhodrift
