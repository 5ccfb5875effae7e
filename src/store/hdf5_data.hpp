#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "store/hdf5_handle.hpp"

/// Groups, attributes and datasets in the few forms that a run file uses. All data is chunked,
/// compressed and carries checksums; strings are of fixed length, because those of variable length
/// live in a heap that has no checksum. `place` is a path below `location`, which is a file or a
/// group. Everything throws Failure.
namespace rhodrift::hdf5 {

using Shape = std::vector<hsize_t>;

/// One dimension of a dataset: its label, its length, and the dataset that holds its coordinates.
struct Axis {
  std::string label;
  hsize_t length;
  const Handle* scale = nullptr;
};

/// True when every link of the path is there.
bool exists(const Handle& location, const std::string& place);
/// Names of the links of a group, sorted.
std::vector<std::string> children(const Handle& group);
bool is_group(const Handle& location, const std::string& place);

/// Makes the group and those above it that are missing.
Handle create_group(const Handle& location, const std::string& place);
Handle open_group(const Handle& location, const std::string& place);
/// Opens the group, or makes it.
Handle require_group(const Handle& location, const std::string& place);
Handle open_dataset(const Handle& location, const std::string& place);

/// What a dataset holds.
enum class Content { integers, unsigned_integers, reals, strings, other };
Content content_of(const Handle& location, const std::string& place);

void write_attribute(const Handle& object, const std::string& name, const std::string& value);
void write_attribute(const Handle& object, const std::string& name, std::uint64_t value);
std::string read_text_attribute(const Handle& object, const std::string& name);
std::uint64_t read_integer_attribute(const Handle& object, const std::string& name);
std::vector<std::string> attribute_names(const Handle& object);

/// Row-major over the axes. Number is double, std::int64_t, std::uint64_t or std::uint8_t.
/// `units` goes into an attribute; "1" is dimensionless; empty: not a quantity.
template <class Number>
Handle write_numbers(const Handle& location, const std::string& place,
                     const std::vector<Axis>& axes, std::span<const Number> values,
                     const std::string& units);
/// No string may hold a NUL, which ends strings in the file.
Handle write_strings(const Handle& location, const std::string& place,
                     const std::vector<Axis>& axes, std::span<const std::string> values);
/// One string.
Handle write_text(const Handle& location, const std::string& place, const std::string& text);
/// Turns a one-dimensional dataset into the coordinates of an axis (an HDF5 dimension scale).
void make_scale(const Handle& dataset, const std::string& label);

Shape shape_of(const Handle& location, const std::string& place);
/// Throws Failure when the dataset has another shape.
template <class Number>
std::vector<Number> read_numbers(const Handle& location, const std::string& place,
                                 const Shape& shape);
std::vector<std::string> read_strings(const Handle& location, const std::string& place,
                                      const Shape& shape);
std::string read_text(const Handle& location, const std::string& place);
/// The strings of a one-dimensional dataset as other programs write them: of fixed or variable
/// length, padded and encoded in any way; their bytes as they are.
std::vector<std::string> read_foreign_strings(const Handle& location, const std::string& place);

}  // namespace rhodrift::hdf5
