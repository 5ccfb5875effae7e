#pragma once

#include <filesystem>

#include <rhodrift/mitigation/evaluate/cost.hpp>

namespace rhodrift::cli {

/// Reads a price table in TOML (docs/formats/prices.md). Throws InputError naming file and line on
/// anything unknown, missing, of a wrong type or out of range.
PriceTable read_price_table(const std::filesystem::path& path);

}  // namespace rhodrift::cli
