#include "store/hdf5_handle.hpp"

#include <vector>

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

}  // namespace rhodrift::hdf5
