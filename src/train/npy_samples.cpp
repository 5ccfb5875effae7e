#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include <boost/locale/encoding_utf.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/train/labelled_samples.hpp>

#include "core/shown.hpp"

// Our own reader, since no Debian package has one; the usual library to copy, cnpy, asserts on what
// is wrong with a file, trusts the sizes in it, and does not say what kind of number it holds.

namespace rhodrift {

namespace {

static_assert(std::endian::native == std::endian::little,
              "little-endian numbers are read as they lie in the file");

/// An array as its file has it.
struct NpyArray {
  std::string source;
  std::string type;  ///< NumPy's, e.g. "<f8"
  bool fortran_order;
  std::vector<std::size_t> shape;
  std::string_view data;  ///< of the file's content
  std::size_t item_bytes;

  [[noreturn]] void refuse(const std::string& problem) const {
    throw InputError(source, "", problem);
  }
  const char* item(std::size_t i) const { return data.data() + i * item_bytes; }
};

// --- the header ---------------------------------------------------------------------------------

/// What stands behind `'key':` in the header's dictionary.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key) {
  std::size_t at = header.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos) return std::nullopt;
  at = header.find_first_not_of(' ', at + key.size() + 2);
  if (at == std::string_view::npos || header[at] != ':') return std::nullopt;
  at = header.find_first_not_of(' ', at + 1);
  if (at == std::string_view::npos) return std::nullopt;
  return header.substr(at);
}

/// What is between `open` at the start of a text and the next `close`.
std::optional<std::string_view> between(std::optional<std::string_view> text, char open,
                                        char close) {
  if (!text || text->empty() || text->front() != open) return std::nullopt;
  const std::size_t end = text->find(close, 1);
  if (end == std::string_view::npos) return std::nullopt;
  return text->substr(1, end - 1);
}

/// "150, 4" or "150,".
std::optional<std::vector<std::size_t>> parse_shape(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::vector<std::size_t> shape;
  while (!text->empty()) {
    std::size_t length = 0;
    const char* const last = text->data() + text->size();
    const auto [end, error] = std::from_chars(text->data(), last, length);
    if (error != std::errc()) return std::nullopt;
    shape.push_back(length);
    text->remove_prefix(static_cast<std::size_t>(end - text->data()));
    if (text->empty()) break;
    if (text->front() != ',') return std::nullopt;
    text->remove_prefix(std::min(text->find_first_not_of(" ", 1), text->size()));
  }
  return shape;
}

/// Bytes of an item of a type such as "<f8", "|S3" or "<U10"; none for types that are not read.
std::optional<std::size_t> bytes_of_item(std::string_view type) {
  constexpr std::size_t most = std::size_t{1} << 20;
  if (type.size() < 3 || (type[0] != '<' && type[0] != '|')) return std::nullopt;
  std::size_t size = 0;
  const char* const last = type.data() + type.size();
  const auto [end, error] = std::from_chars(type.data() + 2, last, size);
  if (error != std::errc() || end != last || size == 0 || size > most) return std::nullopt;
  return type[1] == 'U' ? 4 * size : size;
}

/// True when the product of the lengths, which may be more than an integer holds, is `count` > 0.
bool has_elements(const std::vector<std::size_t>& shape, std::size_t count) {
  for (const std::size_t length : shape) {
    if (length == 0 || count % length != 0) return false;
    count /= length;
  }
  return count == 1;
}

NpyArray parse_npy(std::string_view content, const std::string& source, const char* how_to_save) {
  const auto refuse = [&](const std::string& problem) {
    throw InputError(source, "", fmt::format("{}; write it with {}", problem, how_to_save));
  };
  constexpr std::string_view magic = "\x93NUMPY";
  if (!content.starts_with(magic) || content.size() < 12) refuse("is not a NumPy array");
  const int version = static_cast<unsigned char>(content[6]);
  if (version < 1 || version > 3 || content[7] != 0)
    refuse(fmt::format("has version {}.{} of the format, not 1.0 to 3.0", version,
                       static_cast<unsigned char>(content[7])));
  std::uint32_t header_bytes = 0;
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  std::memcpy(&header_bytes, content.data() + 8, length_bytes);
  const std::size_t begin = 8 + length_bytes;
  if (header_bytes > content.size() - begin) refuse("ends within its header");
  const std::string_view header = content.substr(begin, header_bytes);

  const auto type = between(value_of(header, "descr"), '\'', '\'');
  const std::string_view order = value_of(header, "fortran_order").value_or("");
  const bool fortran_order = order.starts_with("True");
  const auto shape = parse_shape(between(value_of(header, "shape"), '(', ')'));
  if (!type || !shape || (!fortran_order && !order.starts_with("False")))
    refuse(fmt::format("is not an array of plain numbers or strings but '{}'", shown(header)));
  const auto item_bytes = bytes_of_item(*type);
  if (!item_bytes) refuse(fmt::format("holds '{}', which is not read", shown(*type)));
  const std::string_view data = content.substr(begin + header_bytes);
  if (data.empty()) throw InputError(source, "", "holds no samples");
  if (data.size() % *item_bytes != 0 || !has_elements(*shape, data.size() / *item_bytes))
    refuse(fmt::format("has {} bytes of data, not the shape ({}) of '{}'", data.size(),
                       fmt::join(*shape, ", "), shown(*type)));
  return {source, std::string(*type), fortran_order, *shape, data, *item_bytes};
}

