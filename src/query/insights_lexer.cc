#include "query/insights_lexer.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"

namespace dn::query::insights {
namespace {

bool begins_word(char c) {
  return is_letter(c) || c == '_' || c == '@' || c == '`';
}
bool continues_word(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '@';
}

}  // namespace

void Lexer::pass_blanks() {
  for (; at_ < query_.size(); ++at_) {
    const char c = query_[at_];
    if (c == '#') {
      at_ = std::min(query_.find('\n', at_), query_.size() - 1);
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      return;
    }
  }
}

Token Lexer::next() {
  pass_blanks();
  const std::size_t start = at_;
  if (start == query_.size()) return finish({}, start);
  const char c = query_[start];
  if (begins_word(c)) return word(start);
  if (is_digit(c)) return number(start);
  if (c == '"' || c == '\'') return string(start);
  return symbol(start);
}

Token Lexer::finish(Token token, std::size_t start) const {
  token.start = start;
  token.end = at_;
  token.source = query_.substr(start, at_ - start);
  return token;
}

Token Lexer::wrong(std::size_t start, std::string message) const {
  Token token;
  token.kind = TokenKind::Wrong;
  token.text = std::move(message);
  return finish(std::move(token), start);
}

bool Lexer::word_part(Token& token) {
  const std::size_t start = at_;
  if (at(start) == '`') {
    const std::size_t end = query_.find('`', start + 1);
    if (end == std::string_view::npos || end == start + 1) return false;
    token.parts.emplace_back(query_.substr(start + 1, end - start - 1));
    at_ = end + 1;
    return true;
  }
  while (continues_word(at(at_))) ++at_;
  if (at_ == start) return false;
  token.parts.emplace_back(query_.substr(start, at_ - start));
  return true;
}

Token Lexer::word(std::size_t start) {
  Token token;
  token.kind = TokenKind::Word;
  const bool quoted = query_[start] == '`';
  constexpr std::string_view kName = "a name between backticks is empty or does not end";
  if (!word_part(token)) {
    at_ = query_.size();
    return wrong(start, std::string(kName));
  }
  for (;;) {
    if (at(at_) == '.') {
      ++at_;
      if (!word_part(token)) {
        if (at(at_) == '`') at_ = query_.size();
        return wrong(start, "a part of the name is missing behind its dot");
      }
    } else if (at(at_) == '[' &&
               !(token.parts.size() == 1 && !quoted && equal_ignoring_case(token.parts[0], "in"))) {
      std::size_t end = at_ + 1;
      while (is_digit(at(end))) ++end;
      if (end == at_ + 1 || at(end) != ']') break;
      token.parts.emplace_back(query_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
    } else {
      break;
    }
  }
  token.plain = !quoted && token.parts.size() == 1;
  return finish(std::move(token), start);
}

Token Lexer::number(std::size_t start) {
  Token token;
  token.kind = TokenKind::Number;
  const auto digits = [&] {
    while (is_digit(at(at_))) ++at_;
  };
  digits();
  if (at(at_) == '.' && is_digit(at(at_ + 1))) {
    ++at_;
    digits();
  }
  if (lower(at(at_)) == 'e') {
    const std::size_t sign = at(at_ + 1) == '-' || at(at_ + 1) == '+' ? 1 : 0;
    if (is_digit(at(at_ + 1 + sign))) {
      at_ += 2 + sign;
      digits();
    }
  }
  if (is_letter(at(at_))) token.kind = TokenKind::Period;
  while (continues_word(at(at_))) ++at_;
  return finish(std::move(token), start);
}

Token Lexer::string(std::size_t start) {
  const char quote = query_[start];
  Token token;
  token.kind = TokenKind::String;
  for (at_ = start + 1; at_ < query_.size(); ++at_) {
    const char c = query_[at_];
    if (c == quote) {
      ++at_;
      return finish(std::move(token), start);
    }
    const char following = at(at_ + 1);
    if (c == '\\' && (following == '"' || following == '\'' || following == '\\')) ++at_;
    token.text += query_[at_];
  }
  return wrong(start, "the text does not end: its closing quote is missing");
}

Token Lexer::regex(const Token& slash) {
  Token token;
  token.kind = TokenKind::String;
  for (at_ = slash.start + 1; at_ < query_.size(); ++at_) {
    const char c = query_[at_];
    if (c == '/') {
      ++at_;
      return finish(std::move(token), slash.start);
    }
    if (c == '\\' && at_ + 1 < query_.size()) {
      ++at_;
      if (query_[at_] != '/') token.text += '\\';
    }
    token.text += query_[at_];
  }
  return wrong(slash.start, "the regular expression does not end: its closing / is missing");
}

Token Lexer::symbol(std::size_t start) {
  Token token;
  token.kind = TokenKind::Symbol;
  const std::string_view pair = query_.substr(start, 2);
  if (pair == "!=" || pair == "<=" || pair == ">=" || pair == "=~") {
    at_ += 2;
    return finish(std::move(token), start);
  }
  ++at_;
  if (std::string_view("=<>+-*/%^()[],|").contains(query_[start])) {
    return finish(std::move(token), start);
  }
  while (at_ < query_.size() && is_utf8_continuation(query_[at_]))
    ++at_;  // the rest of a character
  token = finish(std::move(token), start);
  token.kind = TokenKind::Wrong;
  token.text = "unexpected symbol found " + std::string(token.source);
  return token;
}

}  // namespace dn::query::insights
