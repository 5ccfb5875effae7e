#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <rhodrift/mitigation/evaluate/evaluate.hpp>

namespace rhodrift::cli {

/// What a verb is told of the circuits that strategies are tried on.
struct EvaluationCaseOptions {
  std::vector<std::string> circuits;     ///< files, or families
  std::vector<std::string> observables;  ///< of files
  Layout layout;                         ///< empty: compile() chooses, and routes
  std::uint64_t seed = 1;                ///< of random families

  void add_to(CLI::App& verb);
  /// Each circuit on `device`. Throws InputError naming the circuit.
  std::vector<EvaluationCase> read(const Calibration& device) const;
};

}  // namespace rhodrift::cli
