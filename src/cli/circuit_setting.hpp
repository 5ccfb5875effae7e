#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift::cli {

/// A circuit whose inputs stay symbolic.
struct CircuitFileOptions {
  std::string file;
  std::optional<double> dt_s;

  /// Adds the positional "circuit" (or the option `name`), and --dt.
  CLI::Option* add_to(CLI::App& verb, const std::string& restrictions = "",
                      const std::string& name = "circuit");
  Circuit read() const;
};

/// A circuit with its numbers.
struct CircuitOptions : CircuitFileOptions {
  std::vector<double> weights;
  std::vector<double> features;

  /// Adds the positional "circuit", --dt, --weights and --features.
  void add_to(CLI::App& verb, const std::string& restrictions = "");
  /// Reads the file and binds the circuit to its numbers.
  Circuit read_bound() const;
};

}  // namespace rhodrift::cli
