#include "store/hdf5_data.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5_hl.h>

namespace rhodrift::hdf5 {

namespace {

constexpr hsize_t chunk_bytes = hsize_t{1} << 20;
constexpr unsigned deflate_level = 6;
/// The most that deflate compresses (RFC 1951: 258 bytes in 2 bits), so the most that a dataset
/// can hold for every byte it has on disk.
constexpr double max_compression = 1032.0;

/// How a type of numbers stands in the file and in memory.
template <class Number>
struct NumberType;
template <>
struct NumberType<double> {
  static hid_t file() { return H5T_IEEE_F64LE; }
  static hid_t memory() { return H5T_NATIVE_DOUBLE; }
};
template <>
struct NumberType<std::int64_t> {
  static hid_t file() { return H5T_STD_I64LE; }
  static hid_t memory() { return H5T_NATIVE_INT64; }
};
template <>
struct NumberType<std::uint64_t> {
  static hid_t file() { return H5T_STD_U64LE; }
  static hid_t memory() { return H5T_NATIVE_UINT64; }
};
template <>
struct NumberType<std::uint8_t> {
  static hid_t file() { return H5T_STD_U8LE; }
  static hid_t memory() { return H5T_NATIVE_UINT8; }
};

std::string quoted(const std::string& name) {
  return "\"" + name + "\"";
}

Handle string_type(std::size_t length) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "make a string type");
  check(H5Tset_size(type.id(), std::max<std::size_t>(length, 1)), "size a string type");
  check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "pad a string type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "encode a string type");
  return type;
}

/// Length of the strings of a fixed-length string type.
std::size_t string_length(const Handle& type, const std::string& name) {
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0)
    throw Failure(quoted(name) + " does not hold strings of fixed length");
  return H5Tget_size(type.id());
}

Handle scalar_space() {
  return {H5Screate(H5S_SCALAR), H5Sclose, "make a scalar"};
}

Shape shape_of(const std::vector<Axis>& axes) {
  Shape shape;
  for (const Axis& axis : axes) shape.push_back(axis.length);
  return shape;
}

/// Whole rows of the first dimension up to about chunk_bytes; shuffled, deflated, with a checksum
/// over what comes out. A dataset without elements has no chunks.
Handle storage_layout(const Shape& shape, std::size_t element_bytes) {
  Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "describe a dataset");
  if (std::find(shape.begin(), shape.end(), hsize_t{0}) != shape.end()) return layout;
  Shape chunk = shape;
  hsize_t row_bytes = element_bytes;
  for (std::size_t i = 1; i < shape.size(); ++i) row_bytes *= shape[i];
  chunk[0] = std::clamp<hsize_t>(chunk_bytes / row_bytes, 1, shape[0]);
  check(H5Pset_chunk(layout.id(), static_cast<int>(chunk.size()), chunk.data()), "set chunks");
  check(H5Pset_shuffle(layout.id()), "set shuffling");
  check(H5Pset_deflate(layout.id(), deflate_level), "set compression");
  check(H5Pset_fletcher32(layout.id()), "set checksums");
  return layout;
}

/// Creates a dataset of `file_type` and writes `values`, which are of `memory_type`.
Handle write_dataset(const Handle& location, const std::string& place,
                     const std::vector<Axis>& axes, hid_t file_type, hid_t memory_type,
                     const void* values) {
  const std::string doing = "write " + quoted(place);
  const Shape shape = shape_of(axes);
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                     H5Sclose, doing);
  const Handle layout = storage_layout(shape, H5Tget_size(file_type));
  Handle dataset(H5Dcreate2(location.id(), place.c_str(), file_type, space.id(), H5P_DEFAULT,
                            layout.id(), H5P_DEFAULT),
                 H5Dclose, doing);
  check(H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), doing);
  for (unsigned i = 0; i < axes.size(); ++i) {
    check(H5DSset_label(dataset.id(), i, axes[i].label.c_str()), doing);
    if (axes[i].scale != nullptr)
      check(H5DSattach_scale(dataset.id(), axes[i].scale->id(), i), doing);
  }
  return dataset;
}

