#pragma once

namespace rhodrift::cli {

/// Runs the command line. Returns the exit status: 0 done, 1 the work failed, 2 bad usage or input.
int run(int argc, const char* const* argv);

}  // namespace rhodrift::cli
