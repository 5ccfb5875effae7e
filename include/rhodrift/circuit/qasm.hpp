#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

struct QasmOptions {
  std::optional<double> dt_s;  ///< the length of a dt; durations in dt are refused without it
};

/// Reads an OpenQASM program. What it says at its beginning is its version: 2.0 (A. W. Cross et
/// al., arXiv:1707.03429), 3, or nothing, which is 3. docs/formats/openqasm.md has the details:
/// which part of version 3 is read, the gates that are known, and what modifiers come to.
///
/// - Quantum registers are laid out one after the other in the order of declaration, classical ones
///   likewise. The hardware qubit $i is qubit i.
/// - Gates are expanded to operations of the table. A definition that is one of them by name and,
///   up to a global phase, by matrix becomes that operation.
/// - Inputs become weights in the order of their declaration, those annotated with
///   "@rhodrift.feature" features. Angles must be affine in them.
///
/// Refused: control flow, subroutines, pulses and whatever else circuits have not; registers of
/// more than 10000 bits of a kind, programs that expand to more than 2 million instructions, and
/// what a Circuit refuses. Throws InputError "source: line L, column C: problem".
Circuit parse_qasm(std::string_view text, const std::string& source,
                   const QasmOptions& options = {});

Circuit read_qasm_file(const std::filesystem::path& path, const QasmOptions& options = {});

/// The circuit as an OpenQASM 2.0 program, which reads back as the same instructions to the last
/// bit of every angle. Definitions of gates that Qiskit's qelib1.inc lacks are in it.
/// Throws InputError naming the first instruction that the language has not: noise channels,
/// post-selection, delays, weights and features. A readout error is refused, too.
std::string to_qasm2(const Circuit& circuit);

/// The same in OpenQASM 3, which has delays and, as inputs w0, w1, … and x0, x1, …, weights and
/// features.
std::string to_qasm3(const Circuit& circuit);

}  // namespace rhodrift