Shape shape_of(const Handle& dataset) {
  const Handle space(H5Dget_space(dataset.id()), H5Sclose, "read a shape");
  const int rank = check(H5Sget_simple_extent_ndims(space.id()), "read a rank");
  Shape shape(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr), "read a shape");
  return shape;
}

/// The number of elements, once the shape is the expected one and the bytes on disk can hold it:
/// what a damaged or hostile file claims must not decide how much memory is taken.
std::size_t checked_size(const Handle& dataset, const std::string& place, const Shape& expected,
                         std::size_t element_bytes) {
  const Shape shape = shape_of(dataset);
  if (shape != expected)
    throw Failure(fmt::format("\"{}\" has shape [{}] where [{}] is expected", place,
                              fmt::join(shape, ", "), fmt::join(expected, ", ")));
  double size = 1.0;
  for (const hsize_t length : shape) size *= static_cast<double>(length);
  const hsize_t stored = H5Dget_storage_size(dataset.id());
  if (size * static_cast<double>(element_bytes) > max_compression * static_cast<double>(stored))
    throw Failure(
        fmt::format("\"{}\" claims {} elements but has {} bytes in the file", place, size, stored));
  return static_cast<std::size_t>(size);
}

Handle type_of(const Handle& dataset, const std::string& place) {
  return {H5Dget_type(dataset.id()), H5Tclose, "read the type of " + quoted(place)};
}

Handle open_attribute(const Handle& object, const std::string& name) {
  if (check(H5Aexists(object.id(), name.c_str()), "look up an attribute") == 0)
    throw Failure("attribute " + quoted(name) + " is missing");
  return {H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose, "open " + quoted(name)};
}

void require_scalar(const Handle& attribute, const std::string& name) {
  const Handle space(H5Aget_space(attribute.id()), H5Sclose, "read " + quoted(name));
  if (H5Sget_simple_extent_npoints(space.id()) != 1)
    throw Failure("attribute " + quoted(name) + " is not a single value");
}

void write_scalar_attribute(const Handle& object, const std::string& name, hid_t file_type,
                            hid_t memory_type, const void* value) {
  const std::string doing = "write attribute " + quoted(name);
  const Handle space = scalar_space();
  const Handle attribute(
      H5Acreate2(object.id(), name.c_str(), file_type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose, doing);
  check(H5Awrite(attribute.id(), memory_type, value), doing);
}

void require_no_nul(const std::string& text, const std::string& name) {
  if (text.find('\0') != std::string::npos)
    throw Failure(quoted(name) + " holds a NUL character, which a string in HDF5 cannot");
}

/// Strings of `length` bytes each, padded with NUL, end to end.
std::vector<std::string> split_padded(const std::string& bytes, std::size_t count,
                                      std::size_t length) {
  std::vector<std::string> strings;
  strings.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* begin = bytes.data() + i * length;
    strings.emplace_back(begin, ::strnlen(begin, length));
  }
  return strings;
}

}  // namespace

bool exists(const Handle& location, const std::string& place) {
  // H5Lexists wants every link but the last to be there.
  for (std::size_t end = place.find('/', 1);; end = place.find('/', end + 1)) {
    const std::string prefix = place.substr(0, end);
    if (check(H5Lexists(location.id(), prefix.c_str(), H5P_DEFAULT), "look up " + quoted(prefix)) ==
        0)
      return false;
    if (end == std::string::npos) return true;
    if (!is_group(location, prefix)) return false;
  }
}

std::vector<std::string> children(const Handle& group) {
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* result) -> herr_t {
    static_cast<std::vector<std::string>*>(result)->emplace_back(name);
    return 0;
  };
  std::vector<std::string> names;
  check(H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names),
        "list a group");
  return names;
}

