#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

#include "circuit/qasm_expression.hpp"

namespace rhodrift::qasm {

struct Gate;
using GatePointer = std::shared_ptr<const Gate>;

/// One line of a gate's body.
struct GateCall {
  GatePointer gate;                ///< null: a barrier
  std::vector<Expression> angles;  ///< in the parameters of the gate around it
  std::vector<int> qubits;         ///< positions among the operands of the gate around it
};

/// A gate that a program can call: one of the operation table, or a body of calls.
struct Gate {
  std::string name;
  std::size_t n_angles = 0;
  std::size_t n_qubits = 0;
  std::optional<Op> native;
  std::vector<GateCall> body;
  std::uint64_t cost = 1;  ///< calls that one expansion makes, itself included; saturates
  int depth = 0;           ///< of definitions within definitions
};

/// Appends what the gate does to `qubits` at these angles. Throws ExpressionError.
void expand(const Gate& gate, std::span<const double> angles_rad, std::span<const int> qubits,
            std::vector<Instruction>& instructions);

/// The beginning of a call: the gate and its angles, as in "u3(pi/2, 0, x)".
struct CallHead {
  Position position;
  GatePointer gate;
  std::vector<Expression> angles;

  /// Throws InputError when the gate takes another number of qubits.
  void check_operands(const TokenStream& tokens, std::size_t n_operands) const;
};

/// The gates that are known at a point of the program.
class GateLibrary {
 public:
  /// All unitary operations of the table, and what else qelib1.inc has by definition. Gates the
  /// program has defined itself keep their meaning.
  void include_qelib1();
  bool has_qelib1() const { return has_qelib1_; }

  /// Reads "name(parameters) operands { body }". A definition takes the place of one of qelib1.inc
  /// (whose content varies between versions), but not of one the program gave before. A definition
  /// that is an operation of the table by name and by matrix becomes that operation, so that
  /// programs which bring their own "gate ecr …" still run on devices with a native ecr.
  void define(TokenStream& tokens);

  /// Reads the head of a call. Throws InputError on an unknown gate or a wrong number of angles.
  CallHead parse_call_head(TokenStream& tokens, const std::vector<std::string>& parameters);

 private:
  using Gates = std::map<std::string, GatePointer, std::less<>>;

  GatePointer find(std::string_view name);

  bool has_qelib1_ = false;
  Gates included_;
  Gates defined_;
};

}  // namespace rhodrift::qasm
