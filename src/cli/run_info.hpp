#pragma once

#include <cstdint>
#include <string>

#include <rhodrift/store/run_records.hpp>

namespace rhodrift::cli {

/// The header of a run file that is made now.
RunInfo run_info(std::uint64_t seed, const std::string& command_line);

}  // namespace rhodrift::cli
