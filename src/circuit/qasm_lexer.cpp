#include "circuit/qasm_lexer.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift::qasm {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word_character(char c) {
  return is_letter(c) || is_digit(c);
}

constexpr std::array<std::string_view, 19> reserved_words{
    "OPENQASM", "include", "qreg", "creg", "gate", "opaque", "barrier", "measure", "reset", "if",
    "pi",       "U",       "CX",   "sin",  "cos",  "tan",    "exp",     "ln",      "sqrt"};

std::string shown(char c) {
  return c >= ' ' && c <= '~' ? fmt::format("'{}'", c)
                              : fmt::format("byte 0x{:02x}", static_cast<unsigned char>(c));
}

std::string shown(const Token& token) {
  switch (token.kind) {
    case TokenKind::end:
      return "the end of the program";
    case TokenKind::string:
      return fmt::format("\"{}\"", token.text);
    default:
      return fmt::format("'{}'", token.text);
  }
}

}  // namespace

void fail(const std::string& source, Position position, const std::string& problem) {
  throw InputError(source, fmt::format("line {}, column {}", position.line, position.column),
                   problem);
}

TokenStream::TokenStream(std::string_view text, const std::string& source)
    : text_(text), source_(source) {
  next_ = scan();
}

Token TokenStream::take() {
  const Token token = next_;
  end_of_previous_ = position_;
  next_ = scan();
  return token;
}

bool TokenStream::accept(std::string_view symbol) {
  if (!next_.is(symbol)) return false;
  take();
  return true;
}

void TokenStream::expect(std::string_view symbol) {
  if (accept(symbol)) return;
  // A forgotten semicolon belongs to the end of its own line, not to the start of the next.
  if (symbol == ";") fail(end_of_previous_, "expected ';', found " + shown(next_));
  fail_expected(fmt::format("'{}'", symbol));
}

Token TokenStream::expect(TokenKind kind, std::string_view what) {
  if (next_.kind != kind) fail_expected(what);
  return take();
}

Token TokenStream::expect_name(std::string_view what) {
  if (std::find(reserved_words.begin(), reserved_words.end(), next_.text) != reserved_words.end() &&
      next_.kind == TokenKind::identifier)
    fail(next_.position, fmt::format("'{}' is a word of the language, not {}", next_.text, what));
  return expect(TokenKind::identifier, what);
}

void TokenStream::fail(Position position, const std::string& problem) const {
  qasm::fail(source_, position, problem);
}

void TokenStream::fail_expected(std::string_view what) const {
  fail(next_.position, fmt::format("expected {}, found {}", what, shown(next_)));
}

Token TokenStream::scan() {
  skip_blanks_and_comments();
  Token token;
  token.position = position_;
  if (offset_ == text_.size()) return token;
  if (is_letter(current())) {
    token.kind = TokenKind::identifier;
    token.text = scan_while(is_word_character);
  } else if (is_digit(current()) || (current() == '.' && is_digit(current(1)))) {
    token.kind = TokenKind::number;
    token.text = scan_number();
  } else if (current() == '"') {
    token.kind = TokenKind::string;
    token.text = scan_string();
  } else {
    token.kind = TokenKind::symbol;
    token.text = scan_symbol();
  }
  return token;
}

void TokenStream::skip_blanks_and_comments() {
  for (;;) {
    scan_while(is_blank);
    if (current() != '/' || current(1) != '/') return;
    scan_while([](char c) { return c != '\n'; });
  }
}

std::string_view TokenStream::scan_while(bool (*belongs)(char)) {
  const std::size_t begin = offset_;
  while (offset_ < text_.size() && belongs(text_[offset_])) advance();
  return text_.substr(begin, offset_ - begin);
}

std::string_view TokenStream::scan_number() {
  const std::size_t begin = offset_;
  scan_while(is_digit);
  if (current() == '.') {
    advance();
    scan_while(is_digit);
  }
  const bool is_signed = current(1) == '+' || current(1) == '-';
  if ((current() == 'e' || current() == 'E') && is_digit(current(is_signed ? 2 : 1))) {
    advance();
    if (is_signed) advance();
    scan_while(is_digit);
  }
  if (is_word_character(current()))
    fail(position_, "unexpected " + shown(current()) + " in a number");
  return text_.substr(begin, offset_ - begin);
}

std::string_view TokenStream::scan_string() {
  const Position begin = position_;
  advance();
  const std::string_view content = scan_while([](char c) { return c != '"' && c != '\n'; });
  if (current() != '"') fail(begin, "the string is not closed");
  advance();
  return content;
}

std::string_view TokenStream::scan_symbol() {
  const std::string_view two = text_.substr(offset_, 2);
  const bool is_pair = two == "->" || two == "==";
  if (!is_pair && std::string_view(";,()[]{}+-*/^").find(current()) == std::string_view::npos)
    fail(position_, "unexpected " + shown(current()));
  const std::size_t length = is_pair ? 2 : 1;
  const std::string_view symbol = text_.substr(offset_, length);
  for (std::size_t i = 0; i < length; ++i) advance();
  return symbol;
}

void TokenStream::advance() {
  if (text_[offset_++] == '\n') {
    ++position_.line;
    position_.column = 1;
  } else {
    ++position_.column;
  }
}

char TokenStream::current(std::size_t ahead) const {
  return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
}

}  // namespace rhodrift::qasm
