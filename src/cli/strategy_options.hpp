#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <rhodrift/mitigation/strategy.hpp>

namespace rhodrift::cli {

/// How a verb is told a mitigation strategy: as a text, or by its two commonest stages.
struct StrategyOptions {
  std::string text;
  std::string readout;
  std::string zne;
  std::vector<double> scale_factors;

  /// Adds --strategy, --readout, --zne and --scale-factors.
  void add_to(CLI::App& verb);
  /// Throws InputError that lists what is known.
  Strategy parse() const;
};

}  // namespace rhodrift::cli
