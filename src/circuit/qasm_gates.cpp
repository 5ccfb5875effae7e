#include "circuit/qasm_gates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/circuit/pair_unitary.hpp>

#include "circuit/qasm_definitions.hpp"
#include "circuit/qasm_expansion.hpp"

namespace rhodrift::qasm {

namespace {

constexpr int max_depth = 100;
const Values no_values;

GatePointer given_gate(std::string_view name, Op op) {
  const OperationInfo& row = info(op);
  Gate gate{std::string(name), static_cast<std::size_t>(row.n_angles),
            static_cast<std::size_t>(row.n_qubits), op};
  gate.is_standard = true;
  return std::make_shared<const Gate>(std::move(gate));
}

GatePointer global_phase() {
  return std::make_shared<const Gate>(Gate{"gphase", 1});
}

// --- Recognizing operations of the table ----------------------------------------------------

bool equal_up_to_phase(const arma::cx_mat& a, const arma::cx_mat& b) {
  const arma::cx_double overlap = arma::cdot(a, b);
  if (std::abs(overlap) < 1.0) return false;
  return arma::approx_equal(b, a * (overlap / std::abs(overlap)), "absdiff", 1e-10);
}

arma::cx_mat matrix_of(const GatePointer& gate, std::span<const Angle> angles) {
  constexpr std::array<int, 2> operands{0, 1};
  constexpr std::uint64_t max_steps = 1000;
  std::vector<Instruction> instructions;
  Expansion(instructions, max_steps).append(gate, angles, {operands.data(), gate->n_qubits});
  return pair_unitary(instructions);
}

/// The operation of the table that has the gate's name and, up to a global phase, its matrix.
std::optional<Op> recognize(const Gate& gate) {
  const std::optional<Op> op = find_operation(gate.name);
  if (!op || info(*op).unitary == nullptr || *op == Op::delay) return std::nullopt;
  const GatePointer native = given_gate(gate.name, *op);
  if (gate.n_angles != native->n_angles || gate.n_qubits != native->n_qubits) return std::nullopt;
  const GatePointer defined = std::make_shared<const Gate>(gate);
  // Two points without symmetry tell functions of a few sines and cosines apart.
  const std::array<std::array<Angle, 3>, 2> points{{{0.37, 1.93, -0.81}, {2.71, -1.13, 0.59}}};
  for (const std::array<Angle, 3>& point : points) {
    const std::span<const Angle> angles(point.data(), gate.n_angles);
    try {
      if (!equal_up_to_phase(matrix_of(defined, angles), matrix_of(native, angles)))
        return std::nullopt;
    } catch (const ExpressionError&) {
      return std::nullopt;
    } catch (const TooManySteps&) {
      return std::nullopt;
    }
  }
  return op;
}

// --- Reading definitions ----------------------------------------------------------------------

class DefinitionReader {
 public:
  DefinitionReader(TokenStream& tokens, GateLibrary& library, const Values& constants)
      : tokens_(tokens), library_(library), scope_{constants, {}, {}} {}

  Gate read() {
    const Token name = tokens_.expect_name("the name of a gate");
    gate_.name = scope_.gate = name.text;
    if (tokens_.accept("(") && !tokens_.accept(")")) {
      scope_.parameters = names("a parameter");
      tokens_.expect(")");
    }
    operands_ = names("an operand");
    gate_.n_angles = scope_.parameters.size();
    gate_.n_qubits = operands_.size();
    gate_.body.emplace();
    tokens_.expect("{");
    while (!tokens_.accept("}")) statement();
    if (gate_.depth > max_depth)
      tokens_.fail(name.position,
                   fmt::format("gates are defined by each other more than {} deep", max_depth));
    return std::move(gate_);
  }

