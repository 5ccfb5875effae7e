#include "circuit/qasm_lexer.hpp"

#include <algorithm>
#include <iterator>

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

constexpr std::string_view reserved_in_2[] = {
    "OPENQASM", "include", "qreg", "creg", "gate", "opaque", "barrier", "measure", "reset", "if",
    "pi",       "U",       "CX",   "sin",  "cos",  "tan",    "exp",     "ln",      "sqrt"};

// The functions are no keywords in OpenQASM 3, but a name of one's own would hide them.
constexpr std::string_view reserved_in_3[] = {"OPENQASM", "include",  "defcalgrammar",
                                              "def",      "cal",      "defcal",
                                              "gate",     "extern",   "box",
                                              "let",      "break",    "continue",
                                              "if",       "else",     "end",
                                              "return",   "for",      "while",
                                              "in",       "switch",   "case",
                                              "default",  "pragma",   "input",
                                              "output",   "const",    "qreg",
                                              "qubit",    "creg",     "bool",
                                              "bit",      "int",      "uint",
                                              "float",    "angle",    "complex",
                                              "array",    "duration", "stretch",
                                              "gphase",   "inv",      "pow",
                                              "ctrl",     "negctrl",  "durationof",
                                              "delay",    "reset",    "true",
                                              "measure",  "barrier",  "false",
                                              "readonly", "mutable",  "void",
                                              "opaque",   "nop",      "U",
                                              "pi",       "π",        "tau",
                                              "τ",        "euler",    "ℇ",
                                              "sin",      "cos",      "tan",
                                              "exp",      "log",      "sqrt",
                                              "arcsin",   "arccos",   "arctan"};

bool is_reserved(std::string_view word, Language language) {
  const auto contains = [word](const auto& words) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
  };
  return language == Language::qasm2 ? contains(reserved_in_2) : contains(reserved_in_3);
}

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

double time_units_in_a_second(std::string_view unit) {
  if (unit == "dt") return 0.0;
  if (unit == "s") return 1.0;
  if (unit == "ms") return 1e3;
  // The micro sign and the Greek letter.
  if (unit == "us" || unit == "\u00b5s" || unit == "\u03bcs") return 1e6;
  return unit == "ns" ? 1e9 : -1.0;
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

bool TokenStream::accept_word(std::string_view word) {
  if (!next_.is_word(word)) return false;
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
  if (next_.kind == TokenKind::identifier && is_reserved(next_.text, language_))
    fail(next_.position, fmt::format("'{}' is a word of the language, not {}", next_.text, what));
  if (next_.is_hardware_qubit())
    fail(next_.position, fmt::format("'{}' is a hardware qubit, not {}", next_.text, what));
  return expect(TokenKind::identifier, what);
}

std::string_view TokenStream::take_line() {
  scan_while([](char c) { return is_blank(c) && c != '\n'; });
  std::string_view line = scan_while([](char c) { return c != '\n'; });
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  end_of_previous_ = position_;
  next_ = scan();
  return line;
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
  if (letter_length(offset_) > 0 || (current() == '$' && is_digit(current(1)))) {
    token.kind = TokenKind::identifier;
    token.text = scan_word();
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
    if (current() == '/' && current(1) == '/')
      scan_while([](char c) { return c != '\n'; });
    else if (current() == '/' && current(1) == '*')
      skip_block_comment();
    else
      return;
  }
}

void TokenStream::skip_block_comment() {
  const std::size_t end = text_.find("*/", offset_ + 2);
  if (end == std::string_view::npos) fail(position_, "the comment is not closed");
  while (offset_ < end + 2) advance();
}

std::string_view TokenStream::scan_while(bool (*belongs)(char)) {
  const std::size_t begin = offset_;
  while (offset_ < text_.size() && belongs(text_[offset_])) advance();
  return text_.substr(begin, offset_ - begin);
}

/// Bytes of the letter that stands there, 0 when none does. Beyond ASCII, whatever is well-formed
/// UTF-8 is a letter.
std::size_t TokenStream::letter_length(std::size_t offset) const {
  const auto lead = static_cast<unsigned char>(at(offset));
  if (lead < 0x80) return is_letter(at(offset)) ? 1 : 0;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (std::size_t k = 1; k < length; ++k)
    if ((static_cast<unsigned char>(at(offset + k)) & 0xc0) != 0x80) return 0;
  return length;
}

/// The letters and digits from there on.
std::string_view TokenStream::word_at(std::size_t offset) const {
  std::size_t end = offset;
  while (const std::size_t length = is_digit(at(end)) ? 1 : letter_length(end)) end += length;
  return text_.substr(offset, end - offset);
}

std::string_view TokenStream::scan_word() {
  const std::size_t begin = offset_;
  if (current() == '$') advance();
  for (std::size_t n = word_at(offset_).size(); n > 0; --n) advance();
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
  // A unit may follow at once: "100ns".
  if (const std::string_view word = word_at(offset_);
      !word.empty() && time_units_in_a_second(word) < 0.0)
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
  const bool is_pair = two == "->" || two == "==" || two == "**";
  if (!is_pair && std::string_view(";,()[]{}+-*/^=@#").find(current()) == std::string_view::npos)
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

}  // namespace rhodrift::qasm
