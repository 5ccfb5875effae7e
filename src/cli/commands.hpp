#pragma once

#include <string>

#include <CLI/CLI.hpp>

/// One function a verb, each in command_<verb>.cpp: adds the verb with its options to the program;
/// the verb's work runs as the
/// subcommand's callback. Verbs that write a run file put `command_line` into it.
namespace rhodrift::cli {

void add_calibration(CLI::App& program);
void add_noise(CLI::App& program);
void add_compile(CLI::App& program);
void add_simulate(CLI::App& program);
void add_train(CLI::App& program, const std::string& command_line);
void add_sweep(CLI::App& program);
void add_generate(CLI::App& program);
void add_kernel(CLI::App& program);
void add_probe(CLI::App& program);
void add_predict(CLI::App& program);
void add_mitigate(CLI::App& program);
void add_evaluate(CLI::App& program, const std::string& command_line);
void add_drift(CLI::App& program, const std::string& command_line);
void add_report(CLI::App& program);
void add_demo(CLI::App& program, const std::string& command_line);

}  // namespace rhodrift::cli
