// Lexer: the text of an Insights query, token by token.
//
// The parser asks for one token at a time, because whether `/` divides or begins a regular
// expression, and so whether a `#` behind it begins a comment, depends on what stands in front.
// Comments run from # to the end of the line, outside quotes, backticks and regular expressions.
//
//   word     [@A-Za-z_][A-Za-z0-9_@]*, or anything but a backtick between backticks; further parts
//            follow behind dots (a.b.0.`c d`) or as an index ([0])
//   number   digits with an optional fraction and exponent
//   period   digits and letters: 5m, 300s, 2weeks
//   string   "…" or '…'; \ makes the next quote or \ a plain character, and is one itself elsewhere
//   regex    /…/; \/ is a slash
//   symbol   = != < <= > >= =~ + - * / % ^ ( ) [ ] , |
//
// Covered by tests/query/insights/lexical.test and errors.test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/insights.h"

namespace dn::query::insights {

enum class TokenKind : std::uint8_t { End, Word, Number, Period, String, Symbol, Wrong };

struct Token {
  TokenKind kind = TokenKind::End;
  std::size_t start = 0, end = 0;  // bytes of the query
  std::string_view source;         // as written
  std::string text;                // String: its value; Wrong: what is wrong
  std::vector<std::string> parts;  // Word
  bool plain = false;              // Word: one part without backticks, so it may be a keyword
};

class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  Token next();
  // `slash` is the latest token and a "/": the regular expression that it begins, as a String.
  Token regex(const Token& slash);

 private:
  void pass_blanks();
  bool at_part() const;
  Token word(std::size_t start);
  bool word_part(Token& token);
  Token number(std::size_t start);
  Token string(std::size_t start);
  Token symbol(std::size_t start);
  Token finish(Token token, std::size_t start) const;
  Token wrong(std::size_t start, std::string message) const;
  char at(std::size_t offset) const { return offset < query_.size() ? query_[offset] : '\0'; }

  std::string_view query_;
  std::size_t at_ = 0;
};

}  // namespace dn::query::insights
