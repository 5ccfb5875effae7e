#pragma once

#include <string>
#include <string_view>

// The words of OpenQASM 2 and 3, and a stream of them with one word of look-ahead.

namespace rhodrift::qasm {

enum class Language { qasm2, qasm3 };

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
  /// "$7", a qubit of the device.
  bool is_hardware_qubit() const { return kind == TokenKind::identifier && text.front() == '$'; }
};

/// How many make a second; 0 for "dt", whose length is the device's. Nothing else is a unit: -1.
double time_units_in_a_second(std::string_view unit);

/// `text` and `source` must outlive the stream and its tokens.
class TokenStream {
 public:
  TokenStream(std::string_view text, const std::string& source);

  /// Decides which words are reserved and what operators mean, from here on.
  void set_language(Language language) { language_ = language; }
  Language language() const { return language_; }

  const Token& peek() const { return next_; }
  Token take();
  /// Takes the symbol when it is next.
  bool accept(std::string_view symbol);
  /// Takes the word when it is next.
  bool accept_word(std::string_view word);
  void expect(std::string_view symbol);
  Token expect(TokenKind kind, std::string_view what);
  /// An identifier that the language does not keep for itself.
  Token expect_name(std::string_view what);
  /// Takes the next token and all that follows it on its line, which is returned without the
  /// blanks around it.
  std::string_view take_line();

  [[noreturn]] void fail(Position position, const std::string& problem) const;
  /// "expected …, found …" at the next token.
  [[noreturn]] void fail_expected(std::string_view what) const;

 private:
  Token scan();
  void skip_blanks_and_comments();
  void skip_block_comment();
  std::string_view scan_while(bool (*belongs)(char));
  std::string_view scan_word();
  std::string_view scan_number();
  std::string_view scan_string();
  std::string_view scan_symbol();
  std::size_t letter_length(std::size_t at) const;
  std::string_view word_at(std::size_t at) const;
  void advance();
  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  char current(std::size_t ahead = 0) const { return at(offset_ + ahead); }

  std::string_view text_;
  const std::string& source_;
  Language language_ = Language::qasm3;
  std::size_t offset_ = 0;
  Position position_;
  Position end_of_previous_;
  Token next_;
};

}  // namespace rhodrift::qasm
