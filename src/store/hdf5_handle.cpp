#include "store/hdf5_handle.hpp"

#include <vector>

#include <rhodrift/core/error.hpp>

namespace rhodrift::hdf5 {

namespace {

herr_t collect(unsigned, const H5E_error2_t* error, void* result) {
  auto& descriptions = *static_cast<std::vector<std::string>*>(result);
  const std::string description = error->desc != nullptr ? error->desc : "";
  // One cause is often passed on unchanged through several levels.
  if (!description.empty() && (descriptions.empty() || descriptions.back() != description))
    descriptions.push_back(description);
  return 0;
}

}  // namespace

void silence_error_printing() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void fail(const std::string& doing) {
  std::vector<std::string> descriptions;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, collect, &descriptions);
  std::string message = "HDF5 cannot " + doing;
  for (const std::string& description : descriptions) message += ": " + description;
  throw Failure(message);
}

Handle open_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw InputError(path.string(), "", "no such file");
  if (std::filesystem::is_directory(path, error))
    throw InputError(path.string(), "", "is a directory");
  try {
    if (check(H5Fis_hdf5(path.c_str()), "read the file") == 0)
      throw InputError(path.string(), "", "is not an HDF5 file");
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "open the file");
    check(H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG), "open the file");
    return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose, "open the file"};
  } catch (const Failure& failure) {
    throw InputError(path.string(), "", failure.what());
  }
}

}  // namespace rhodrift::hdf5
