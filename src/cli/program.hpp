#pragma once

#include <string>
#include <vector>

namespace rhodrift::cli {

/// Exit statuses of the program.
enum Status : int { done = 0, failed = 1, bad_input = 2 };

/// Runs the command line `arguments` (without the program's name): results go to stdout, messages
/// and progress to stderr. Returns the exit status.
int run(const std::vector<std::string>& arguments);

}  // namespace rhodrift::cli
