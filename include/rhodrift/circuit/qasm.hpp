#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// Reads an OpenQASM 2.0 program (A. W. Cross et al., arXiv:1707.03429): registers, qelib1.inc,
/// gate definitions (expanded), register broadcasting, barrier, measure, reset, constant
/// expressions with pi and the functions sin cos tan exp ln sqrt. Quantum registers are laid out
/// one after the other in the order of declaration, classical ones likewise. `if` and `opaque`
/// calls are refused. Throws InputError "source: line L, column C: problem".
Circuit parse_qasm2(std::string_view text, const std::string& source);

Circuit read_qasm2_file(const std::filesystem::path& path);

}  // namespace rhodrift
