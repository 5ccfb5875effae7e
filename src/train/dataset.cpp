#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/train/dataset.hpp>

#include "core/shuffle.hpp"
#include "train/random.hpp"

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

/// A field as messages show it: the file may be anything, and a terminal obeys control characters.
std::string shown(std::string_view field) {
  constexpr std::size_t most = 40;
  std::string text;
  for (const char c : field.substr(0, most)) {
    if (c >= ' ' && c <= '~')
      text += c;
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return field.size() > most ? text + "..." : text;
}

/// The rows of a data set file in its order, every field checked.
class CsvReader {
 public:
  struct Row {
    std::size_t line;  ///< from 1
    std::vector<double> features;
    std::string label;
  };

  CsvReader(std::string_view text, std::string source) : source_(std::move(source)) {
    for (const std::string_view line : split_at(text, '\n')) {
      ++line_;
      const std::string_view content = trimmed(line);
      if (content.empty() || content.front() == '#') continue;
      columns_.empty() ? read_header(content) : read_row(content);
    }
    if (rows_.empty()) throw InputError(source_, "", "holds no samples");
  }

  const std::vector<Row>& rows() const { return rows_; }

  [[noreturn]] void refuse_label(const Row& row, const std::string& problem) const {
    refuse(row.line, columns_.size(), problem);
  }

 private:
  void read_header(std::string_view line) {
    for (const std::string_view name : split_at(line, ',')) columns_.emplace_back(trimmed(name));
    if (columns_.back() != "label")
      refuse(columns_.size(),
             fmt::format("the last column is '{}', not 'label'", shown(columns_.back())));
    if (columns_.size() < 2) refuse(1, "there is no column of features before 'label'");
  }

  void read_row(std::string_view line) {
    const std::vector<std::string_view> fields = split_at(line, ',');
    if (fields.size() != columns_.size())
      refuse(std::min(fields.size(), columns_.size() + 1),
             fmt::format("the line has {} fields, the header {}", fields.size(), columns_.size()));
    Row row{line_, {}, {}};
    for (std::size_t j = 0; j + 1 < fields.size(); ++j)
      row.features.push_back(number(trimmed(fields[j]), j));
    row.label = trimmed(fields.back());
    if (row.label.empty()) refuse(fields.size(), "the label is empty");
    if (row.label.find('"') != std::string::npos)
      refuse(fields.size(), fmt::format("{} is quoted; quotes are not read", shown(row.label)));
    rows_.push_back(std::move(row));
  }

  double number(std::string_view field, std::size_t j) const {
    double value = 0.0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value))
      refuse(j + 1,
             fmt::format("{} is '{}', not a finite number", shown(columns_[j]), shown(field)));
    return value;
  }

  [[noreturn]] void refuse(std::size_t column, const std::string& problem) const {
    refuse(line_, column, problem);
  }
  [[noreturn]] void refuse(std::size_t line, std::size_t column, const std::string& problem) const {
    throw InputError(source_, fmt::format("line {}, column {}", line, column), problem);
  }

  std::string source_;
  std::size_t line_ = 0;
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
};

std::vector<std::string> sorted_labels(const std::vector<CsvReader::Row>& rows) {
  std::set<std::string> labels;
  for (const CsvReader::Row& row : rows) labels.insert(row.label);
  return {labels.begin(), labels.end()};
}

std::map<std::string, int> numbered(const std::vector<std::string>& classes) {
  std::map<std::string, int> number_of_class;
  for (const std::string& name : classes)
    if (!number_of_class.emplace(name, static_cast<int>(number_of_class.size())).second)
      throw InputError("classes", "", fmt::format("'{}' is given twice", shown(name)));
  return number_of_class;
}

/// The rows whose label is in `number_of_class`; at least one is.
Dataset dataset_of(const CsvReader& csv, const std::filesystem::path& path,
                   const std::vector<std::string>& class_names,
                   const std::map<std::string, int>& number_of_class) {
  Dataset data{path.stem().string(), {}, {}, class_names};
  std::vector<double> features;
  for (const CsvReader::Row& row : csv.rows()) {
    const auto found = number_of_class.find(row.label);
    if (found == number_of_class.end()) continue;
    features.insert(features.end(), row.features.begin(), row.features.end());
    data.labels.push_back(found->second);
  }
  data.features = arma::mat(features.data(), csv.rows().front().features.size(), data.n_samples());
  return data;
}

std::vector<std::vector<std::size_t>> samples_by_class(const Dataset& data) {
  std::vector<std::vector<std::size_t>> samples(data.class_names.size());
  for (std::size_t i = 0; i < data.n_samples(); ++i)
    samples[static_cast<std::size_t>(data.labels[i])].push_back(i);
  return samples;
}

}  // namespace

Dataset Dataset::subset(const std::vector<std::size_t>& samples) const {
  Dataset part{name, arma::mat(features.n_rows, samples.size()), {}, class_names};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i] >= n_samples())
      throw InputError(name, "",
                       fmt::format("there is no sample {}, it has {}", samples[i], n_samples()));
    part.features.col(i) = features.col(samples[i]);
    part.labels.push_back(labels[samples[i]]);
  }
  return part;
}

