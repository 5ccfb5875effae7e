#pragma once

#include <nlohmann/json.hpp>

#include <rhodrift/core/estimate.hpp>

namespace rhodrift {

/// {"value", "std_error", "ci": [low, high], "level", "shots", "circuits", "method",
/// "diagnostics"}, what is not finite as null.
nlohmann::ordered_json estimate_json(const Estimate& estimate);

}  // namespace rhodrift
