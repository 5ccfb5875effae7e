#include "cli/data_directory.hpp"

#include <cstdlib>
#include <filesystem>

#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"

namespace fs = std::filesystem;
using rhodrift::cli::data_directory;

namespace {

/// Sets RHODRIFT_DATA, and puts back what was there when it ends.
class NamedDataDirectory {
 public:
  explicit NamedDataDirectory(const std::string& value) {
    if (const char* before = std::getenv("RHODRIFT_DATA")) before_ = before;
    setenv("RHODRIFT_DATA", value.c_str(), 1);
  }
  ~NamedDataDirectory() { setenv("RHODRIFT_DATA", before_.c_str(), 1); }
  NamedDataDirectory(const NamedDataDirectory&) = delete;
  NamedDataDirectory& operator=(const NamedDataDirectory&) = delete;

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("without RHODRIFT_DATA a program of the build tree reads the source tree", "[cli]") {
  const NamedDataDirectory unset("");
  CHECK(fs::equivalent(data_directory(), RHODRIFT_SOURCE_DIR "/data"));
}

TEST_CASE("RHODRIFT_DATA goes before every other place", "[cli]") {
  const NamedDataDirectory named(RHODRIFT_SOURCE_DIR "/docs");
  CHECK(data_directory() == RHODRIFT_SOURCE_DIR "/docs");
}

TEST_CASE("a RHODRIFT_DATA that is no directory is an error, not skipped", "[cli]") {
  const NamedDataDirectory named("/no/such/directory");
  CHECK_THROWS_WITH(data_directory(), "RHODRIFT_DATA: \"/no/such/directory\" is not a directory");
  CHECK_THROWS_AS(data_directory(), rhodrift::InputError);
}
