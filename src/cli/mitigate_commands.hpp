#pragma once

#include <CLI/CLI.hpp>

/// The verbs below `mitigate`, each in command_mitigate_<verb>.cpp.
namespace rhodrift::cli {

void add_mitigate_extrapolate(CLI::App& mitigate);
void add_mitigate_readout(CLI::App& mitigate);

}  // namespace rhodrift::cli
