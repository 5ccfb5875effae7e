#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/operation.hpp>

#include "circuit/qasm_expression.hpp"

namespace rhodrift::qasm {

struct Gate;
using GatePointer = std::shared_ptr<const Gate>;

/// What stands before an '@'.
struct Modifier {
  enum class Kind { control, negative_control, inverse, power };
  Kind kind;
  std::size_t n_controls = 0;                         ///< of the controls
  std::optional<Expression> exponent = std::nullopt;  ///< of a power
};

/// One call of a gate: "ctrl @ rz(a/2) q, r".
struct GateCall {
  Position position;
  GatePointer gate;                      ///< null: a barrier
  std::vector<Modifier> modifiers = {};  ///< as written, the last is applied first
  std::vector<Expression> angles = {};   ///< in the parameters of the gate around it
  std::vector<int> qubits = {};          ///< positions among the operands of the gate around it

  /// The controls that modifiers add, and the gate's own.
  std::size_t n_operands() const;
  /// Throws InputError when `qubits` are not as many.
  void check_operands(const TokenStream& tokens, std::size_t n) const;
};

/// A gate that a program can call. It is a row of the operation table, or has a body, or both: then
/// the row is what it is up to its phase, and the body what it is exactly, which is asked for when
/// the gate is controlled. A row without a body has the phase of the table.
struct Gate {
  std::string name;
  std::size_t n_angles = 0;
  std::size_t n_qubits = 0;  ///< 0 is gphase alone
  std::optional<Op> native = std::nullopt;
  std::optional<std::vector<GateCall>> body = std::nullopt;
  bool is_standard = false;  ///< not of the program
  int depth = 0;             ///< of definitions within definitions
};

/// The gates that are known at a point of the program.
class GateLibrary {
 public:
  /// OpenQASM 3 programs know the gates of qelib1.inc, of stdgates.inc, of the operation table and
  /// of Amazon Braket from the start: Braket's programs include nothing. Those in OpenQASM 2 know U
  /// and CX.
  explicit GateLibrary(Language language);

  /// From here on OpenQASM 2 has all of these gates but Braket's. Gates that the program has
  /// defined itself keep their meaning.
  void include_standard_gates() { needs_include_ = false; }

  /// Reads "name(parameters) operands { body }", what follows the word "gate". A definition takes
  /// the place of a known gate (the included files vary between versions), but not of one the
  /// program gave before. One that is an operation of the table by name and by matrix becomes that
  /// operation, so that programs which bring their own "gate ecr …" still run on devices with a
  /// native ecr.
  void define(TokenStream& tokens, const Values& constants);

  /// Reads a call up to its operands: modifiers, the gate and its angles. Throws InputError on an
  /// unknown gate or a wrong number of angles.
  GateCall parse_call_head(TokenStream& tokens, const Scope& scope);

 private:
  using Gates = std::map<std::string, GatePointer, std::less<>>;

  GateLibrary() = default;  // without any gates: what the known ones are made in
  static const Gates& standard_gates();
  static const Gates& all_gates();
  void define_standard(std::string_view definitions);
  void add(TokenStream& tokens, const Values& constants, bool is_standard);
  GatePointer find(std::string_view name) const;

  const Gates* known_ = nullptr;
  bool needs_include_ = false;
  Gates defined_;
};

}  // namespace rhodrift::qasm
