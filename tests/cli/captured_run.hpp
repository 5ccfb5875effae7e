#pragma once

#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/program.hpp"

namespace rhodrift::test {

/// What one call of the program gave.
struct CapturedRun {
  int status;
  std::string out;
  std::string err;
  nlohmann::ordered_json json() const { return nlohmann::ordered_json::parse(out); }
};

/// Runs the program in this process.
inline CapturedRun run(const std::vector<std::string>& arguments) {
  std::ostringstream out, err;
  std::streambuf* const old_out = std::cout.rdbuf(out.rdbuf());
  std::streambuf* const old_err = std::cerr.rdbuf(err.rdbuf());
  const int status = cli::run(arguments);
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  return {status, out.str(), err.str()};
}

/// A file that comes with the project.
inline std::string shipped(const std::string& path) {
  return (std::filesystem::path(RHODRIFT_SOURCE_DIR) / "data" / path).string();
}

}  // namespace rhodrift::test
