#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include <rhodrift/core/error.hpp>

namespace rhodrift::cli {

/// Accepts whole numbers in [low, high]; CLI11 itself wraps negative numbers and clamps large ones.
CLI::Validator whole_number(std::int64_t low, std::int64_t high);

/// The largest --seed and --shots.
inline constexpr std::int64_t max_seed = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t max_shots = 1'000'000'000'000;

/// Runs `work`; an InputError that comes out of it gets `source` (a file, an option) put in front,
/// where the library could not know it.
template <typename Work>
auto naming(const std::string& source, Work work) {
  try {
    return work();
  } catch (const InputError& error) {
    throw InputError(source, "", error.what());
  }
}

/// The arguments as they would have to be typed in a shell.
std::string shell_quoted(const std::vector<std::string>& arguments);

}  // namespace rhodrift::cli
