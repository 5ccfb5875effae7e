#include "store/memory_file.hpp"

#include <cstdlib>
#include <cstring>

namespace rhodrift::hdf5 {

MemoryFile::Image::~Image() {
  std::free(bytes);
}

// H5Fget_file_image would be simpler, but HDF5 1.10 clears a flag in the copy's superblock without
// renewing its checksum, and nobody can open such a copy. What stands in memory after H5Fclose is
// right: these callbacks keep it.
H5FD_file_image_callbacks_t MemoryFile::callbacks_into(Image& image) {
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = [](std::size_t size, H5FD_file_image_op_t, void*) {
    return std::malloc(size);
  };
  callbacks.image_memcpy = [](void* to, const void* from, std::size_t size, H5FD_file_image_op_t,
                              void*) { return std::memcpy(to, from, size); };
  callbacks.image_realloc = [](void* bytes, std::size_t size, H5FD_file_image_op_t, void*) {
    return std::realloc(bytes, size);
  };
  callbacks.image_free = [](void* bytes, H5FD_file_image_op_t operation, void* kept) -> herr_t {
    if (operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
      static_cast<Image*>(kept)->bytes = bytes;
    else
      std::free(bytes);
    return 0;
  };
  callbacks.udata_copy = [](void* kept) { return kept; };
  callbacks.udata_free = [](void*) -> herr_t { return 0; };
  callbacks.udata = &image;
  return callbacks;
}

Handle MemoryFile::create(const std::string& name, Image& image) {
  constexpr std::size_t growth_bytes = 1;  // no padding at the end
  const std::string doing = "make a file in memory";
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, doing);
  check(H5Pset_fapl_core(access.id(), growth_bytes, false), doing);
  H5FD_file_image_callbacks_t callbacks = callbacks_into(image);
  check(H5Pset_file_image_callbacks(access.id(), &callbacks), doing);
  // From this version on every piece of metadata that is needed to read data carries a checksum.
  check(H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110), doing);
  check(H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG), doing);
  return {H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose, doing};
}

MemoryFile::MemoryFile(const std::string& name)
    : image_(std::make_unique<Image>()), file_(create(name, *image_)) {}

std::span<const char> MemoryFile::close() {
  const std::string doing = "finish the file in memory";
  check(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL), doing);
  hsize_t size = 0;
  check(H5Fget_filesize(file_.id(), &size), doing);
  file_.close(doing);
  return {static_cast<const char*>(image_->bytes), static_cast<std::size_t>(size)};
}

}  // namespace rhodrift::hdf5
