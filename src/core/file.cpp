#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

namespace rhodrift {

namespace fs = std::filesystem;

namespace {

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

[[noreturn]] void fail(const fs::path& path, const std::string& doing, int error_number) {
  throw RunError(path.string() + ": " + doing + ": " + reason(error_number));
}

/// A file descriptor that is closed on the way out.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  /// 0, or the errno of the failed close: some file systems report a full disk only here.
  int close() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// What the rename will replace: a symbolic link is followed so that it stays a link, and anything
/// that is not a plain file (a directory, /dev/null) is left alone.
fs::path rename_target(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error) : path;
  if (target.filename().empty()) throw RunError(path.string() + ": is not the name of a file");
  if (fs::exists(target, error) && !fs::is_regular_file(target, error))
    throw RunError(path.string() + ": exists and is not a regular file");
  return target;
}

/// Creates an empty file of a name that nobody else uses, next to `path`.
fs::path create_temporary(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  for (;;) {
    const fs::path candidate =
        directory_of(path) /
        fmt::format(".{}.{}-{}.tmp", path.filename().string(), ::getpid(), counter++);
    const Descriptor file(candidate, O_CREAT | O_EXCL | O_WRONLY, 0666);
    if (file.is_open()) return candidate;
    if (errno != EEXIST) fail(path, "cannot be written", errno);
  }
}

void flush_to_disk(const fs::path& path, const fs::path& reported_as) {
  Descriptor file(path, O_RDONLY);
  if (!file.is_open()) fail(reported_as, "cannot be flushed to disk", errno);
  // EINVAL: the file system cannot sync this kind of file (some refuse directories).
  if (::fsync(file.number()) != 0 && errno != EINVAL)
    fail(reported_as, "cannot be flushed to disk", errno);
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw InputError(path.string(), "", "is a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path.string(), "", "cannot be read: " + reason(errno));
  std::ostringstream content;
  content << file.rdbuf();
  if (file.bad()) throw InputError(path.string(), "", "cannot be read: " + reason(errno));
  return std::move(content).str();
}

PendingFile::PendingFile(fs::path final_path)
    : final_path_(rename_target(final_path)), temporary_path_(create_temporary(final_path_)) {}

PendingFile::~PendingFile() {
  std::error_code ignored;
  if (!committed_) fs::remove(temporary_path_, ignored);
}

void PendingFile::commit() {
  flush_to_disk(temporary_path_, final_path_);
  if (::rename(temporary_path_.c_str(), final_path_.c_str()) != 0)
    fail(final_path_, "cannot be written", errno);
  committed_ = true;
  // The new name itself is on disk only when the directory is.
  flush_to_disk(directory_of(final_path_), final_path_);
}

void write_file(const fs::path& path, std::string_view content) {
  PendingFile pending(path);
  {
    Descriptor file(pending.temporary_path(), O_WRONLY);
    if (!file.is_open()) fail(path, "cannot be written", errno);
    while (!content.empty()) {
      const ssize_t written = ::write(file.number(), content.data(), content.size());
      if (written < 0 && errno != EINTR) fail(path, "cannot be written", errno);
      if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (const int error_number = file.close(); error_number != 0)
      fail(path, "cannot be written", error_number);
  }
  pending.commit();
}

}  // namespace rhodrift
