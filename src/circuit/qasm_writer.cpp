#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include <fmt/format.h>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>

#include "circuit/qasm_definitions.hpp"
#include "circuit/qasm_lexer.hpp"

namespace rhodrift {

namespace qasm {

namespace {

/// Reads back to the same bits.
std::string decimal_text(double value) {
  std::string text = fmt::format("{}", value);
  // OpenQASM 2 wants a point in a number with an exponent.
  if (const std::size_t e = text.find('e');
      e != std::string::npos && text.find('.') == std::string::npos)
    text.insert(e, ".0");
  return text;
}

/// The same, with fractions of pi that are so to the last bit as fractions.
std::string number_text(double value) {
  constexpr double pi = std::numbers::pi;
  for (const int denominator : {1, 2, 3, 4, 6, 8, 16}) {
    const double numerator = std::nearbyint(value / pi * denominator);
    if (numerator == 0.0 || std::abs(numerator) > 32.0) continue;
    if (numerator * pi / denominator != value) continue;
    const std::string over = denominator == 1 ? "" : fmt::format("/{}", denominator);
    if (std::abs(numerator) == 1.0) return fmt::format("{}pi{}", numerator < 0.0 ? "-" : "", over);
    return fmt::format("{}*pi{}", numerator, over);
  }
  return decimal_text(value);
}

std::string term_text(const Angle::Term& term) {
  const std::string name =
      fmt::format("{}{}", term.source == Angle::Source::weight ? 'w' : 'x', term.index);
  const double size = std::abs(term.coefficient);
  return size == 1.0 ? name : fmt::format("{}*{}", number_text(size), name);
}

std::string angle_text(const Angle& angle) {
  if (angle.is_constant()) return number_text(angle.offset_rad());
  std::string text = angle.offset_rad() == 0.0 ? "" : number_text(angle.offset_rad());
  for (const Angle::Term& term : angle.terms()) {
    const bool is_negative = term.coefficient < 0.0;
    if (text.empty())
      text = is_negative ? "-" : "";
    else
      text += is_negative ? " - " : " + ";
    text += term_text(term);
  }
  return text;
}

/// In nanoseconds where that is a whole number of them and reads back to the same bits.
std::string duration_text(double duration_s) {
  const double ns = std::nearbyint(duration_s * 1e9);
  return ns / 1e9 == duration_s ? fmt::format("{}ns", ns) : decimal_text(duration_s) + "s";
}

std::string qubits_text(const std::vector<int>& qubits) {
  std::string text;
  for (const int q : qubits) text += fmt::format("{}q[{}]", text.empty() ? "" : ", ", q);
  return text;
}

class Writer {
 public:
  Writer(const Circuit& circuit, Language language) : circuit_(circuit), language_(language) {}

  std::string write() const {
    if (!circuit_.readout_error().empty())
      throw InputError("circuit", "", "a readout error cannot be written as OpenQASM");
    return header() + definitions() + registers() + statements();
  }

 private:
  bool is_qasm3() const { return language_ == Language::qasm3; }

  std::string header() const {
    if (!is_qasm3()) return "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n";
    std::string text = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n";
    for (int i = 0; i < circuit_.n_weights(); ++i) text += fmt::format("input float[64] w{};\n", i);
    for (int i = 0; i < circuit_.n_features(); ++i)
      text += fmt::format("@rhodrift.feature\ninput float[64] x{};\n", i);
    return text;
  }

  /// Of the gates that occur and are not in the included file.
  std::string definitions() const {
    std::set<Op> ops;
    for (const Instruction& instruction : circuit_.instructions()) ops.insert(instruction.op);
    std::string text;
    for (const Op op : ops) {
      const Definition* definition = find_standard_definition(info(op).name);
      if (definition == nullptr) continue;
      if (!(is_qasm3() ? definition->in_stdgates : definition->in_qelib1))
        text += fmt::format("{}\n", definition->text);
    }
    return text;
  }

  std::string registers() const {
    int n_bits = 0;
    for (const Instruction& instruction : circuit_.instructions())
      n_bits = std::max(n_bits, instruction.bit + 1);
    const int n_qubits = circuit_.n_qubits();
    std::string text = is_qasm3() ? fmt::format("qubit[{}] q;\n", n_qubits)
                                  : fmt::format("qreg q[{}];\n", n_qubits);
    if (n_bits > 0)
      text +=
          is_qasm3() ? fmt::format("bit[{}] c;\n", n_bits) : fmt::format("creg c[{}];\n", n_bits);
    return text;
  }

  std::string statements() const {
    std::string text;
    for (std::size_t i = 0; i < circuit_.instructions().size(); ++i) {
      check(i);
      text += statement(circuit_.instructions()[i]);
    }
    return text;
  }

  /// Throws InputError when the language has no word for the instruction.
  void check(std::size_t index) const {
    const Instruction& instruction = circuit_.instructions()[index];
    const auto fail = [&](const std::string& problem) {
      throw InputError("circuit", circuit_.place_of(index), problem);
    };
    if (instruction.op == Op::channel) fail("noise channels cannot be written as OpenQASM");
    if (is_postselection(instruction.op)) fail("post-selection cannot be written as OpenQASM");
    if (is_qasm3()) return;
    if (instruction.op == Op::delay) fail("OpenQASM 2 has no delays, OpenQASM 3 has");
    for (const Angle& angle : instruction.angles)
      if (!angle.is_constant())
        fail(
            fmt::format("OpenQASM 2 has no inputs such as {}; bind the circuit to numbers with "
                        "Circuit::bound, or write OpenQASM 3",
                        term_text({angle.terms()[0].source, angle.terms()[0].index, 1.0})));
  }

  std::string statement(const Instruction& instruction) const {
    const std::string qubits = qubits_text(instruction.qubits);
    if (instruction.op == Op::delay)
      return fmt::format("delay[{}] {};\n", duration_text(instruction.duration_s), qubits);
    if (instruction.op == Op::measure)
      return is_qasm3() ? fmt::format("c[{}] = measure {};\n", instruction.bit, qubits)
                        : fmt::format("measure {} -> c[{}];\n", qubits, instruction.bit);
    std::string angles;
    for (const Angle& angle : instruction.angles)
      angles += (angles.empty() ? "(" : ", ") + angle_text(angle);
    if (!angles.empty()) angles += ")";
    return fmt::format("{}{} {};\n", info(instruction.op).name, angles, qubits);
  }

  const Circuit& circuit_;
  Language language_;
};

}  // namespace

}  // namespace qasm

std::string to_qasm2(const Circuit& circuit) {
  return qasm::Writer(circuit, qasm::Language::qasm2).write();
}

std::string to_qasm3(const Circuit& circuit) {
  return qasm::Writer(circuit, qasm::Language::qasm3).write();
}

}  // namespace rhodrift