// --- the items ----------------------------------------------------------------------------------

template <class Number>
Number number_at(const char* bytes) {
  Number value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}
template <class Number>
double as_double(const char* bytes) {
  return static_cast<double>(number_at<Number>(bytes));
}
template <class Number>
std::string as_text(const char* bytes) {
  return fmt::format("{}", number_at<Number>(bytes));
}

/// A type of numbers: how one is read as a feature, and as a label if it can be one.
struct NumberType {
  std::string_view name;
  double (*feature)(const char* bytes);
  std::string (*label)(const char* bytes);
};
constexpr NumberType number_types[] = {
    {"<f4", as_double<float>, nullptr},
    {"<f8", as_double<double>, nullptr},
    {"|i1", as_double<std::int8_t>, as_text<std::int8_t>},
    {"<i2", as_double<std::int16_t>, as_text<std::int16_t>},
    {"<i4", as_double<std::int32_t>, as_text<std::int32_t>},
    {"<i8", as_double<std::int64_t>, as_text<std::int64_t>},
    {"|u1", as_double<std::uint8_t>, as_text<std::uint8_t>},
    {"<u2", as_double<std::uint16_t>, as_text<std::uint16_t>},
    {"<u4", as_double<std::uint32_t>, as_text<std::uint32_t>},
    {"<u8", as_double<std::uint64_t>, as_text<std::uint64_t>},
};

const NumberType* number_type(const NpyArray& array) {
  for (const NumberType& type : number_types)
    if (type.name == array.type) return &type;
  return nullptr;
}

/// Padded with NUL.
std::string bytes_text(const NpyArray& array, std::size_t i) {
  return {array.item(i), ::strnlen(array.item(i), array.item_bytes)};
}

/// UTF-32, padded with NUL.
std::string unicode_text(const NpyArray& array, std::size_t i) {
  std::u32string text(array.item_bytes / sizeof(char32_t), U'\0');
  std::memcpy(text.data(), array.item(i), array.item_bytes);
  text.erase(std::min(text.find(U'\0'), text.size()));
  try {
    return boost::locale::conv::utf_to_utf<char>(text, boost::locale::conv::stop);
  } catch (const boost::locale::conv::conversion_error&) {
    throw InputError(array.source, fmt::format("row {}", i + 1), "is not a Unicode text");
  }
}

arma::mat features_of(const NpyArray& array) {
  const NumberType* const type = number_type(array);
  if (type == nullptr)
    array.refuse(fmt::format(
        "holds '{}', which is no feature; features are integers or floats of 4 or 8 bytes: "
        "write x.astype('<f8')",
        shown(array.type)));
  if (array.shape.size() != 2)
    array.refuse(
        fmt::format("has {} dimensions; features are a matrix, a row a sample and a "
                    "column a feature",
                    array.shape.size()));
  const std::size_t n_samples = array.shape[0], n_features = array.shape[1];
  arma::mat features(n_features, n_samples);
  for (std::size_t i = 0; i < n_samples; ++i)
    for (std::size_t j = 0; j < n_features; ++j)
      features(j, i) =
          type->feature(array.item(array.fortran_order ? j * n_samples + i : i * n_features + j));
  return features;
}

std::vector<std::string> labels_of(const NpyArray& array) {
  const NumberType* const type = number_type(array);
  const bool is_text = array.type[1] == 'S' || array.type[1] == 'U';
  if (!is_text && (type == nullptr || type->label == nullptr))
    array.refuse(fmt::format(
        "holds '{}', which is no label; labels are integers or strings: write y.astype('<i8') or "
        "y.astype(str)",
        shown(array.type)));
  if (array.shape.size() != 1)
    array.refuse(fmt::format("has {} dimensions; labels are one a sample: write y.reshape(-1)",
                             array.shape.size()));
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < array.shape[0]; ++i)
    labels.push_back(!is_text               ? type->label(array.item(i))
                     : array.type[1] == 'S' ? bytes_text(array, i)
                                            : unicode_text(array, i));
  return labels;
}

}  // namespace

LabelledSamples read_npy_samples(const std::filesystem::path& features,
                                 const std::filesystem::path& labels) {
  const std::string x = read_file(features), y = read_file(labels);
  LabelledSamples samples{
      features.stem().string(),
      features.string(),
      labels.string(),
      features_of(parse_npy(x, features.string(), "numpy.save(file, x.astype('<f8'))")),
      labels_of(parse_npy(y, labels.string(), "numpy.save(file, y.astype(str))")),
      {}};
  samples.validate();
  return samples;
}

}  // namespace rhodrift
