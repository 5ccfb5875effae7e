#pragma once

#include <string>
#include <string_view>

// The words of OpenQASM 2.0, and a stream of them with one word of look-ahead.

namespace rhodrift::qasm {

/// Both count from 1; columns are bytes.
struct Position {
  int line = 1;
  int column = 1;
};

/// Throws InputError "source: line L, column C: problem".
[[noreturn]] void fail(const std::string& source, Position position, const std::string& problem);

enum class TokenKind { identifier, number, string, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;  ///< of a string: what is between the quotes
  Position position;

  bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
  bool is_word(std::string_view word) const {
    return kind == TokenKind::identifier && text == word;
  }
};

/// `text` and `source` must outlive the stream and its tokens.
class TokenStream {
 public:
  TokenStream(std::string_view text, const std::string& source);

  const Token& peek() const { return next_; }
  Token take();
  /// Takes the symbol when it is next.
  bool accept(std::string_view symbol);
  void expect(std::string_view symbol);
  Token expect(TokenKind kind, std::string_view what);
  /// An identifier that the language does not keep for itself.
  Token expect_name(std::string_view what);

  [[noreturn]] void fail(Position position, const std::string& problem) const;
  /// "expected …, found …" at the next token.
  [[noreturn]] void fail_expected(std::string_view what) const;

 private:
  Token scan();
  void skip_blanks_and_comments();
  std::string_view scan_while(bool (*belongs)(char));
  std::string_view scan_number();
  std::string_view scan_string();
  std::string_view scan_symbol();
  void advance();
  char current(std::size_t ahead = 0) const;

  std::string_view text_;
  const std::string& source_;
  std::size_t offset_ = 0;
  Position position_;
  Position end_of_previous_;
  Token next_;
};

}  // namespace rhodrift::qasm
