#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

// What the tests of OpenQASM share.

namespace rhodrift::test {

inline const std::string header2 = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n";
inline const std::string header3 = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n";

/// The message of the refusal, without "test.qasm: ".
inline std::string refusal_of_text(const std::string& text) {
  try {
    parse_qasm(text, "test.qasm");
  } catch (const InputError& error) {
    const std::string message = error.what();
    REQUIRE_THAT(message, Catch::Matchers::StartsWith("test.qasm: line "));
    return message.substr(std::string("test.qasm: ").size());
  }
  return "accepted";
}

/// "cx 0,1" or "rz 2" with the angles left out.
inline std::string listing(const Circuit& circuit) {
  std::string text;
  for (const Instruction& instruction : circuit.instructions()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", info(instruction.op).name,
                        fmt::join(instruction.qubits, ","));
    if (instruction.op == Op::measure) text += fmt::format(" -> {}", instruction.bit);
  }
  return text;
}

inline double angle(const Circuit& circuit, std::size_t instruction = 0, std::size_t index = 0) {
  const Angle& value = circuit.instructions().at(instruction).angles.at(index);
  REQUIRE(value.is_constant());
  return value.offset_rad();
}

/// `target` on the last operands when all others, the low bits, are 1.
inline arma::cx_mat controlled(int n_controls, const arma::cx_mat& target) {
  const arma::uword n_cases = arma::uword{1} << n_controls;
  arma::cx_mat result(n_cases * target.n_rows, n_cases * target.n_rows, arma::fill::eye);
  arma::uvec all_ones(target.n_rows);
  for (arma::uword i = 0; i < target.n_rows; ++i) all_ones(i) = (i + 1) * n_cases - 1;
  result(all_ones, all_ones) = target;
  return result;
}

inline double distance(const arma::cx_mat& a, const arma::cx_mat& b) {
  return arma::abs(b - a).max();
}

inline double distance_up_to_phase(const arma::cx_mat& a, const arma::cx_mat& b) {
  const arma::cx_double overlap = arma::cdot(a, b);
  return distance(a * (overlap / std::abs(overlap)), b);
}

/// The instructions are the same to the last bit of every number.
inline void check_same(const Circuit& a, const Circuit& b) {
  REQUIRE(a.n_qubits() == b.n_qubits());
  REQUIRE(listing(a) == listing(b));
  for (std::size_t i = 0; i < a.instructions().size(); ++i) {
    CHECK(a.instructions()[i].angles == b.instructions()[i].angles);
    CHECK(a.instructions()[i].duration_s == b.instructions()[i].duration_s);
  }
}

}  // namespace rhodrift::test
