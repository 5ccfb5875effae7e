#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include <hdf5.h>

/// The HDF5 C API behind RAII. Only the store module includes this, and nothing else includes
/// hdf5.h.
namespace rhodrift::hdf5 {

/// Something that HDF5 refused, or that is not as a run file has it. RunWriter and RunReader
/// translate it into the public errors.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Keeps HDF5 from printing its errors; they travel in Failure.
void silence_error_printing();

/// `doing`, and HDF5's current error stack, from the call that failed down to the cause.
[[noreturn]] void fail(const std::string& doing);

/// For calls that report failure as a negative value.
template <class Status>
Status check(Status status, const std::string& doing) {
  if (status < 0) fail(doing);
  return status;
}

/// An HDF5 identifier, closed on the way out.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  /// Takes over `id`. Throws Failure when it is the sign of a failed call.
  Handle(hid_t id, Close close_call, const std::string& doing)
      : id_(check(id, doing)), close_(close_call) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }

  hid_t id() const { return id_; }
  /// Closes it now, where failing to close must not go unnoticed. Throws Failure.
  void close(const std::string& doing) {
    check(close_(std::exchange(id_, H5I_INVALID_HID)), doing);
  }

 private:
  hid_t id_;
  Close close_;
};

/// Opens a file to read it. Throws InputError when it is missing or is not HDF5.
Handle open_file(const std::filesystem::path& path);

}  // namespace rhodrift::hdf5
