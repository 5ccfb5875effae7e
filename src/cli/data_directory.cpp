#include "cli/data_directory.hpp"

#include <cstdlib>
#include <string>
#include <system_error>

#include <rhodrift/core/error.hpp>

namespace rhodrift::cli {

namespace fs = std::filesystem;

fs::path data_directory() {
  if (const char* named = std::getenv("RHODRIFT_DATA"); named != nullptr && *named != '\0') {
    if (!fs::is_directory(named)) {
      throw InputError("RHODRIFT_DATA", "", "\"" + std::string(named) + "\" is not a directory");
    }
    return named;
  }
  std::error_code unknown;  // without /proc the program cannot tell where it lies
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  const fs::path installed = program.parent_path() / "../share/rhodrift/data";
  if (!unknown && fs::is_directory(installed)) return fs::weakly_canonical(installed);

  const fs::path source_tree = RHODRIFT_SOURCE_DATA_DIR;
  if (fs::is_directory(source_tree)) return source_tree;
  throw RunError("no data directory: neither " + installed.lexically_normal().string() + " nor " +
                 source_tree.string() +
                 " exists; name it in the environment variable RHODRIFT_DATA");
}

}  // namespace rhodrift::cli
