#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/circuit/angle.hpp>

#include "circuit/qasm_lexer.hpp"

namespace rhodrift::qasm {

/// What went wrong in computing an expression, and where the operator at fault stands.
struct ExpressionError {
  Position position;
  std::string problem;
};

/// What names stand for: constants, and inputs as weights and features.
using Values = std::map<std::string, Angle, std::less<>>;

/// The names that an expression may hold.
struct Scope {
  const Values& values;
  std::vector<std::string> parameters;  ///< of the gate definition around it
  std::string gate;                     ///< the name of that gate; empty outside of definitions
};

/// An angle as the program writes it: numbers, pi (tau, euler), + - * / ^ (** in OpenQASM 3), unary
/// minus, functions, and the names in scope. Its value is affine in the inputs, or it has none.
class Expression {
 public:
  Expression() = default;  // without a value
  explicit Expression(Angle value) { steps_.push_back({Kind::value, {}, std::move(value)}); }
  /// Reads one expression. Throws InputError on bad syntax or a name that is not in scope.
  static Expression parse(TokenStream& tokens, const Scope& scope);

  /// `parameters` are the values of scope.parameters. Throws ExpressionError when an operation has
  /// no finite result, or one that is not affine in the inputs.
  Angle evaluate(std::span<const Angle> parameters) const;

 private:
  friend class ExpressionParser;

  enum class Kind { value, parameter, negate, add, subtract, multiply, divide, power, function };
  struct Step {
    Kind kind;
    Position position;
    Angle value = {};
    std::size_t parameter = 0;
    double (*function)(double) = nullptr;
  };

  static Angle apply(const Step& step, const Angle& left, const Angle& right);

  // In postfix order, so that a sum of a million terms needs no recursion.
  std::vector<Step> steps_;
};

}  // namespace rhodrift::qasm
