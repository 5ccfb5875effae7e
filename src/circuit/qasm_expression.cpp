#include "circuit/qasm_expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace rhodrift::qasm {

namespace {

constexpr int max_nesting = 200;

struct Function {
  std::string_view in_qasm2;  ///< its name; empty: not in this language
  std::string_view in_qasm3;
  double (*value)(double);

  std::string_view name_in(Language language) const {
    return language == Language::qasm2 ? in_qasm2 : in_qasm3;
  }
};

constexpr std::array<Function, 9> functions{{
    {"sin", "sin", [](double x) { return std::sin(x); }},
    {"cos", "cos", [](double x) { return std::cos(x); }},
    {"tan", "tan", [](double x) { return std::tan(x); }},
    {"exp", "exp", [](double x) { return std::exp(x); }},
    {"ln", "log", [](double x) { return std::log(x); }},
    {"sqrt", "sqrt", [](double x) { return std::sqrt(x); }},
    {"", "arcsin", [](double x) { return std::asin(x); }},
    {"", "arccos", [](double x) { return std::acos(x); }},
    {"", "arctan", [](double x) { return std::atan(x); }},
}};

const Function* find_function(std::string_view name, Language language) {
  const auto it = std::find_if(functions.begin(), functions.end(),
                               [&](const Function& f) { return f.name_in(language) == name; });
  return it == functions.end() ? nullptr : &*it;
}

std::optional<double> find_constant(std::string_view name, Language language) {
  if (name == "pi") return std::numbers::pi;
  if (language == Language::qasm2) return std::nullopt;
  if (name == "π") return std::numbers::pi;
  if (name == "tau" || name == "τ") return 2 * std::numbers::pi;
  if (name == "euler" || name == "ℇ") return std::numbers::e;
  return std::nullopt;
}

/// The first of the angle's numbers that is not finite, else its offset.
double suspicious_number(const Angle& angle) {
  for (const Angle::Term& term : angle.terms())
    if (!std::isfinite(term.coefficient)) return term.coefficient;
  return angle.offset_rad();
}

}  // namespace

/// sum := product (('+' | '-') product)*    product := unary (('*' | '/') unary)*
/// unary := '-' unary | power               power := primary ['^' unary]
class ExpressionParser {
 public:
  ExpressionParser(TokenStream& tokens, const Scope& scope) : tokens_(tokens), scope_(scope) {}

  Expression parse() {
    sum();
    return std::move(expression_);
  }

 private:
  using Kind = Expression::Kind;

  void sum() {
    product();
    while (tokens_.peek().is("+") || tokens_.peek().is("-")) {
      const Token token = tokens_.take();
      product();
      emit(token.text == "+" ? Kind::add : Kind::subtract, token.position);
    }
  }

  void product() {
    unary();
    while (tokens_.peek().is("*") || tokens_.peek().is("/")) {
      const Token token = tokens_.take();
      unary();
      emit(token.text == "*" ? Kind::multiply : Kind::divide, token.position);
    }
  }

  void unary() {
    if (++nesting_ > max_nesting)
      tokens_.fail(tokens_.peek().position,
                   fmt::format("the expression is nested more than {} deep", max_nesting));
    if (const Position position = tokens_.peek().position; tokens_.accept("-")) {
      unary();
      emit(Kind::negate, position);
    } else {
      power();
    }
    --nesting_;
  }

  void power() {
    primary();
    const std::string_view symbol = tokens_.language() == Language::qasm2 ? "^" : "**";
    if (const Position position = tokens_.peek().position; tokens_.accept(symbol)) {
      unary();
      emit(Kind::power, position);
    }
  }

  void primary() {
    const Token token = tokens_.peek();
    if (tokens_.accept("(")) {
      sum();
      tokens_.expect(")");
    } else if (token.kind == TokenKind::number) {
      number();
    } else if (token.kind == TokenKind::identifier) {
      name();
    } else {
      tokens_.fail_expected("a number, pi, a function or '('");
    }
  }

