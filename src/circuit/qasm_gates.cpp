#include "circuit/qasm_gates.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace rhodrift::qasm {

namespace {

constexpr int max_depth = 100;
constexpr std::uint64_t max_cost = std::uint64_t{1} << 32;  // far beyond what the parser expands

// The gates of qelib1.inc that the operation table does not have, in terms of those it has.
constexpr std::string_view qelib1 = R"(
gate u0(gamma) q { id q; }
gate csx a,b { h b; cp(pi/2) a,b; h b; }
gate cu3(theta,phi,lambda) c,t {
  p((lambda+phi)/2) c; p((lambda-phi)/2) t;
  cx c,t; u3(-theta/2,0,-(phi+lambda)/2) t;
  cx c,t; u3(theta/2,phi,0) t;
}
gate cu(theta,phi,lambda,gamma) c,t { p(gamma) c; cu3(theta,phi,lambda) c,t; }
gate ccx a,b,c {
  h c; cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; cx a,c;
  t b; t c; h c; cx a,b; t a; tdg b; cx a,b;
}
gate cswap a,b,c { cx c,b; ccx a,b,c; cx c,b; }
gate rccx a,b,c { h c; t c; cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; h c; }
gate rc3x a,b,c,d {
  h d; t d; cx c,d; tdg d; h d;
  cx a,d; t d; cx b,d; tdg d; cx a,d; t d; cx b,d; tdg d;
  h d; t d; cx c,d; tdg d; h d;
}
gate c3x a,b,c,d {
  h d; p(pi/8) a; p(pi/8) b; p(pi/8) c; p(pi/8) d;
  cx a,b; p(-pi/8) b; cx a,b;
  cx b,c; p(-pi/8) c; cx a,c; p(pi/8) c; cx b,c; p(-pi/8) c; cx a,c;
  cx c,d; p(-pi/8) d; cx b,d; p(pi/8) d; cx c,d; p(-pi/8) d;
  cx a,d; p(pi/8) d; cx c,d; p(-pi/8) d; cx b,d; p(pi/8) d; cx c,d; p(-pi/8) d;
  cx a,d; h d;
}
gate c3sqrtx a,b,c,d {
  h d; cp(pi/8) a,d; h d; cx a,b;
  h d; cp(-pi/8) b,d; h d; cx a,b;
  h d; cp(pi/8) b,d; h d; cx b,c;
  h d; cp(-pi/8) c,d; h d; cx a,c;
  h d; cp(pi/8) c,d; h d; cx b,c;
  h d; cp(-pi/8) c,d; h d; cx a,c;
  h d; cp(pi/8) c,d; h d;
}
gate c4x a,b,c,d,e {
  h e; cp(pi/2) d,e; h e; c3x a,b,c,d;
  h e; cp(-pi/2) d,e; h e; c3x a,b,c,d;
  c3sqrtx a,b,c,e;
}
)";

// --- Recognizing operations of the table ----------------------------------------------------

/// A 1- or 2-qubit matrix on one or both of two qubits, the first operand given first.
arma::cx_mat on_two_qubits(const arma::cx_mat& matrix, const std::vector<int>& qubits) {
  const arma::cx_mat one(2, 2, arma::fill::eye);
  if (qubits.size() == 1) return qubits[0] == 0 ? arma::kron(one, matrix) : arma::kron(matrix, one);
  const arma::uvec exchanged{0, 2, 1, 3};
  return qubits[0] == 0 ? matrix : matrix(exchanged, exchanged);
}

arma::cx_mat matrix_of(const Gate& gate, std::span<const double> angles_rad) {
  constexpr std::array<int, 2> operands{0, 1};
  std::vector<Instruction> instructions;
  expand(gate, angles_rad, {operands.data(), gate.n_qubits}, instructions);
  arma::cx_mat product(4, 4, arma::fill::eye);
  for (const Instruction& instruction : instructions) {
    if (instruction.op == Op::barrier) continue;
    std::vector<double> values;
    for (const Angle& angle : instruction.angles) values.push_back(angle.offset_rad());
    product = on_two_qubits(info(instruction.op).unitary(values), instruction.qubits) * product;
  }
  return product;
}

bool equal_up_to_phase(const arma::cx_mat& a, const arma::cx_mat& b) {
  const arma::cx_double overlap = arma::cdot(a, b);
  if (std::abs(overlap) < 1.0) return false;
  return arma::approx_equal(b, a * (overlap / std::abs(overlap)), "absdiff", 1e-10);
}

Gate native_gate(std::string_view name, Op op) {
  const OperationInfo& row = info(op);
  Gate gate;
  gate.name = name;
  gate.n_angles = static_cast<std::size_t>(row.n_angles);
  gate.n_qubits = static_cast<std::size_t>(row.n_qubits);
  gate.native = op;
  return gate;
}

/// The unitary operation a program means by `name`, if there is one.
std::optional<Op> find_unitary(std::string_view name) {
  const std::optional<Op> op = find_operation(name);
  return op && info(*op).unitary != nullptr ? op : std::nullopt;
}

/// The operation of the table that has the gate's name and, up to a global phase, its matrix.
std::optional<Op> recognize(const Gate& gate) {
  constexpr std::uint64_t max_recognized_cost = 1000;
  const std::optional<Op> op = find_unitary(gate.name);
  if (!op || gate.cost > max_recognized_cost) return std::nullopt;
  const Gate native = native_gate(gate.name, *op);
  if (gate.n_angles != native.n_angles || gate.n_qubits != native.n_qubits) return std::nullopt;
  // Two points without symmetry tell functions of a few sines and cosines apart.
  for (const std::array<double, 3>& point : {std::array{0.37, 1.93, -0.81}, {2.71, -1.13, 0.59}}) {
    const std::span<const double> angles(point.data(), gate.n_angles);
    try {
      if (!equal_up_to_phase(matrix_of(gate, angles), matrix_of(native, angles)))
        return std::nullopt;
    } catch (const ExpressionError&) {
      return std::nullopt;
    }
  }
  return op;
}

