#pragma once

#include <memory>
#include <span>
#include <string>

#include "store/hdf5_handle.hpp"

namespace rhodrift::hdf5 {

/// An HDF5 file that is built in memory. HDF5 1.10 loses data without a word, or crashes, when a
/// write to disk fails (a full disk under a chunked dataset), so it never gets to write to one.
class MemoryFile {
 public:
  /// `name` must differ between files that are open at the same time. Throws Failure.
  explicit MemoryFile(const std::string& name);

  const Handle& root() const { return file_; }
  /// Closes the file; its bytes, which live as long as this object. Throws Failure.
  std::span<const char> close();

 private:
  /// Where HDF5 puts the bytes; its address is known to HDF5 while the file is open.
  struct Image {
    Image() = default;
    ~Image();
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;
    void* bytes = nullptr;
  };
  static H5FD_file_image_callbacks_t callbacks_into(Image& image);
  static Handle create(const std::string& name, Image& image);

  std::unique_ptr<Image> image_;
  Handle file_;  // closed before the image goes
};

}  // namespace rhodrift::hdf5