 private:
  std::vector<std::string> names(std::string_view what) {
    std::vector<std::string> result;
    do {
      const Token token = tokens_.expect_name(what);
      if (std::find(result.begin(), result.end(), token.text) != result.end())
        tokens_.fail(token.position, fmt::format("'{}' is repeated", token.text));
      result.emplace_back(token.text);
    } while (tokens_.accept(","));
    return result;
  }

  void statement() {
    const bool is_barrier = tokens_.peek().is_word("barrier");
    GateCall call = is_barrier ? GateCall{tokens_.take().position, nullptr} : gate_call();
    if (is_barrier) call.qubits = operands();
    tokens_.expect(";");
    gate_.depth = std::max(gate_.depth, call.gate ? call.gate->depth + 1 : 0);
    gate_.body->push_back(std::move(call));
  }

  GateCall gate_call() {
    GateCall call = library_.parse_call_head(tokens_, scope_);
    if (!tokens_.peek().is(";")) call.qubits = operands();
    call.check_operands(tokens_, call.qubits.size());
    return call;
  }

  std::vector<int> operands() {
    std::vector<int> result;
    do {
      const Token token = tokens_.expect_name("an operand of the gate");
      const auto it = std::find(operands_.begin(), operands_.end(), token.text);
      if (it == operands_.end())
        tokens_.fail(token.position,
                     fmt::format("'{}' is not an operand of gate '{}'", token.text, gate_.name));
      const int index = static_cast<int>(it - operands_.begin());
      if (std::find(result.begin(), result.end(), index) != result.end())
        tokens_.fail(token.position, fmt::format("qubit '{}' is repeated", token.text));
      result.push_back(index);
    } while (tokens_.accept(","));
    return result;
  }

