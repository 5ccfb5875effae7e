#include "cli/program.hpp"

namespace rhodrift::cli {

int run(int, const char* const*) { return 2; }

}  // namespace rhodrift::cli
