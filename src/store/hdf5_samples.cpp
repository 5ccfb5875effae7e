#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/store/dataset_file.hpp>

#include "store/hdf5_data.hpp"

namespace rhodrift {

namespace {

using hdf5::Content;
using hdf5::Handle;

/// The two datasets of "", "/group" or "x,y", as paths from the root.
std::pair<std::string, std::string> places_of(const std::string& part) {
  const auto rooted = [](const std::string& place) {
    return place.starts_with('/') ? place : "/" + place;
  };
  if (const std::size_t comma = part.find(','); comma != std::string::npos)
    return {rooted(part.substr(0, comma)), rooted(part.substr(comma + 1))};
  const std::string group = part.empty() || part.ends_with('/') ? part : part + "/";
  return {rooted(group + "features"), rooted(group + "labels")};
}

hdf5::Shape shape_of_rank(const Handle& file, const std::string& place, std::size_t rank,
                          const char* wanted) {
  const hdf5::Shape shape = hdf5::shape_of(file, place);
  if (shape.size() != rank)
    throw hdf5::Failure(fmt::format("has {} dimensions; {}", shape.size(), wanted));
  if (shape[0] == 0) throw hdf5::Failure("holds no samples");
  return shape;
}

arma::mat read_features(const Handle& file, const std::string& place) {
  const Content content = hdf5::content_of(file, place);
  if (content == Content::strings || content == Content::other)
    throw hdf5::Failure("holds no numbers; features are integers or floats");
  const hdf5::Shape shape =
      shape_of_rank(file, place, 2, "features are a matrix, a row a sample and a column a feature");
  const auto values = hdf5::read_numbers<double>(file, place, shape);
  return arma::mat(values.data(), shape[1], shape[0]);
}

template <class Integer>
std::vector<std::string> read_integer_labels(const Handle& file, const std::string& place,
                                             const hdf5::Shape& shape) {
  std::vector<std::string> labels;
  for (const Integer number : hdf5::read_numbers<Integer>(file, place, shape))
    labels.push_back(std::to_string(number));
  return labels;
}

std::vector<std::string> read_labels(const Handle& file, const std::string& place) {
  const hdf5::Shape shape = shape_of_rank(file, place, 1, "labels are one a sample");
  switch (hdf5::content_of(file, place)) {
    case Content::integers:
      return read_integer_labels<std::int64_t>(file, place, shape);
    case Content::unsigned_integers:
      return read_integer_labels<std::uint64_t>(file, place, shape);
    case Content::strings:
      return hdf5::read_foreign_strings(file, place);
    default:
      throw hdf5::Failure("holds neither integers nor strings, as labels are; convert them");
  }
}

}  // namespace

LabelledSamples read_hdf5_samples(const std::filesystem::path& path, const std::string& part) {
  hdf5::silence_error_printing();
  const Handle file = hdf5::open_file(path);
  const auto [features, labels] = places_of(part);
  const auto source_of = [&](const std::string& place) {
    return fmt::format("{}:{}", path.string(), place);
  };
  const auto read = [&](const std::string& place, auto read_dataset) {
    try {
      if (!hdf5::exists(file, place))
        throw hdf5::Failure(
            "is not in the file; name a group or both datasets after a colon, as in "
            "set.h5:/group or set.h5:features,labels");
      return read_dataset(file, place);
    } catch (const hdf5::Failure& failure) {
      throw InputError(source_of(place), "", failure.what());
    }
  };
  LabelledSamples samples{path.stem().string(),      source_of(features),
                          source_of(labels),         read(features, read_features),
                          read(labels, read_labels), {}};
  samples.validate();
  return samples;
}

}  // namespace rhodrift