bool is_group(const Handle& location, const std::string& place) {
  const Handle object(H5Oopen(location.id(), place.c_str(), H5P_DEFAULT), H5Oclose,
                      "open " + quoted(place));
  return H5Iget_type(object.id()) == H5I_GROUP;
}

Handle create_group(const Handle& location, const std::string& place) {
  const Handle creation(H5Pcreate(H5P_LINK_CREATE), H5Pclose, "describe a link");
  check(H5Pset_create_intermediate_group(creation.id(), 1), "describe a link");
  check(H5Pset_char_encoding(creation.id(), H5T_CSET_UTF8), "describe a link");
  return {H5Gcreate2(location.id(), place.c_str(), creation.id(), H5P_DEFAULT, H5P_DEFAULT),
          H5Gclose, "make the group " + quoted(place)};
}

Handle open_group(const Handle& location, const std::string& place) {
  return {H5Gopen2(location.id(), place.c_str(), H5P_DEFAULT), H5Gclose,
          "open the group " + quoted(place)};
}

Handle require_group(const Handle& location, const std::string& place) {
  return exists(location, place) ? open_group(location, place) : create_group(location, place);
}

Handle open_dataset(const Handle& location, const std::string& place) {
  return {H5Dopen2(location.id(), place.c_str(), H5P_DEFAULT), H5Dclose,
          "open the dataset " + quoted(place)};
}

Content content_of(const Handle& location, const std::string& place) {
  const Handle type = type_of(open_dataset(location, place), place);
  switch (H5Tget_class(type.id())) {
    case H5T_INTEGER:
      return H5Tget_sign(type.id()) == H5T_SGN_NONE ? Content::unsigned_integers
                                                    : Content::integers;
    case H5T_FLOAT:
      return Content::reals;
    case H5T_STRING:
      return Content::strings;
    default:
      return Content::other;
  }
}

void write_attribute(const Handle& object, const std::string& name, const std::string& value) {
  require_no_nul(value, name);
  const Handle type = string_type(value.size());
  // An empty string still has one byte, which c_str() ends with.
  write_scalar_attribute(object, name, type.id(), type.id(), value.c_str());
}

void write_attribute(const Handle& object, const std::string& name, std::uint64_t value) {
  using Type = NumberType<std::uint64_t>;
  write_scalar_attribute(object, name, Type::file(), Type::memory(), &value);
}

std::string read_text_attribute(const Handle& object, const std::string& name) {
  const Handle attribute = open_attribute(object, name);
  require_scalar(attribute, name);
  const Handle type(H5Aget_type(attribute.id()), H5Tclose, "read " + quoted(name));
  const std::size_t length = string_length(type, name);
  std::string bytes(length, '\0');
  const Handle memory_type = string_type(length);
  check(H5Aread(attribute.id(), memory_type.id(), bytes.data()), "read " + quoted(name));
  return split_padded(bytes, 1, length).front();
}

std::uint64_t read_integer_attribute(const Handle& object, const std::string& name) {
  const Handle attribute = open_attribute(object, name);
  require_scalar(attribute, name);
  std::uint64_t value = 0;
  check(H5Aread(attribute.id(), NumberType<std::uint64_t>::memory(), &value),
        "read " + quoted(name));
  return value;
}

std::vector<std::string> attribute_names(const Handle& object) {
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* result) -> herr_t {
    static_cast<std::vector<std::string>*>(result)->emplace_back(name);
    return 0;
  };
  std::vector<std::string> names;
  check(H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names),
        "list attributes");
  return names;
}

template <class Number>
Handle write_numbers(const Handle& location, const std::string& place,
                     const std::vector<Axis>& axes, std::span<const Number> values,
                     const std::string& units) {
  using Type = NumberType<Number>;
  Handle dataset =
      write_dataset(location, place, axes, Type::file(), Type::memory(), values.data());
  if (!units.empty()) write_attribute(dataset, "units", units);
  return dataset;
}

