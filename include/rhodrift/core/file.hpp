#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace rhodrift {

/// The whole content of a file. Throws InputError when it is missing, unreadable or a directory.
std::string read_file(const std::filesystem::path& path);

/// A file that appears under its final name only when it is complete: the work goes to a temporary
/// file in the same directory, `commit` flushes it to disk and renames it. Without `commit` (an
/// exception, an early return) the temporary is removed and the final name is left as it was.
class PendingFile {
 public:
  /// Throws RunError when the directory is missing or not writable.
  explicit PendingFile(std::filesystem::path final_path);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  /// Where to write meanwhile.
  const std::filesystem::path& temporary_path() const { return temporary_path_; }

  /// Flushes to disk and renames to the final name. Throws RunError on failure (a full disk).
  void commit();

 private:
  std::filesystem::path final_path_;
  std::filesystem::path temporary_path_;
  bool committed_ = false;
};

/// Writes `content` under `path`, whole or not at all. Throws RunError.
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace rhodrift