  void number() {
    const Token token = tokens_.take();
    double value = 0.0;
    const auto [end, error] =
        std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    if (error != std::errc())
      tokens_.fail(token.position, fmt::format("{} is out of range", token.text));
    emit_value(value, token.position);
  }

  void name() {
    const Token token = tokens_.take();
    if (const auto constant = find_constant(token.text, tokens_.language()))
      return emit_value(*constant, token.position);
    if (const Function* function = find_function(token.text, tokens_.language())) {
      tokens_.expect("(");
      sum();
      tokens_.expect(")");
      expression_.steps_.push_back({Kind::function, token.position, {}, 0, function->value});
      return;
    }
    const std::vector<std::string>& parameters = scope_.parameters;
    const auto it = std::find(parameters.begin(), parameters.end(), token.text);
    if (it != parameters.end()) {
      const auto index = static_cast<std::size_t>(it - parameters.begin());
      expression_.steps_.push_back({Kind::parameter, token.position, {}, index});
    } else if (const auto value = scope_.values.find(token.text); value != scope_.values.end()) {
      emit_value(value->second, token.position);
    } else {
      fail_unknown(token);
    }
  }

  [[noreturn]] void fail_unknown(const Token& name) const {
    const std::string_view parameter = scope_.parameters.empty() ? "" : " or a parameter";
    tokens_.fail(name.position,
                 tokens_.language() == Language::qasm2
                     ? fmt::format("'{}' is not a number, pi, a function{}", name.text, parameter)
                     : fmt::format("'{}' is not a number, a constant, an input, a function{}",
                                   name.text, parameter));
  }

  void emit(Kind kind, Position position) { expression_.steps_.push_back({kind, position}); }
  void emit_value(const Angle& value, Position position) {
    expression_.steps_.push_back({Kind::value, position, value});
  }

  TokenStream& tokens_;
  const Scope& scope_;
  Expression expression_;
  int nesting_ = 0;
};

Expression Expression::parse(TokenStream& tokens, const Scope& scope) {
  return ExpressionParser(tokens, scope).parse();
}

Angle Expression::apply(const Step& step, const Angle& left, const Angle& right) {
  const auto fail = [&](const std::string& problem) {
    throw ExpressionError{step.position, problem};
  };
  const auto number = [&](const Angle& angle) {
    if (!angle.is_constant())
      fail("an angle is a number plus multiples of inputs; this is another function of one");
    return angle.offset_rad();
  };
  switch (step.kind) {
    case Kind::add:
      return left + right;
    case Kind::subtract:
      return left - right;
    case Kind::multiply:
      return left.is_constant() ? left.offset_rad() * right : number(right) * left;
    case Kind::divide:
      if (number(right) == 0.0) fail("division by zero");
      // A quotient of numbers is rounded once.
      return left.is_constant() ? Angle(left.offset_rad() / right.offset_rad())
                                : 1.0 / right.offset_rad() * left;
    case Kind::power:
      return std::pow(number(left), number(right));
    case Kind::function:
      return step.function(number(right));
    default:
      return -right;
  }
}

Angle Expression::evaluate(std::span<const Angle> parameters) const {
  std::vector<Angle> stack;
  for (const Step& step : steps_) {
    if (step.kind == Kind::value || step.kind == Kind::parameter) {
      stack.push_back(step.kind == Kind::value ? step.value : parameters[step.parameter]);
      continue;
    }
    const bool is_unary = step.kind == Kind::negate || step.kind == Kind::function;
    const Angle right = std::move(stack.back());
    if (!is_unary) stack.pop_back();
    Angle result = apply(step, stack.back(), right);
    if (const double number = suspicious_number(result); !std::isfinite(number))
      throw ExpressionError{step.position, std::isnan(number) ? "the result is not a number"
                                                              : "the result is infinite"};
    stack.back() = std::move(result);
  }
  return std::move(stack.back());
}

}  // namespace rhodrift::qasm
