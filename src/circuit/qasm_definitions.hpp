#pragma once

#include <span>
#include <string_view>

namespace rhodrift::qasm {

/// A gate in terms of those before it in its list.
struct Definition {
  std::string_view text;  ///< OpenQASM 3, "gate name(…) … { … }"
  bool in_qelib1;         ///< Qiskit's qelib1.inc has it
  bool in_stdgates;       ///< stdgates.inc has it
};

/// What qelib1.inc, stdgates.inc and the operation table have beyond U, gphase, x, y, z, h, rx, ry,
/// rz and p, which are given. Every definition has the gate's phase, which shows when the gate is
/// controlled: the matrix is the table's, but that u2 and u3 are in SU(2), as in stdgates.inc.
std::span<const Definition> standard_definitions();

/// The gates that Amazon Braket has besides, as one OpenQASM 3 text.
std::string_view braket_definitions();

/// The definition of a standard gate by its name; nullptr for those that are given.
const Definition* find_standard_definition(std::string_view name);

}  // namespace rhodrift::qasm
