#pragma once

#include <CLI/CLI.hpp>

// The verbs of `rhodrift calibration`, each in command_calibration_<verb>.cpp.

namespace rhodrift::cli {

void add_calibration_import(CLI::App& calibration);
void add_calibration_show(CLI::App& calibration);
void add_calibration_validate(CLI::App& calibration);
void add_calibration_diff(CLI::App& calibration);
void add_calibration_history(CLI::App& calibration);

}  // namespace rhodrift::cli
