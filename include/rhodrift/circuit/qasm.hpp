#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// Reads an OpenQASM 2.0 program (A. W. Cross et al., arXiv:1707.03429): registers, qelib1.inc,
/// gate definitions (expanded), register broadcasting, barrier, measure, reset, constant
/// expressions with pi and the functions sin cos tan exp ln sqrt. Quantum registers are laid out
/// one after the other in the order of declaration, classical ones likewise.
///
/// qelib1.inc is built in and gives every unitary operation of the table by name (ecr, iswap, …
/// too); ccx, cswap, cu, cu3, csx, c3x, c4x, … are expanded. A program may define a gate of
/// qelib1.inc itself. A definition that is an operation of the table by name and, up to a global
/// phase, by matrix becomes that operation; any other one is expanded as written.
///
/// Refused: other versions and includes, `if`, `opaque`, recursion, registers of more than 10000
/// bits of a kind, programs that expand to more than 2 million instructions, and whatever a Circuit
/// refuses. Throws InputError "source: line L, column C: problem".
Circuit parse_qasm2(std::string_view text, const std::string& source);

Circuit read_qasm2_file(const std::filesystem::path& path);

}  // namespace rhodrift