  TokenStream& tokens_;
  GateLibrary& library_;
  Gate gate_;
  Scope scope_;
  std::vector<std::string> operands_;
};

// --- Modifiers ----------------------------------------------------------------------------------

std::optional<Modifier::Kind> find_modifier(std::string_view word) {
  if (word == "ctrl") return Modifier::Kind::control;
  if (word == "negctrl") return Modifier::Kind::negative_control;
  if (word == "inv") return Modifier::Kind::inverse;
  if (word == "pow") return Modifier::Kind::power;
  return std::nullopt;
}

/// "(n)" after ctrl and negctrl; 1 without it.
std::size_t parse_n_controls(TokenStream& tokens, const Scope& scope) {
  if (!tokens.accept("(")) return 1;
  constexpr double max_controls = 10'000;
  const Position position = tokens.peek().position;
  double n = 0.0;
  try {
    // Without parameters: the number of operands is the same at every call.
    n = Expression::parse(tokens, {scope.values, {}, {}}).evaluate({}).offset_rad();
  } catch (const ExpressionError& error) {
    tokens.fail(error.position, error.problem);
  }
  if (n != std::nearbyint(n) || n < 1.0 || n > max_controls)
    tokens.fail(position, fmt::format("{} is not a number of controls, 1 to {}", n, max_controls));
  tokens.expect(")");
  return static_cast<std::size_t>(n);
}

std::vector<Modifier> parse_modifiers(TokenStream& tokens, const Scope& scope) {
  std::vector<Modifier> modifiers;
  if (tokens.language() == Language::qasm2) return modifiers;
  while (const auto kind = find_modifier(tokens.peek().text)) {
    if (tokens.peek().kind != TokenKind::identifier) break;
    tokens.take();
    Modifier modifier{*kind};
    if (kind == Modifier::Kind::power) {
      tokens.expect("(");
      modifier.exponent = Expression::parse(tokens, scope);
      tokens.expect(")");
    } else if (kind != Modifier::Kind::inverse) {
      modifier.n_controls = parse_n_controls(tokens, scope);
    }
    tokens.expect("@");
    modifiers.push_back(std::move(modifier));
  }
  return modifiers;
}

}  // namespace

std::size_t GateCall::n_operands() const {
  std::size_t n = gate->n_qubits;
  for (const Modifier& modifier : modifiers) n += modifier.n_controls;
  return n;
}

void GateCall::check_operands(const TokenStream& tokens, std::size_t n) const {
  const std::size_t n_wanted = n_operands();
  if (n == n_wanted) return;
  const std::string_view with_controls = n_wanted > gate->n_qubits ? " with its controls" : "";
  tokens.fail(position, fmt::format("gate '{}'{} takes {} qubits, got {}", gate->name,
                                    with_controls, n_wanted, n));
}

GateLibrary::GateLibrary(Language language)
    : known_(language == Language::qasm3 ? &all_gates() : &standard_gates()),
      needs_include_(language == Language::qasm2) {}

const GateLibrary::Gates& GateLibrary::standard_gates() {
  static const Gates gates = [] {
    GateLibrary library;
    for (const Op op : {Op::x, Op::y, Op::z, Op::h, Op::rx, Op::ry, Op::rz, Op::p})
      library.defined_[std::string(info(op).name)] = given_gate(info(op).name, op);
    library.defined_["U"] = given_gate("U", Op::u3);
    library.defined_["gphase"] = global_phase();
    for (const Definition& definition : standard_definitions())
      library.define_standard(definition.text);
    library.defined_.erase("gphase");
    return library.defined_;
  }();
  return gates;
}

const GateLibrary::Gates& GateLibrary::all_gates() {
  static const Gates gates = [] {
    GateLibrary library;
    library.defined_ = standard_gates();
    library.defined_["gphase"] = global_phase();
    library.define_standard(braket_definitions());
    return library.defined_;
  }();
  return gates;
}

void GateLibrary::define_standard(std::string_view definitions) {
  const std::string source = "built-in definitions";
  TokenStream tokens(definitions, source);
  while (tokens.accept_word("gate")) add(tokens, no_values, true);
}

void GateLibrary::define(TokenStream& tokens, const Values& constants) {
  add(tokens, constants, false);
}

void GateLibrary::add(TokenStream& tokens, const Values& constants, bool is_standard) {
  const Position position = tokens.peek().position;
  Gate gate = DefinitionReader(tokens, *this, constants).read();
  gate.native = recognize(gate);
  gate.is_standard = is_standard;
  const std::string name = gate.name;
  if (!defined_.emplace(name, std::make_shared<const Gate>(std::move(gate))).second)
    tokens.fail(position, fmt::format("gate '{}' is defined before", name));
}

GatePointer GateLibrary::find(std::string_view name) const {
  if (const auto it = defined_.find(name); it != defined_.end()) return it->second;
  if (known_ == nullptr || (needs_include_ && name != "U" && name != "CX")) return nullptr;
  const auto it = known_->find(name);
  return it == known_->end() ? nullptr : it->second;
}

GateCall GateLibrary::parse_call_head(TokenStream& tokens, const Scope& scope) {
  GateCall call{tokens.peek().position, nullptr, parse_modifiers(tokens, scope)};
  const Token name = tokens.expect(TokenKind::identifier, "a gate");
  if (name.text == scope.gate)
    tokens.fail(name.position, fmt::format("gate '{}' is used in its own definition", name.text));
  call.gate = find(name.text);
  if (!call.gate) {
    const bool is_known = needs_include_ && known_->contains(name.text);
    tokens.fail(name.position, fmt::format("unknown gate '{}'{}", name.text,
                                           is_known ? "; include \"qelib1.inc\" gives it" : ""));
  }
  if (tokens.accept("(") && !tokens.accept(")")) {
    do call.angles.push_back(Expression::parse(tokens, scope));
    while (tokens.accept(","));
    tokens.expect(")");
  }
  if (call.angles.size() != call.gate->n_angles)
    tokens.fail(name.position, fmt::format("gate '{}' takes {} angles, got {}", name.text,
                                           call.gate->n_angles, call.angles.size()));
  return call;
}

}  // namespace rhodrift::qasm