// --- Reading definitions ----------------------------------------------------------------------

class DefinitionReader {
 public:
  DefinitionReader(TokenStream& tokens, GateLibrary& library)
      : tokens_(tokens), library_(library) {}

  Gate read() {
    const Token name = tokens_.expect_name("the name of a gate");
    gate_.name = name.text;
    if (tokens_.accept("(") && !tokens_.accept(")")) {
      parameters_ = names("a parameter");
      tokens_.expect(")");
    }
    operands_ = names("an operand");
    gate_.n_angles = parameters_.size();
    gate_.n_qubits = operands_.size();
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
    GateCall call;
    if (tokens_.peek().is_word("barrier")) {
      tokens_.take();
      call.qubits = operands();
    } else {
      call = gate_call();
    }
    tokens_.expect(";");
    const std::uint64_t cost = call.gate ? call.gate->cost : 1;
    gate_.cost = std::min(gate_.cost + cost, max_cost);
    gate_.depth = std::max(gate_.depth, call.gate ? call.gate->depth + 1 : 0);
    gate_.body.push_back(std::move(call));
  }

  GateCall gate_call() {
    if (tokens_.peek().is_word(gate_.name))
      tokens_.fail(tokens_.peek().position,
                   fmt::format("gate '{}' is used in its own definition", gate_.name));
    CallHead head = library_.parse_call_head(tokens_, parameters_);
    std::vector<int> qubits = operands();
    head.check_operands(tokens_, qubits.size());
    return {std::move(head.gate), std::move(head.angles), std::move(qubits)};
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
  std::vector<std::string> parameters_;
  std::vector<std::string> operands_;
};

}  // namespace

void expand(const Gate& gate, std::span<const double> angles_rad, std::span<const int> qubits,
            std::vector<Instruction>& instructions) {
  if (gate.native) {
    instructions.push_back({*gate.native,
                            {qubits.begin(), qubits.end()},
                            {angles_rad.begin(), angles_rad.end()},
                            nullptr});
    return;
  }
  for (const GateCall& call : gate.body) {
    std::vector<int> operands;
    for (const int q : call.qubits) operands.push_back(qubits[static_cast<std::size_t>(q)]);
    if (!call.gate) {
      instructions.push_back({Op::barrier, std::move(operands), {}, nullptr});
      continue;
    }
    std::vector<double> values;
    for (const Expression& angle : call.angles) values.push_back(angle.evaluate(angles_rad));
    expand(*call.gate, values, operands, instructions);
  }
}

void CallHead::check_operands(const TokenStream& tokens, std::size_t n_operands) const {
  if (n_operands != gate->n_qubits)
    tokens.fail(position, fmt::format("gate '{}' takes {} qubits, got {}", gate->name,
                                      gate->n_qubits, n_operands));
}

void GateLibrary::include_qelib1() {
  has_qelib1_ = true;
  const std::string source = "qelib1.inc";
  TokenStream tokens(qelib1, source);
  while (tokens.peek().kind != TokenKind::end) {
    tokens.take();  // "gate"
    Gate gate = DefinitionReader(tokens, *this).read();
    const std::string name = gate.name;
    included_[name] = std::make_shared<const Gate>(std::move(gate));
  }
}

void GateLibrary::define(TokenStream& tokens) {
  const Position position = tokens.peek().position;
  Gate gate = DefinitionReader(tokens, *this).read();
  if (const std::optional<Op> op = recognize(gate)) gate = native_gate(gate.name, *op);
  const std::string name = gate.name;
  if (!defined_.emplace(name, std::make_shared<const Gate>(std::move(gate))).second)
    tokens.fail(position, fmt::format("gate '{}' is defined before", name));
}

GatePointer GateLibrary::find(std::string_view name) {
  if (const auto it = defined_.find(name); it != defined_.end()) return it->second;
  if (const auto it = included_.find(name); it != included_.end()) return it->second;
  const std::optional<Op> op = find_unitary(name);
  if (!op || !(has_qelib1_ || name == "U" || name == "CX")) return nullptr;
  return included_[std::string(name)] = std::make_shared<const Gate>(native_gate(name, *op));
}

CallHead GateLibrary::parse_call_head(TokenStream& tokens,
                                      const std::vector<std::string>& parameters) {
  const Token name = tokens.expect(TokenKind::identifier, "a gate");
  CallHead head{name.position, find(name.text), {}};
  if (!head.gate) {
    const bool is_known = !has_qelib1_ && find_unitary(name.text).has_value();
    tokens.fail(name.position, fmt::format("unknown gate '{}'{}", name.text,
                                           is_known ? "; include \"qelib1.inc\" gives it" : ""));
  }
  if (tokens.accept("(") && !tokens.accept(")")) {
    do head.angles.push_back(Expression::parse(tokens, parameters));
    while (tokens.accept(","));
    tokens.expect(")");
  }
  if (head.angles.size() != head.gate->n_angles)
    tokens.fail(name.position, fmt::format("gate '{}' takes {} angles, got {}", name.text,
                                           head.gate->n_angles, head.angles.size()));
  return head;
}

}  // namespace rhodrift::qasm
