#pragma once

#include <span>
#include <string>
#include <vector>

#include "circuit/qasm_lexer.hpp"

namespace rhodrift::qasm {

/// What went wrong in computing an expression, and where the operator at fault stands.
struct ExpressionError {
  Position position;
  std::string problem;
};

/// An angle as the program writes it: numbers, pi, + - * / ^, unary minus, sin cos tan exp ln sqrt,
/// and the parameters of the gate definition around it.
class Expression {
 public:
  /// Reads one expression. Throws InputError on bad syntax or a name that is none of `parameters`.
  static Expression parse(TokenStream& tokens, const std::vector<std::string>& parameters);

  /// Throws ExpressionError when an operation has no finite result.
  double evaluate(std::span<const double> parameters) const;

 private:
  friend class ExpressionParser;

  enum class Kind { number, parameter, negate, add, subtract, multiply, divide, power, function };
  struct Step {
    Kind kind;
    Position position;
    double number = 0.0;
    std::size_t parameter = 0;
    double (*function)(double) = nullptr;
  };

  static double apply(const Step& step, double left, double right);

  // In postfix order, so that a sum of a million terms needs no recursion.
  std::vector<Step> steps_;
};

}  // namespace rhodrift::qasm
