#pragma once

#include <optional>
#include <string>

#include <rhodrift/noise/error_budget.hpp>

#include "cli/output.hpp"

namespace rhodrift::cli {

/// A circuit on a device, and what is expected to go wrong in it.
struct CircuitOnDevice {
  std::string file;
  Layout layout;
  CircuitErrorBudget budget;
};

/// What `noise show` prints, for people; long lists are cut.
std::string noise_text(const NoiseModel& model, const ErrorBudget& device,
                       const std::optional<CircuitOnDevice>& circuit,
                       const std::vector<std::string>& notes);

/// The same for machines, with everything in it: docs/json.md.
Json noise_json(const NoiseModel& model, const ErrorBudget& device,
                const std::optional<CircuitOnDevice>& circuit,
                const std::vector<std::string>& notes);

}  // namespace rhodrift::cli
