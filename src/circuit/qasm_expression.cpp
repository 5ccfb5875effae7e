#include "circuit/qasm_expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <utility>

#include <fmt/format.h>

namespace rhodrift::qasm {

namespace {

constexpr int max_nesting = 200;

struct Function {
  std::string_view name;
  double (*value)(double);
};

constexpr std::array<Function, 6> functions{{
    {"sin", [](double x) { return std::sin(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"exp", [](double x) { return std::exp(x); }},
    {"ln", [](double x) { return std::log(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
}};

const Function* find_function(std::string_view name) {
  const auto it = std::find_if(functions.begin(), functions.end(),
                               [&](const Function& f) { return f.name == name; });
  return it == functions.end() ? nullptr : &*it;
}

}  // namespace

/// sum := product (('+' | '-') product)*    product := unary (('*' | '/') unary)*
/// unary := '-' unary | power               power := primary ['^' unary]
class ExpressionParser {
 public:
  ExpressionParser(TokenStream& tokens, const std::vector<std::string>& parameters)
      : tokens_(tokens), parameters_(parameters) {}

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
    if (const Position position = tokens_.peek().position; tokens_.accept("^")) {
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
    emit_number(value, token.position);
  }

  void name() {
    const Token token = tokens_.take();
    if (token.text == "pi") return emit_number(std::numbers::pi, token.position);
    if (const Function* function = find_function(token.text)) {
      tokens_.expect("(");
      sum();
      tokens_.expect(")");
      expression_.steps_.push_back({Kind::function, token.position, 0.0, 0, function->value});
      return;
    }
    const auto it = std::find(parameters_.begin(), parameters_.end(), token.text);
    if (it == parameters_.end())
      tokens_.fail(token.position, fmt::format("'{}' is not a number, pi, a function{}", token.text,
                                               parameters_.empty() ? "" : " or a parameter"));
    const auto index = static_cast<std::size_t>(it - parameters_.begin());
    expression_.steps_.push_back({Kind::parameter, token.position, 0.0, index});
  }

  void emit(Kind kind, Position position) { expression_.steps_.push_back({kind, position}); }
  void emit_number(double value, Position position) {
    expression_.steps_.push_back({Kind::number, position, value});
  }

  TokenStream& tokens_;
  const std::vector<std::string>& parameters_;
  Expression expression_;
  int nesting_ = 0;
};

Expression Expression::parse(TokenStream& tokens, const std::vector<std::string>& parameters) {
  return ExpressionParser(tokens, parameters).parse();
}

double Expression::apply(const Step& step, double left, double right) {
  switch (step.kind) {
    case Kind::add:
      return left + right;
    case Kind::subtract:
      return left - right;
    case Kind::multiply:
      return left * right;
    case Kind::divide:
      if (right == 0.0) throw ExpressionError{step.position, "division by zero"};
      return left / right;
    case Kind::power:
      return std::pow(left, right);
    case Kind::function:
      return step.function(right);
    default:
      return -right;
  }
}

double Expression::evaluate(std::span<const double> parameters) const {
  std::vector<double> stack;
  for (const Step& step : steps_) {
    if (step.kind == Kind::number || step.kind == Kind::parameter) {
      stack.push_back(step.kind == Kind::number ? step.number : parameters[step.parameter]);
      continue;
    }
    const bool is_unary = step.kind == Kind::negate || step.kind == Kind::function;
    const double right = stack.back();
    if (!is_unary) stack.pop_back();
    const double result = apply(step, stack.back(), right);
    if (!std::isfinite(result))
      throw ExpressionError{step.position, std::isnan(result) ? "the result is not a number"
                                                              : "the result is infinite"};
    stack.back() = result;
  }
  return stack.back();
}

}  // namespace rhodrift::qasm
