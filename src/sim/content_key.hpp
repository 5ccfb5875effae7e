#pragma once

#include <string>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/sim/program.hpp>

namespace rhodrift {

/// The same for circuits and options that compile to the same program, another one for others.
std::string content_key(const Circuit& circuit, const ProgramOptions& options);

}  // namespace rhodrift
