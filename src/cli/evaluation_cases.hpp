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
  std::vector<std::string> observables;  ///< of all; empty: the families' own
  std::string model;                     ///< a trained model, on samples of …
  std::string data;
  std::size_t samples = 4;
  Layout layout;  ///< empty: compile() chooses, and routes; models where they were trained

  void add_to(CLI::App& verb);
  /// Each circuit on `device`; random families are made from the seed. Throws InputError naming the
  /// circuit.
  std::vector<EvaluationCase> read(const Calibration& device, std::uint64_t seed) const;
};

}  // namespace rhodrift::cli
