#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "support/catch.hpp"
#include "support/file_size_limit.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
namespace fs = std::filesystem;

TEST_CASE("write_file and read_file keep every byte") {
  const ScratchDirectory scratch;
  std::string content(100'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7);
  write_file(scratch / "data", content);
  CHECK(read_file(scratch / "data") == content);
  write_file(scratch / "data", "");
  CHECK(read_file(scratch / "data").empty());
  CHECK(scratch.files().size() == 1);
}

TEST_CASE("read_file names the file it cannot read") {
  const ScratchDirectory scratch;
  CHECK_THROWS_WITH(read_file(scratch / "absent"),
                    (scratch / "absent").string() + ": cannot be read: No such file or directory");
  CHECK_THROWS_WITH(read_file(scratch.path()), scratch.path().string() + ": is a directory");
}

TEST_CASE("PendingFile shows nothing under the final name before commit") {
  const ScratchDirectory scratch;
  PendingFile pending(scratch / "result");
  std::ofstream(pending.temporary_path()) << "done";
  CHECK_FALSE(fs::exists(scratch / "result"));
  CHECK(pending.temporary_path().parent_path() == scratch.path());
  pending.commit();
  CHECK(read_file(scratch / "result") == "done");
  CHECK_FALSE(fs::exists(pending.temporary_path()));
}

TEST_CASE("PendingFile leaves the old file and nothing else behind an exception") {
  const ScratchDirectory scratch;
  write_file(scratch / "result", "old");
  const auto interrupted = [&] {
    const PendingFile pending(scratch / "result");
    std::ofstream(pending.temporary_path()) << "half of the new on";
    throw std::runtime_error("interrupted");
  };
  CHECK_THROWS_WITH(interrupted(), "interrupted");
  CHECK(read_file(scratch / "result") == "old");
  CHECK(scratch.files().size() == 1);
}

TEST_CASE("Two PendingFiles of one name do not meet") {
  const ScratchDirectory scratch;
  PendingFile first(scratch / "result"), second(scratch / "result");
  CHECK(first.temporary_path() != second.temporary_path());
}

TEST_CASE("PendingFile refuses a directory it cannot write to") {
  const ScratchDirectory scratch;
  CHECK_THROWS_WITH(
      PendingFile(scratch / "absent/result"),
      (scratch / "absent/result").string() + ": cannot be written: No such file or directory");
  write_file(scratch / "file", "");
  CHECK_THROWS_WITH(PendingFile(scratch / "file/result"),
                    ContainsSubstring("cannot be written: Not a directory"));
  CHECK_THROWS_AS(PendingFile("/proc/rhodrift-test"), RunError);  // not writable for root either
  if (::geteuid() == 0) return;                                   // root may write everywhere else
  fs::create_directory(scratch / "locked");
  fs::permissions(scratch / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_THROWS_WITH(PendingFile(scratch / "locked/result"), ContainsSubstring("Permission denied"));
}

TEST_CASE("PendingFile replaces regular files only") {
  const ScratchDirectory scratch;
  CHECK_THROWS_WITH(PendingFile("/dev/null"), "/dev/null: exists and is not a regular file");
  CHECK_THROWS_WITH(PendingFile(scratch.path()), ContainsSubstring("is not a regular file"));
  CHECK_THROWS_WITH(PendingFile(scratch / ""), ContainsSubstring("is not the name of a file"));
}

TEST_CASE("PendingFile writes through a symbolic link") {
  const ScratchDirectory scratch;
  write_file(scratch / "target", "old");
  fs::create_symlink("target", scratch / "link");
  write_file(scratch / "link", "new");
  CHECK(fs::is_symlink(scratch / "link"));
  CHECK(read_file(scratch / "target") == "new");
}

TEST_CASE("A disk that is full leaves the old file and no rest") {
  const ScratchDirectory scratch;
  write_file(scratch / "result", "old");
  {
    const FileSizeLimit limit(4096);
    CHECK_THROWS_WITH(write_file(scratch / "result", std::string(10'000, 'x')),
                      (scratch / "result").string() + ": cannot be written: File too large");
  }
  CHECK(read_file(scratch / "result") == "old");
  CHECK(scratch.files().size() == 1);
}

TEST_CASE("A relative name without a directory is written to the current one") {
  const ScratchDirectory scratch;
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  write_file("bare", "content");
  fs::current_path(before);
  CHECK(read_file(scratch / "bare") == "content");
}
