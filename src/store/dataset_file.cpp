#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/store/dataset_file.hpp>
#include <rhodrift/train/synthetic_data.hpp>

namespace rhodrift {

namespace {

/// "x.npy:y.npy" is the file x.npy and the part y.npy.
struct NamedData {
  std::filesystem::path file;
  std::string part;
};

/// Splits `data` behind the first `extension` that ends it or has a colon behind it; no file when
/// there is none.
NamedData with_extension(const std::string& data, const std::string& extension) {
  if (const std::size_t colon = data.find(extension + ":"); colon != std::string::npos)
    return {data.substr(0, colon + extension.size()), data.substr(colon + extension.size() + 1)};
  if (data.ends_with(extension)) return {data, ""};
  return {};
}

LabelledSamples with_label_texts(const Dataset& data) {
  LabelledSamples samples{data.name, data.name, data.name, data.features, {}, {}};
  for (const double target : data.targets) samples.labels.push_back(fmt::format("{}", target));
  for (const int label : data.labels)
    samples.labels.push_back(data.class_names[static_cast<std::size_t>(label)]);
  return samples;
}

}  // namespace

LabelledSamples read_samples(const std::string& data) {
  if (is_synthetic(data)) return with_label_texts(synthetic_dataset(data));
  if (data.ends_with(".csv")) return read_csv_samples(data);
  if (const auto [file, part] = with_extension(data, ".npy"); !file.empty()) {
    if (part.empty())
      throw InputError(data, "",
                       "labels are missing; name their file after a colon, as in x.npy:y.npy");
    return read_npy_samples(file, file.parent_path() / part);
  }
  for (const char* extension : {".h5", ".hdf5"})
    if (const auto [file, part] = with_extension(data, extension); !file.empty())
      return read_hdf5_samples(file, part);
  throw InputError(data, "",
                   "is no file of data: known are .csv, .npy, .h5 and .hdf5, and moons, circles, "
                   "blobs, sine and friedman1");
}

Dataset read_dataset(const std::string& data, const std::vector<std::string>& classes) {
  return select_classes(read_samples(data), classes);
}

}  // namespace rhodrift
