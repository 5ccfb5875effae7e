#include "cli/run_info.hpp"

#include <chrono>

namespace rhodrift::cli {

RunInfo run_info(std::uint64_t seed, const std::string& command_line) {
  using namespace std::chrono;
  const auto now = duration_cast<seconds>(system_clock::now().time_since_epoch());
  return {UtcTime{now.count()}, seed, command_line};
}

}  // namespace rhodrift::cli