void Dataset::validate() const {
  if (labels.empty()) throw InputError(name, "", "holds no samples");
  if (features.n_cols != n_samples())
    throw InputError(
        name, "", fmt::format("{} columns of features, {} labels", features.n_cols, n_samples()));
  for (std::size_t i = 0; i < n_samples(); ++i) {
    const std::string place = fmt::format("sample {}", i);
    if (labels[i] < 0 || labels[i] >= n_classes())
      throw InputError(name, place,
                       fmt::format("label {} is outside 0..{}", labels[i], n_classes() - 1));
    for (std::size_t j = 0; j < features.n_rows; ++j)
      if (!std::isfinite(features(j, i)))
        throw InputError(name, place, fmt::format("feature {} is {}", j, features(j, i)));
  }
}

Dataset read_dataset_csv(const std::filesystem::path& path,
                         const std::vector<std::string>& classes) {
  const CsvReader csv(read_file(path), path.string());
  const std::vector<std::string> names = classes.empty() ? sorted_labels(csv.rows()) : classes;
  const std::map<std::string, int> number_of_class = numbered(names);
  for (const auto& [name, number] : number_of_class)
    if (std::ranges::find(csv.rows(), name, &CsvReader::Row::label) == csv.rows().end())
      throw InputError(path.string(), "", fmt::format("no row has the label '{}'", shown(name)));
  return dataset_of(csv, path, names, number_of_class);
}

Dataset read_labelled_csv(const std::filesystem::path& path,
                          const std::vector<std::string>& class_names) {
  const CsvReader csv(read_file(path), path.string());
  const std::map<std::string, int> number_of_class = numbered(class_names);
  for (const CsvReader::Row& row : csv.rows()) {
    if (number_of_class.contains(row.label)) continue;
    std::vector<std::string> known;
    for (const std::string& name : class_names) known.push_back(shown(name));
    csv.refuse_label(row, fmt::format("the label '{}' is not one of the classes {}",
                                      shown(row.label), fmt::join(known, ", ")));
  }
  return dataset_of(csv, path, class_names, number_of_class);
}

Split stratified_split(const Dataset& data, double test_share, std::uint64_t seed) {
  if (!(test_share > 0.0 && test_share < 1.0))
    throw InputError("split", "test_share", fmt::format("{} is outside (0, 1)", test_share));
  data.validate();
  std::vector<std::size_t> train, test;
  auto by_class = samples_by_class(data);
  for (std::size_t k = 0; k < by_class.size(); ++k) {
    std::vector<std::size_t>& samples = by_class[k];
    if (samples.size() < 2)
      throw InputError(data.name, fmt::format("class '{}'", data.class_names[k]),
                       fmt::format("{} samples cannot be split, at least 2 can", samples.size()));
    RandomStream random = training_stream(seed, StreamPurpose::split, k);
    shuffle(samples, random);
    const double wanted = std::round(test_share * static_cast<double>(samples.size()));
    const std::size_t n_test =
        std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, samples.size() - 1);
    const auto border = samples.begin() + static_cast<std::ptrdiff_t>(n_test);
    test.insert(test.end(), samples.begin(), border);
    train.insert(train.end(), border, samples.end());
  }
  std::sort(train.begin(), train.end());
  std::sort(test.begin(), test.end());
  return {data.subset(train), data.subset(test)};
}

FeatureScaling FeatureScaling::fit(const arma::mat& features, double low_rad, double high_rad) {
  if (!(std::isfinite(low_rad) && std::isfinite(high_rad) && low_rad < high_rad))
    throw InputError("feature scaling", "",
                     fmt::format("[{}, {}] rad is not an interval", low_rad, high_rad));
  if (features.empty()) throw InputError("feature scaling", "", "there are no samples to fit");
  if (!features.is_finite())
    throw InputError("feature scaling", "", "there is a feature that is not finite");
  const arma::vec low = arma::min(features, 1);
  const arma::vec high = arma::max(features, 1);
  FeatureScaling scaling{arma::vec(features.n_rows), arma::vec(features.n_rows)};
  for (std::size_t j = 0; j < features.n_rows; ++j) {
    const double range = high(j) - low(j);
    scaling.slope(j) = range > 0 ? (high_rad - low_rad) / range : 0.0;
    scaling.intercept(j) =
        range > 0 ? low_rad - scaling.slope(j) * low(j) : (low_rad + high_rad) / 2;
  }
  return scaling;
}

arma::mat FeatureScaling::apply(const arma::mat& features) const {
  if (features.n_rows != slope.n_elem)
    throw InputError("feature scaling", "",
                     fmt::format("fitted on {} features, given {}", slope.n_elem, features.n_rows));
  arma::mat scaled = features;
  scaled.each_col() %= slope;
  scaled.each_col() += intercept;
  return scaled;
}

}  // namespace rhodrift