Handle write_strings(const Handle& location, const std::string& place,
                     const std::vector<Axis>& axes, std::span<const std::string> values) {
  std::size_t length = 1;
  for (const std::string& value : values) {
    require_no_nul(value, place);
    length = std::max(length, value.size());
  }
  std::string bytes(values.size() * length, '\0');
  for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(bytes.data() + i * length, length);
  const Handle type = string_type(length);
  return write_dataset(location, place, axes, type.id(), type.id(), bytes.data());
}

Handle write_text(const Handle& location, const std::string& place, const std::string& text) {
  return write_strings(location, place, {{"text", 1}}, std::span(&text, 1));
}

void make_scale(const Handle& dataset, const std::string& label) {
  check(H5DSset_scale(dataset.id(), label.c_str()), "make the dimension scale " + quoted(label));
}

Shape shape_of(const Handle& location, const std::string& place) {
  return shape_of(open_dataset(location, place));
}

template <class Number>
std::vector<Number> read_numbers(const Handle& location, const std::string& place,
                                 const Shape& shape) {
  const Handle dataset = open_dataset(location, place);
  const std::size_t element_bytes = H5Tget_size(type_of(dataset, place).id());
  std::vector<Number> values(checked_size(dataset, place, shape, element_bytes));
  check(H5Dread(dataset.id(), NumberType<Number>::memory(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                values.data()),
        "read " + quoted(place));
  return values;
}

std::vector<std::string> read_strings(const Handle& location, const std::string& place,
                                      const Shape& shape) {
  const Handle dataset = open_dataset(location, place);
  const Handle type = type_of(dataset, place);
  const std::size_t length = string_length(type, place);
  const std::size_t count = checked_size(dataset, place, shape, length);
  std::string bytes(count * length, '\0');
  const Handle memory_type = string_type(length);
  check(H5Dread(dataset.id(), memory_type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
        "read " + quoted(place));
  return split_padded(bytes, count, length);
}

std::string read_text(const Handle& location, const std::string& place) {
  return read_strings(location, place, {1}).front();
}

std::vector<std::string> read_foreign_strings(const Handle& location, const std::string& place) {
  const std::string doing = "read " + quoted(place);
  const Handle dataset = open_dataset(location, place);
  // A copy of the file's own type, for HDF5 converts paddings but not encodings.
  const Handle type(H5Tcopy(type_of(dataset, place).id()), H5Tclose, doing);
  const std::size_t length = H5Tget_size(type.id());
  const Shape shape = shape_of(dataset);
  const std::size_t count = checked_size(dataset, place, {shape.at(0)}, length);
  if (H5Tis_variable_str(type.id()) == 0) {
    check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), doing);
    std::string bytes(count * length, '\0');
    check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), doing);
    return split_padded(bytes, count, length);
  }
  std::vector<char*> texts(count, nullptr);
  const Handle space(H5Dget_space(dataset.id()), H5Sclose, doing);
  check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), doing);
  std::vector<std::string> strings;
  for (const char* text : texts) strings.emplace_back(text != nullptr ? text : "");
  check(H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, texts.data()), doing);
  return strings;
}

template Handle write_numbers(const Handle&, const std::string&, const std::vector<Axis>&,
                              std::span<const double>, const std::string&);
template Handle write_numbers(const Handle&, const std::string&, const std::vector<Axis>&,
                              std::span<const std::int64_t>, const std::string&);
template Handle write_numbers(const Handle&, const std::string&, const std::vector<Axis>&,
                              std::span<const std::uint64_t>, const std::string&);
template Handle write_numbers(const Handle&, const std::string&, const std::vector<Axis>&,
                              std::span<const std::uint8_t>, const std::string&);
template std::vector<double> read_numbers(const Handle&, const std::string&, const Shape&);
template std::vector<std::int64_t> read_numbers(const Handle&, const std::string&, const Shape&);
template std::vector<std::uint64_t> read_numbers(const Handle&, const std::string&, const Shape&);
template std::vector<std::uint8_t> read_numbers(const Handle&, const std::string&, const Shape&);

}  // namespace rhodrift::hdf5
